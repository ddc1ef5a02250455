/// Questions about bytes that the whole module asks.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let comma: UInt8 = 0x2C
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let question: UInt8 = 0x3F
    static let backslash: UInt8 = 0x5C

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit, nil for any other byte.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}

extension StaticString {
    @inline(__always)
    var bytes: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

extension Span<UInt8> {
    @inline(__always)
    package func equals(_ text: StaticString) -> Bool {
        let other = unsafe text.bytes
        guard other.count == count else { return false }
        for index in 0..<count where unsafe self[index] != other[index] { return false }
        return true
    }

    package func equals(_ other: [UInt8]) -> Bool {
        guard other.count == count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    /// Whether the bytes spell `text`, which is in lower case, in any case.
    @inline(__always)
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        let other = unsafe text.bytes
        guard other.count == count else { return false }
        for index in 0..<count where unsafe ASCII.lowercased(self[index]) != other[index] {
            return false
        }
        return true
    }

    /// The bytes as text; invalid UTF-8 is repaired with U+FFFD.
    var text: String {
        unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    var array: [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func append(_ text: StaticString) {
        unsafe append(contentsOf: text.bytes)
    }

    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    mutating func append(decimal value: Int) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var position = 20
        var rest = value.magnitude
        repeat {
            position -= 1
            digits[position] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if value < 0 { append(0x2D) }
        for index in position..<20 { append(digits[index]) }
    }

    mutating func append(hexadecimal value: Int) {
        var shift = value == 0 ? 0 : (63 - value.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
            append(digit < 10 ? ASCII.zero + digit : 0x57 + digit)
            shift -= 4
        }
    }
}
