/// Doubles as JavaScript prints them.
enum JavaScriptNumber {
    /// Appends the shortest digits that read back as the same value, laid out as in ECMAScript; `null` for
    /// what JSON cannot say.
    ///
    /// - Source: ECMA-262, section 6.1.6.1.20, Number::toString.
    static func append(_ value: Double, to bytes: inout [UInt8]) {
        guard value.isFinite else {
            bytes.append(contentsOf: [0x6e, 0x75, 0x6c, 0x6c])
            return
        }
        if value.magnitude < 9_007_199_254_740_992 {
            // Truncates. `rounded` and `init(exactly:)` would need libm, which nothing here links.
            let whole = Int64(value)
            if Double(whole) == value {
                return DecimalDigits.append(whole, to: &bytes)  // -0 prints as 0
            }
        }
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let (digits, point) = decompose(value.magnitude)
        switch point {
        case digits.count...21:
            bytes.append(contentsOf: digits)
            bytes.append(contentsOf: repeatElement(0x30, count: point - digits.count))
        case 1...21:
            bytes.append(contentsOf: digits[..<point])
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: digits[point...])
        case -5...0:
            bytes.append(contentsOf: [0x30, UInt8(ascii: ".")])
            bytes.append(contentsOf: repeatElement(0x30, count: -point))
            bytes.append(contentsOf: digits)
        default:
            bytes.append(digits[0])
            if digits.count > 1 {
                bytes.append(UInt8(ascii: "."))
                bytes.append(contentsOf: digits[1...])
            }
            bytes.append(UInt8(ascii: "e"))
            bytes.append(point > 0 ? UInt8(ascii: "+") : UInt8(ascii: "-"))
            DecimalDigits.append(Int64((point - 1).magnitude), to: &bytes)
        }
    }

    /// The significant digits of a positive value and where the decimal point stands among them.
    ///
    /// Swift prints the same shortest digits as JavaScript, only laid out otherwise.
    private static func decompose(_ value: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let text = Array(value.description.utf8)
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        var position = (point ?? digits.count) + exponent
        let zeros = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(zeros)
        position -= zeros
        while digits.last == 0x30 { digits.removeLast() }
        return (digits, position)
    }
}
