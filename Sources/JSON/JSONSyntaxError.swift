/// Why text is not JSON, or not JSON that we read.
package struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        case unexpectedByte(UInt8)
        case unexpectedEnd
        /// Not UTF-8, UTF-16 or UTF-32, whichever the text was said to be.
        case invalidText(bitsPerUnit: Int)
        /// More than the permitted brackets are open.
        case tooDeep(depthMax: Int)
        /// More values than the text may hold; see ``JSONReader``.
        case tooManyValues(valuesMax: Int)
    }

    package let reason: Reason
    /// In bytes from the start of the text (of its UTF-8 form, unless that could not be made), a byte order
    /// mark included.
    package let position: Int

    /// A sentence for the client, worded as V8 does where it knows the case.
    package var message: String {
        switch reason {
        case .unexpectedByte(let byte):
            "Unexpected token \(Self.name(of: byte)) in JSON at position \(position)"
        case .unexpectedEnd: "Unexpected end of JSON input"
        case .invalidText(let bits): "Invalid UTF-\(bits) in JSON at position \(position)"
        case .tooDeep(let depthMax):
            "JSON nested deeper than \(depthMax) levels at position \(position)"
        case .tooManyValues(let valuesMax):
            "JSON with more than \(valuesMax) values at position \(position)"
        }
    }

    package var description: String { message }

    /// A byte of a longer character, or one that does not show, by its number.
    private static func name(of byte: UInt8) -> String {
        if 0x21...0x7e ~= byte { return String(UnicodeScalar(byte)) }
        let hexadecimal = String(byte, radix: 16)
        return "0x" + (byte < 16 ? "0" : "") + hexadecimal
    }
}
