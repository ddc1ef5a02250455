extension JSON {
    struct Reader {
        let bytes: [UInt8]
        var at = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func document() throws -> JSON {
            let value = try value(depth: 0)
            skipBlanks()
            guard at == bytes.count else { throw wrong("text after the value") }
            return value
        }

        func wrong(_ why: String) -> Malformed { Malformed(offset: at, why: why) }

        private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        private mutating func skipBlanks() {
            while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                at += 1
            }
        }

        private mutating func take(_ character: Character) -> Bool {
            guard next == character.asciiValue else { return false }
            at += 1
            return true
        }

        private mutating func word(_ text: StaticString, _ value: JSON) throws -> JSON {
            for byte in text.description.utf8 {
                guard next == byte else { throw wrong("\(text) expected") }
                at += 1
            }
            return value
        }

        private mutating func value(depth: Int) throws -> JSON {
            guard depth < 500 else { throw wrong("too deep") }
            skipBlanks()
            switch next {
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func object(depth: Int) throws -> JSON {
            at += 1
            var members: [Member] = []
            skipBlanks()
            if take("}") { return .object(members) }
            repeat {
                skipBlanks()
                guard next == UInt8(ascii: "\"") else { throw wrong("a key expected") }
                let key = try string()
                guard !members.contains(where: { $0.key == key }) else {
                    throw wrong("the key \(key) is there twice")
                }
                skipBlanks()
                guard take(":") else { throw wrong("a colon expected") }
                members.append(Member(key: key, value: try value(depth: depth + 1)))
                skipBlanks()
            } while take(",")
            guard take("}") else { throw wrong("} expected") }
            return .object(members)
        }

        private mutating func array(depth: Int) throws -> JSON {
            at += 1
            var items: [JSON] = []
            skipBlanks()
            if take("]") { return .array(items) }
            repeat {
                items.append(try value(depth: depth + 1))
                skipBlanks()
            } while take(",")
            guard take("]") else { throw wrong("] expected") }
            return .array(items)
        }

        private mutating func number() throws -> JSON {
            let start = at
            _ = take("-")
            let leading = next
            guard digits() > 0 else { throw wrong("a value expected") }
            guard leading != UInt8(ascii: "0") || at - start <= (bytes[start] == leading ? 1 : 2)
            else { throw wrong("a leading zero") }
            if take(".") { guard digits() > 0 else { throw wrong("digits expected") } }
            if take("e") || take("E") {
                if !take("+") { _ = take("-") }
                guard digits() > 0 else { throw wrong("digits expected") }
            }
            return .number(String(decoding: bytes[start..<at], as: UTF8.self))
        }

        private mutating func digits() -> Int {
            let start = at
            while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
            return at - start
        }

        private mutating func string() throws -> String {
            at += 1
            var out: [UInt8] = []
            while let byte = next {
                at += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let text = String(validating: out, as: UTF8.self) else {
                        throw wrong("not UTF-8")
                    }
                    return text
                case UInt8(ascii: "\\"): out += try escape()
                case ..<0x20: throw wrong("a control character in a string")
                default: out.append(byte)
                }
            }
            throw wrong("a string without its end")
        }

        private mutating func escape() throws -> [UInt8] {
            guard let byte = next else { throw wrong("an escape without its end") }
            at += 1
            switch byte {
            case UInt8(ascii: "n"): return [0x0A]
            case UInt8(ascii: "r"): return [0x0D]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0C]
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
            case UInt8(ascii: "u"):
                var units = [try hexadecimal()]
                if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") {
                    units.append(try hexadecimal())
                }
                guard let text = String(validating: units, as: UTF16.self) else {
                    throw wrong("half a surrogate pair")
                }
                return Array(text.utf8)
            default: throw wrong("an unknown escape")
            }
        }

        private mutating func hexadecimal() throws -> UInt16 {
            guard at + 4 <= bytes.count,
                let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
            else { throw wrong("four hexadecimal digits expected") }
            at += 4
            return unit
        }
    }
}
