import Cohort
import Glibc

/// Prints a line at once, also into a file or a pipe: whoever reads it waits for just this. What comes from a
/// database in it can neither steer the terminal nor make lines of its own.
func say(_ text: String) {
    print(Log.printable(text))
    _ = fflush(nil)
}

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
