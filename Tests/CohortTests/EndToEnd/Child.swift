import Glibc
import Synchronization
import TestSupport

/// A program started by a test. Not Foundation's `Process`: that one waits for every process that inherited a
/// descriptor of it, a daemon included. It ends with the test process, however that ends.
final class Child: Sendable {
    struct CannotStart: Error {
        let program: String
        let errno: Int32
    }

    let id: pid_t
    /// Its wait status once it has ended; the kernel tells it once.
    private let status = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - arguments: the first is the program's path.
    ///   - output: a file that takes standard output and error.
    ///   - input: what standard input holds.
    init(
        _ arguments: [String], environment: [String: String] = [:], output: String = "/dev/null",
        input: String = ""
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // Some are watched for their last owner's end, which must not be a child that knows nothing of them.
        for descriptor in 3..<Int32(1024) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw CannotStart(program: "pipe", errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        unsafe posix_spawn_file_actions_addopen(
            &actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A group of its own: a Ctrl-C is for the tests.
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)

        // A child built with a sanitizer reports where the tests do.
        var settings = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        for name in ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"] {
            if let options = unsafe getenv(name) {
                unsafe settings[name] = String(cString: options)
            }
        }
        var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var envp = unsafe settings.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            unsafe (argv + envp).forEach { unsafe free($0) }
        }
        var id: pid_t = 0
        let outcome = unsafe posix_spawn(&id, arguments[0], &actions, &attributes, &argv, &envp)
        _ = close(ends[0])
        if outcome == 0 { _ = unsafe write(ends[1], input, input.utf8.count) }
        _ = close(ends[1])
        guard outcome == 0 else { throw CannotStart(program: arguments[0], errno: outcome) }
        self.id = id
        Keeper.watch(id)
    }

    /// nil while it runs; 128 + n when signal n ended it.
    var exitCode: Int32? {
        let ended = status.withLock { status -> Int32? in
            var now: Int32 = 0
            if status == nil, unsafe waitpid(id, &now, WNOHANG) == id {
                status = now
                Keeper.forget(id)
            }
            return status
        }
        return ended.map { $0 & 0x7F == 0 ? $0 >> 8 & 0xFF : 128 + ($0 & 0x7F) }
    }

    func signal(_ number: Int32) {
        if exitCode == nil { _ = Glibc.kill(id, number) }
    }

    func waitForExit(seconds: Double) -> Int32? {
        _ = Waiting.until(seconds: seconds) { exitCode != nil }
        return exitCode
    }
}
