import Glibc

/// A system call that failed, with the error number it left.
package struct SystemError: Error, CustomStringConvertible {
    package let call: StaticString
    package let number: Int32

    package init(_ call: StaticString, _ number: Int32) {
        self.call = call
        self.number = number
    }

    package var description: String {
        "\(call): \(unsafe String(cString: strerror(number)))"
    }
}
