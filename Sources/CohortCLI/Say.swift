import Glibc

/// Prints a line at once, also into a file or a pipe: whoever reads it waits for just this.
func say(_ text: String) {
    print(text)
    _ = fflush(nil)
}
