/// What a date is made of, to V8.
extension JavaScriptDate {
    enum Token: Equatable {
        case number(Number)
        /// Letters and everything beyond; nil for a word that means nothing.
        case word(Keyword?, length: Int)
        /// 1 or -1.
        case sign(Int64)
        case colon, point, closing
        case blank, other, end
    }

    struct Number: Equatable {
        /// Of the first nine digits behind zeros.
        var value: Int64 = 0
        /// Of the first three digits.
        var thousandths: Int64 = 0
        var digits = 0
    }

    enum Keyword: Equatable {
        /// From 1.
        case month(Int64)
        /// How many hours later than the clock says.
        case half(Int64)
        /// Hours east of Greenwich.
        case zone(Int64)
        /// The `T` between date and time.
        case separator
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let others: [String: Keyword] = [
        "am": .half(0), "pm": .half(12), "t": .separator, "z": .zone(0), "ut": .zone(0),
        "utc": .zone(0), "gmt": .zone(0), "cdt": .zone(-5), "cst": .zone(-6), "edt": .zone(-4),
        "est": .zone(-5), "mdt": .zone(-6), "mst": .zone(-7), "pdt": .zone(-7), "pst": .zone(-8),
    ]

    struct Tokens {
        private var rest: ArraySlice<Unicode.Scalar>

        init(_ text: String) {
            rest = Array(text.unicodeScalars)[...]
        }

        mutating func next() -> Token {
            guard let first = rest.first else { return .end }
            if "0"..."9" ~= first { return .number(number()) }
            if Self.isLetter(first) { return word() }
            if first == "(" {
                skipComment()
                return .other
            }
            rest.removeFirst()
            return switch first {
            case ":": .colon
            case ".": .point
            case ")": .closing
            case "+": .sign(1)
            case "-": .sign(-1)
            default: Self.isBlank(first) ? .blank : .other
            }
        }

        private mutating func number() -> Number {
            var number = Number()
            while let digit = rest.first, "0"..."9" ~= digit {
                let digit = Int64(digit.value - 0x30)
                number.digits += 1
                if number.value < 100_000_000 { number.value = number.value * 10 + digit }
                if number.digits <= 3 { number.thousandths = number.thousandths * 10 + digit }
                rest.removeFirst()
            }
            for _ in min(3, number.digits)..<3 { number.thousandths *= 10 }
            return number
        }

        /// A month may be longer than its three letters.
        private mutating func word() -> Token {
            let word = rest.prefix(while: Self.isLetter)
            rest = rest[word.endIndex...]
            var name = String.UnicodeScalarView()
            name.append(
                contentsOf: word.prefix(4).map {
                    "A"..."Z" ~= $0 ? Unicode.Scalar(UInt8($0.value | 0x20)) : $0
                })
            if let index = months.firstIndex(of: String(name.prefix(3))) {
                return .word(.month(Int64(index) + 1), length: word.count)
            }
            return .word(others[String(name)], length: word.count)
        }

        private mutating func skipComment() {
            var depth = 0
            repeat {
                guard let character = rest.popFirst() else { return }
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
            } while depth > 0
        }

        private static func isLetter(_ character: Unicode.Scalar) -> Bool {
            character >= "A" && !isBlank(character)
        }

        /// The separators of lines and paragraphs, U+2028 and U+2029, are letters here.
        private static func isBlank(_ character: Unicode.Scalar) -> Bool {
            switch character.value {
            case 9...13, 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000, 0xFEFF:
                true
            default: false
            }
        }
    }
}
