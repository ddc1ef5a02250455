import Cohort
import Glibc

/// Prints a line at once, also into a file or a pipe: whoever reads it waits for just this. What comes from a
/// database in it can neither steer the terminal nor make lines of its own.
func say(_ text: String) {
    print(Log.printable(text))
    _ = fflush(nil)
}

/// The text of `errno`, to be asked for right after the call that failed.
func lastError() -> String { unsafe String(cString: strerror(errno)) }

/// How far something is, on a terminal: each text takes the place of the one before. Elsewhere nothing.
final class ProgressLine {
    let isWatched = isatty(2) == 1
    private var isShown = false

    func show(_ text: String) {
        guard isWatched else { return }
        isShown = true
        write("\r\(Log.printable(text))\u{1B}[K")
    }

    func clear() {
        guard isShown else { return }
        isShown = false
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe Glibc.write(2, bytes, bytes.count)
    }
}

/// Says on a terminal how far a file has been read; elsewhere nothing. Used by whoever reads the file, on one loop at a
/// time (hence the unchecked conformance).
final class ProgressMeter: @unchecked Sendable {
    private let file: LineFile
    private let line = ProgressLine()
    private var shown = 0

    init(_ file: LineFile) {
        self.file = file
    }

    func show(lines: Int) {
        // More often than this nobody can read.
        guard lines - shown >= 5000 else { return }
        shown = lines
        var text = "\(lines) lines"
        if let size = file.size, size > 0 { text += ", \(file.position * 100 / size) %" }
        line.show(text)
    }

    func clear() {
        line.clear()
    }
}
