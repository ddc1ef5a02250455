import Dispatch
import EventLoop
import Glibc
import Synchronization

/// A program that runs beside this one, in a process group of its own: a Ctrl-C at the terminal
/// reaches this program only, which can then stop the other when its own work is done.
struct ChildProcess {
    let id: pid_t

    /// Starts `arguments[0]`, a full path, without waiting for it.
    ///
    /// - Parameters:
    ///   - environment: the whole environment (`NAME=value`); nothing is inherited, so that no `PG…`
    ///     variable of the user's shell reaches a program of PostgreSQL.
    ///   - input: descriptor of its standard input.
    ///   - output: descriptor of its standard output and error.
    static func spawn(
        _ arguments: [String], environment: [String], input: Int32, output: Int32
    ) throws(SystemError) -> ChildProcess {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        // Ignored and blocked signals are inherited, and this program ignores some.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)

        var id: pid_t = 0
        let number = unsafe withCStrings(arguments) { argv in
            unsafe withCStrings(environment) { envp in
                unsafe posix_spawn(&id, arguments[0], &actions, &attributes, argv, envp)
            }
        }
        guard number == 0 else { throw SystemError("posix_spawn", number) }
        return ChildProcess(id: id)
    }

    /// Does what ``spawn(_:environment:input:output:)`` does, on a thread that lives as long as the program.
    ///
    /// The kernel's word to a child that its parent has died (`PR_SET_PDEATHSIG`) is in truth about the thread
    /// that made it, and threads of a pool come and go.
    static func spawnFromLastingThread(
        _ arguments: [String], environment: [String], input: Int32, output: Int32
    ) throws(SystemError) -> ChildProcess {
        final class Outcome: Sendable {
            let value = Mutex<Result<ChildProcess, SystemError>>(.failure(SystemError("spawn", 0)))
        }
        let outcome = Outcome()
        let isThere = DispatchSemaphore(value: 0)
        DispatchQueue(label: "child").async { @Sendable in
            let result = Result { () throws(SystemError) in
                try spawn(arguments, environment: environment, input: input, output: output)
            }
            outcome.value.withLock { $0 = result }
            isThere.signal()
            guard case .success(let child) = result else { return }
            // Until it ends, or was waited for elsewhere; WNOWAIT leaves its status to whoever asks.
            var facts = unsafe siginfo_t()
            while unsafe waitid(P_PID, id_t(child.id), &facts, WEXITED | WNOWAIT) < 0,
                errno == EINTR
            {}
        }
        isThere.wait()
        return try outcome.value.withLock { $0 }.get()
    }

    /// Its wait status once it has ended, else nil. Asks once; the status is there only once.
    func ended() -> Int32? {
        var status: Int32 = 0
        return unsafe waitpid(id, &status, WNOHANG) == id ? status : nil
    }

    /// Waits for its end, however long, and returns the wait status: 0 is success.
    func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

/// The strings as a null-terminated array of C strings, valid during the call.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { while let pointer = unsafe pointers.popLast() { unsafe free(pointer) } }
    return unsafe body(&pointers)
}
