import Foundation

/// Ends what this process has started, and removes what it has put down, where it cannot do so itself: after a crash, a
/// signal, Ctrl-C.
///
/// Another process reads a pipe that only this one holds open, and acts when it closes.
package enum Keeper {
    /// A process that must not stay.
    package static func watch(_ process: Int32) { tell("+ \(process)") }

    /// It has ended, and its number may be somebody else's soon.
    package static func forget(_ process: Int32) { tell("- \(process)") }

    /// A file or a directory that must not stay.
    package static func remove(_ path: String) { tell("/ \(path)") }

    private static func tell(_ line: String) {
        guard let pipe else { return }
        let bytes = Array("\(line)\n".utf8)
        // Short enough to arrive whole, whoever else writes.
        _ = unsafe write(pipe.fileHandleForWriting.fileDescriptor, bytes, bytes.count)
    }

    private static let script = #"""
        trap '' INT TERM HUP
        processes=' '
        while read -r what name; do
            case $what in
                +) processes="$processes$name " ;;
                -) processes="${processes%% $name *} ${processes#* $name }" ;;
                /) set -- "$@" "$name" ;;
            esac
        done
        [ "$processes" = ' ' ] || kill -KILL $processes
        # Servers that are ending still write to theirs.
        for attempt in 1 2 3 4 5 6 7 8 9 10; do
            rm -rf -- "$@" && break
            sleep 1
        done
        """#

    /// nil where there is no shell. Its other end stays open here too: a keeper that somebody has killed must not
    /// take this process with it.
    private static let pipe: Pipe? = {
        let pipe = Pipe()
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFL, O_NONBLOCK)
        let keeper = Process()
        keeper.executableURL = URL(filePath: "/bin/sh")
        keeper.arguments = ["-c", script]
        keeper.environment = ["PATH": "/usr/bin:/bin"]
        keeper.currentDirectoryURL = URL(filePath: "/")
        keeper.standardInput = pipe.fileHandleForReading
        keeper.standardOutput = FileHandle.nullDevice
        keeper.standardError = FileHandle.nullDevice
        return (try? keeper.run()).map { pipe }
    }()
}
