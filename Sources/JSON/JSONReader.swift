/// Reads JSON text into a ``JSONValue``; strict, and safe on anything that a client may send.
///
/// RFC 8259 with these decisions, which are those of Node's `JSON.parse` behind Express's `body-parser`
/// unless said otherwise:
///
/// - One byte order mark at the start is skipped. Text that is not UTF-8 is refused (Node would read on).
/// - Of members with one name the last counts, in the place of the first. Members named `__proto__` vanish.
/// - An escaped surrogate without its partner becomes U+FFFD, since no database could store it.
/// - Nesting is bounded, here by a number, in Node by the stack. The reader itself does not recurse; what
///   it returns is as deep as it was sent.
/// - The number of values is bounded too, because `[0,0,…]` takes many times its size once it is read.
///
/// Time and memory grow linearly with the text, whatever it holds.
package struct JSONReader: ~Copyable {
    private let bytes: [UInt8]
    private let depthMax: Int
    private var valuesLeft: Int
    private let valuesMax: Int
    private var index = 0
    /// The containers that are open, innermost last.
    private var open: [Container] = []

    /// Enough for any sensible document; low enough that walking the value recursively is safe on the small
    /// stacks of worker threads.
    package static let defaultDepthMax = 256

    /// 24 MB as one array. The longest body, 8 MiB of `{"id":"cus_…"}`, holds less than half as many.
    package static let defaultValuesMax = 1_000_000

    private struct Container {
        var isObject: Bool
        var elements: [JSONValue] = []
        var members = JSONObject()
        /// The name of the member being read.
        var name = ""

        mutating func add(_ value: JSONValue) {
            if !isObject {
                elements.append(value)
            } else if !name.hasSameBytes(as: "__proto__") {
                members.set(name, value)
            }
        }

        var value: JSONValue { isObject ? .object(members) : .array(elements) }
    }

    /// - Parameters:
    ///   - depthMax: brackets that may be open at once.
    ///   - valuesMax: values of any kind, containers included.
    ///   - containersOnly: refuse a document that is only a string, a number or a literal, as `body-parser`
    ///     does with its option `strict`.
    package static func parse(
        _ bytes: [UInt8], depthMax: Int = defaultDepthMax, valuesMax: Int = defaultValuesMax,
        containersOnly: Bool = true
    ) throws(JSONSyntaxError) -> JSONValue {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw JSONSyntaxError(
                reason: .invalidText(bitsPerUnit: 8), position: error.byteOffsets.lowerBound)
        }
        var reader = JSONReader(bytes, depthMax: depthMax, valuesMax: valuesMax)
        return try reader.document(containersOnly: containersOnly)
    }

    private init(_ bytes: [UInt8], depthMax: Int, valuesMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
        self.valuesMax = valuesMax
        valuesLeft = valuesMax
    }

    // MARK: Grammar

    private mutating func document(containersOnly: Bool) throws(JSONSyntaxError) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf { index = 3 }
        skipBlanks()
        if containersOnly, let first = peek, first != UInt8(ascii: "{"), first != UInt8(ascii: "[")
        {
            throw unexpected()
        }
        while true {
            // Here a value must begin.
            guard var value = try scalarOrOpening() else { continue }
            // Here one has ended: close what ends with it.
            repeat {
                skipBlanks()
                guard !open.isEmpty else {
                    guard index == bytes.count else { throw unexpected() }
                    return value
                }
                open[open.count - 1].add(value)
                let isObject = open[open.count - 1].isObject
                let closing = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                guard let next = peek else { throw unexpected() }
                if next == UInt8(ascii: ",") {
                    index += 1
                    skipBlanks()
                    if isObject { try memberName() }
                    break
                }
                guard next == closing else { throw unexpected() }
                value = close()
            } while true
        }
    }

    /// Reads a scalar or an empty container, or enters a container and returns nil.
    private mutating func scalarOrOpening() throws(JSONSyntaxError) -> JSONValue? {
        skipBlanks()
        guard let first = peek else { throw unexpected() }
        guard valuesLeft > 0 else {
            throw JSONSyntaxError(reason: .tooManyValues(valuesMax: valuesMax), position: index)
        }
        valuesLeft -= 1
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard open.count < depthMax else {
                throw JSONSyntaxError(reason: .tooDeep(depthMax: depthMax), position: index)
            }
            let isObject = first == UInt8(ascii: "{")
            open.append(Container(isObject: isObject))
            index += 1
            skipBlanks()
            if peek == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return close() }
            if isObject { try memberName() }
            return nil
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    /// Leaves the innermost container, whose closing bracket is next.
    private mutating func close() -> JSONValue {
        index += 1
        return open.removeLast().value
    }

    private mutating func memberName() throws(JSONSyntaxError) {
        guard peek == UInt8(ascii: "\"") else { throw unexpected() }
        open[open.count - 1].name = try string()
        skipBlanks()
        guard peek == UInt8(ascii: ":") else { throw unexpected() }
        index += 1
    }

    private mutating func literal(
        _ text: StaticString, _ value: JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        for offset in 0..<text.utf8CodeUnitCount {
            guard peek == (unsafe text.utf8Start[offset]) else { throw unexpected() }
            index += 1
        }
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = index
        skip(UInt8(ascii: "-"))
        if !skip(0x30) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "-")) { skip(UInt8(ascii: "+")) }
            try digits()
        }
        return text(start..<index)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = index
        while let byte = peek, 0x30...0x39 ~= byte { index += 1 }
        guard index > start else { throw unexpected() }
    }

    // MARK: Strings

    private mutating func string() throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        index = JSONText.nextSpecial(in: bytes.span, from: index)
        if peek == UInt8(ascii: "\"") {
            index += 1
            return text(start..<index - 1)
        }
        var unescaped: [UInt8] = []
        copy(start..<index, to: &unescaped)
        while true {
            guard let byte = peek else { throw unexpected() }
            if byte == UInt8(ascii: "\"") { break }
            // Anything else that stops the scan is a bare control character.
            guard byte == UInt8(ascii: "\\") else { throw unexpected() }
            index += 1
            try escape(to: &unescaped)
            let run = index
            index = JSONText.nextSpecial(in: bytes.span, from: run)
            copy(run..<index, to: &unescaped)
        }
        index += 1
        return String(decoding: unescaped, as: UTF8.self)
    }

    /// Reads an escape behind its backslash.
    private mutating func escape(to unescaped: inout [UInt8]) throws(JSONSyntaxError) {
        guard let kind = peek else { throw unexpected() }
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(kind)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0c)
        case UInt8(ascii: "n"): unescaped.append(0x0a)
        case UInt8(ascii: "r"): unescaped.append(0x0d)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            index += 1
            unescaped.append(contentsOf: (try escapedScalar()).utf8)
            return
        default: throw unexpected()
        }
        index += 1
    }

    /// Reads `XXXX`, or `XXXX\uXXXX` for a pair of surrogates.
    private mutating func escapedScalar() throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // What follows is looked at, and read only if it is the other half of the pair.
        let start = index
        if first < 0xdc00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) {
            let second = try codeUnit()
            if 0xdc00...0xdfff ~= second {
                let code = 0x1_0000 + (UInt32(first - 0xd800) << 10 | UInt32(second - 0xdc00))
                if let scalar = Unicode.Scalar(code) { return scalar }
            }
        }
        index = start
        return "\u{fffd}"
    }

    private mutating func codeUnit() throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek else { throw unexpected() }
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw unexpected()
            }
            unit = unit << 4 | UInt16(digit)
            index += 1
        }
        return unit
    }

    // MARK: Bytes

    private var peek: UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            index += 1
        }
    }

    private func unexpected() -> JSONSyntaxError {
        guard let byte = peek else {
            return JSONSyntaxError(reason: .unexpectedEnd, position: index)
        }
        return JSONSyntaxError(reason: .unexpectedByte(byte), position: index)
    }

    /// A part that begins and ends at an ASCII character, hence is valid like the whole.
    private func text(_ range: Range<Int>) -> String {
        unsafe String(copying: UTF8Span(unchecked: bytes.span.extracting(range)))
    }

    private func copy(_ range: Range<Int>, to array: inout [UInt8]) {
        unsafe bytes.span.extracting(range).withUnsafeBufferPointer {
            unsafe array.append(contentsOf: $0)
        }
    }
}
