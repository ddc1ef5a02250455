/// Whole numbers as decimal text.
enum DecimalDigits {
    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = value.magnitude
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        if rest < 10 { return bytes.append(0x30 + UInt8(truncatingIfNeeded: rest)) }
        // 2^63 has 19 digits.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        while rest != 0 {
            let quotient = rest / 10
            first -= 1
            digits[first] = 0x30 + UInt8(truncatingIfNeeded: rest &- quotient &* 10)
            rest = quotient
        }
        let text = digits.span.extracting(first..<20)
        unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }
}
