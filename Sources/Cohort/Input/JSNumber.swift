/// JavaScript's conversion of text to a number, which Medusa applies to `limit`, `offset` and dates.
package enum JSNumber {
    /// What `Number(text)` is: blanks around do not count, empty text is 0, `1e1`, `.5`, `0x2` and
    /// `Infinity` are numbers; anything else is NaN.
    ///
    /// - Source: ECMA-262, section 7.1.4.1, StringToNumber.
    package static func parse(_ text: String) -> Double {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isBlank($0) }),
            let last = scalars.lastIndex(where: { !isBlank($0) })
        else { return 0 }
        let trimmed = Array(String(scalars[first...last]).utf8)
        if trimmed.count > 2, trimmed[0] == UInt8(ascii: "0"),
            let radix = radix(ofPrefix: trimmed[1])
        {
            return whole(trimmed[2...], radix: radix)
        }
        switch String(decoding: trimmed, as: UTF8.self) {
        case "Infinity", "+Infinity": return .infinity
        case "-Infinity": return -.infinity
        case let number: return isDecimal(trimmed) ? Double(number) ?? .nan : .nan
        }
    }

    /// What ``parse(_:)`` says, where that is a whole number from 0 on that `bigint` holds.
    ///
    /// Digits alone are read exactly, as a double is not exact near the upper end.
    package static func parseCount(_ text: String) -> Int64? {
        let digits = text.utf8
        if !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) { return Int64(text) }
        let number = parse(text)
        guard number >= 0, number < 0x1p63 else { return nil }
        let whole = Int64(number)
        return Double(whole) == number ? whole : nil
    }

    private static func radix(ofPrefix letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "x"), UInt8(ascii: "X"): 16
        case UInt8(ascii: "o"), UInt8(ascii: "O"): 8
        case UInt8(ascii: "b"), UInt8(ascii: "B"): 2
        default: nil
        }
    }

    private static func whole(_ digits: ArraySlice<UInt8>, radix: UInt8) -> Double {
        var value = 0.0
        for byte in digits {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return .nan
            }
            guard digit < radix else { return .nan }
            value = value * Double(radix) + Double(digit)
        }
        return value
    }

    /// Whether text is a sign, digits with a point anywhere among them, and an exponent, of which only the
    /// digits are required. Swift's own `Double` takes more: `nan`, hexadecimal fractions.
    private static func isDecimal(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        func skipSign() {
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
            }
        }
        func skipDigits() -> Int {
            let count = rest.prefix { 0x30...0x39 ~= $0 }.count
            rest.removeFirst(count)
            return count
        }
        skipSign()
        var count = skipDigits()
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            count += skipDigits()
        }
        guard count > 0 else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            skipSign()
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// ECMAScript's white space and line ends.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0d, 0x20, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
            0x3000, 0xfeff:
            true
        default: false
        }
    }
}
