import JSON
import Testing

func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
    try JSONReader.parse(Array(text.utf8))
}

/// What a document means, written back.
private func meaning(_ text: String) throws -> String {
    String(decoding: try parse(text).encoded(), as: UTF8.self)
}

struct JSONReaderTests {
    @Test(arguments: [
        "{}", "[]", "[[]]", "[{},[],{}]", #"{"a":1,"b":[true,false,null],"c":{"d":"e"}}"#,
        "[0,-1,1.5,1e5,1E+5,1e-5,-0.1e1,12345678901234567890]", #"["","é😀\u007f"]"#,
    ])
    func `valid text survives a round trip`(text: String) throws {
        let value = try parse(text)
        #expect(try JSONReader.parse(value.encoded()) == value)
    }

    @Test func `blanks are skipped wherever the grammar has them`() throws {
        #expect(
            try meaning(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n") == #"{"a":[1,2],"b":{}}"#)
    }

    @Test(arguments: [
        ("", "Unexpected end of JSON input"), ("  ", "Unexpected end of JSON input"),
        ("{", "Unexpected end of JSON input"), ("[1,", "Unexpected end of JSON input"),
        (#"{"name":"x""#, "Unexpected end of JSON input"),
        (#"{"name":"x"#, "Unexpected end of JSON input"),
        (#"{"a""#, "Unexpected end of JSON input"), (#"["\"#, "Unexpected end of JSON input"),
        (#"["\u12"#, "Unexpected end of JSON input"), ("[tru", "Unexpected end of JSON input"),
        ("[-", "Unexpected end of JSON input"), ("[1.", "Unexpected end of JSON input"),
        ("{name:1}", "Unexpected token n in JSON at position 1"),
        (#"{"a":1,}"#, "Unexpected token } in JSON at position 7"),
        ("[1,]", "Unexpected token ] in JSON at position 3"),
        ("[,1]", "Unexpected token , in JSON at position 1"),
        ("{]", "Unexpected token ] in JSON at position 1"),
        ("[}", "Unexpected token } in JSON at position 1"),
        ("[1}", "Unexpected token } in JSON at position 2"),
        (#"{"a":1]"#, "Unexpected token ] in JSON at position 6"),
        (#"{"a" 1}"#, "Unexpected token 1 in JSON at position 5"),
        (#"{"a":}"#, "Unexpected token } in JSON at position 5"),
        (#"{1:2}"#, "Unexpected token 1 in JSON at position 1"),
        ("[1 2]", "Unexpected token 2 in JSON at position 3"),
        ("{}{}", "Unexpected token { in JSON at position 2"),
        ("[]]", "Unexpected token ] in JSON at position 2"),
        ("<xml/>", "Unexpected token < in JSON at position 0"),
        ("null", "Unexpected token n in JSON at position 0"),
        ("\"x\"", "Unexpected token \" in JSON at position 0"),
        ("1", "Unexpected token 1 in JSON at position 0"),
        ("[01]", "Unexpected token 1 in JSON at position 2"),
        ("[-01]", "Unexpected token 1 in JSON at position 3"),
        ("[+1]", "Unexpected token + in JSON at position 1"),
        ("[.5]", "Unexpected token . in JSON at position 1"),
        ("[1.]", "Unexpected token ] in JSON at position 3"),
        ("[1e]", "Unexpected token ] in JSON at position 3"),
        ("[1e+]", "Unexpected token ] in JSON at position 4"),
        ("[0x1]", "Unexpected token x in JSON at position 2"),
        ("[NaN]", "Unexpected token N in JSON at position 1"),
        ("[nulL]", "Unexpected token L in JSON at position 4"),
        ("[True]", "Unexpected token T in JSON at position 1"),
        (#"["\x"]"#, "Unexpected token x in JSON at position 3"),
        (#"["\u00g0"]"#, "Unexpected token g in JSON at position 6"),
        ("[\"a\nb\"]", "Unexpected token 0x0a in JSON at position 3"),
        ("[\"\u{0}\"]", "Unexpected token 0x00 in JSON at position 2"),
        ("['a']", "Unexpected token ' in JSON at position 1"),
        ("[1]//", "Unexpected token / in JSON at position 3"),
        ("[é]", "Unexpected token 0xc3 in JSON at position 1"),
        ("\u{a0}[]", "Unexpected token 0xc2 in JSON at position 0"),
    ])
    func `broken text is refused with the place`(text: String, message: String) {
        let error = #expect(throws: JSONSyntaxError.self) { try parse(text) }
        #expect(error?.message == message)
    }

    @Test func `a scalar alone is a document only on request`() throws {
        #expect(try JSONReader.parse(Array(" 1 ".utf8), containersOnly: false) == .number("1"))
        #expect(try JSONReader.parse(Array("null".utf8), containersOnly: false) == .null)
        #expect(throws: JSONSyntaxError.self) {
            try JSONReader.parse(Array("1 2".utf8), containersOnly: false)
        }
    }

    @Test func `one byte order mark is skipped`() throws {
        #expect(try JSONReader.parse([0xef, 0xbb, 0xbf] + Array("[]".utf8)) == .array([]))
        #expect(throws: JSONSyntaxError.self) {
            try JSONReader.parse([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf] + Array("[]".utf8))
        }
        #expect(throws: JSONSyntaxError.self) {
            try JSONReader.parse(Array("[".utf8) + [0xef, 0xbb, 0xbf] + Array("]".utf8))
        }
    }

    @Test(
        arguments: [
            [0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80],
            [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused with the place`(bytes: [UInt8]) {
        let error = #expect(throws: JSONSyntaxError.self) {
            try JSONReader.parse(Array("[\"a".utf8) + bytes + Array("\"]".utf8))
        }
        #expect(error?.reason == .invalidText(bitsPerUnit: 8))
        #expect(error?.position == 3)
    }

    @Test(arguments: [
        (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"), (#"\u0041\u00e9\u20AC"#, "Aé€"),
        (#"\ud83d\ude00"#, "😀"), (#"x\uD83D\uDE00y"#, "x😀y"), (#"\u0000"#, "\u{0}"),
        (#"\ud800"#, "\u{fffd}"), (#"\udc00"#, "\u{fffd}"), (#"\ud800x"#, "\u{fffd}x"),
        (#"\ud800\n"#, "\u{fffd}\n"), (#"\ud800\u0041"#, "\u{fffd}A"),
        (#"\ud800\ud83d\ude00"#, "\u{fffd}😀"), (#"\udc00\ud800"#, "\u{fffd}\u{fffd}"),
        (#"\uffff"#, "\u{ffff}"),
    ])
    func `escapes are read, lone surrogates are replaced`(text: String, meaning: String) throws {
        let value = try parse("[\"\(text)\"]")
        #expect(value == .array([.string(meaning)]))
    }

    @Test func `of members with one name the last counts, in the place of the first`() throws {
        #expect(try meaning(#"{"a":1,"b":2,"a":3,"\u0061":4}"#) == #"{"a":4,"b":2}"#)
        let many = (0..<40).map { "\"k\($0 % 20)\":\($0)" }.joined(separator: ",")
        let expected = (0..<20).map { "\"k\($0)\":\($0 + 20)" }.joined(separator: ",")
        #expect(try meaning("{\(many)}") == "{\(expected)}")
    }

    @Test func `names that only look the same stay apart`() throws {
        guard case .object(let object) = try parse("{\"é\":1,\"e\u{301}\":2}") else {
            Issue.record("not an object")
            return
        }
        #expect(object.count == 2)
        #expect(object["é"] == .number("1"))
        #expect(object["e\u{301}"] == .number("2"))
        #expect(JSONValue.string("é") != .string("e\u{301}"))
    }

    @Test func `prototype members vanish at any depth, constructors do not`() throws {
        #expect(
            try meaning(
                #"{"__proto__":{"a":1},"m":[{"__proto__":1,"constructor":{"prototype":1}}],"__pro\u0074o__":2}"#
            )
                == #"{"m":[{"constructor":{"prototype":1}}]}"#)
        #expect(throws: JSONSyntaxError.self) { try parse(#"{"__proto__":[}"#) }
    }

    @Test func `nesting is bounded from both sides`() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]")] {
            let perRound = open.hasPrefix("[{") ? 2 : 1
            func nested(_ rounds: Int) -> [UInt8] {
                let inner = open.hasSuffix(":") ? "0" : ""
                return Array(
                    (String(repeating: open, count: rounds) + inner
                        + String(repeating: close, count: rounds)).utf8)
            }
            let most = 256 / perRound
            let value = try JSONReader.parse(nested(most))
            #expect(value.encoded() == nested(most))
            #expect(!value.containsNUL)
            #expect(throws: JSONSyntaxError.self) { try JSONReader.parse(nested(most + 1)) }
            #expect(throws: JSONSyntaxError.self) { try JSONReader.parse(nested(10_000)) }
            #expect(throws: JSONSyntaxError.self) { try JSONReader.parse(nested(1_000_000)) }
        }
        let error = #expect(throws: JSONSyntaxError.self) {
            try JSONReader.parse(Array("[[[".utf8), depthMax: 2)
        }
        #expect(error?.reason == .tooDeep(depthMax: 2))
        #expect(error?.position == 2)
    }

    @Test func `a million names are read and found`() throws {
        var text = Array("{".utf8)
        for number in 0..<1_000_000 {
            if number > 0 { text.append(0x2c) }
            text.append(contentsOf: "\"k\(number % 900_000)\":1".utf8)
        }
        text.append(UInt8(ascii: "}"))
        guard case .object(let object) = try JSONReader.parse(text, valuesMax: 1_000_001) else {
            Issue.record("not an object")
            return
        }
        #expect(object.count == 900_000)
        #expect(object["k899999"] == .number("1"))
        #expect(object["k900000"] == nil)
    }

    @Test func `the number of values is bounded from both sides`() throws {
        func zeros(_ count: Int) -> [UInt8] {
            Array(("[" + String(repeating: "0,", count: count - 1) + "0]").utf8)
        }
        guard case .array(let elements) = try JSONReader.parse(zeros(999_999)) else {
            Issue.record("not an array")
            return
        }
        #expect(elements.count == 999_999)
        let error = #expect(throws: JSONSyntaxError.self) { try JSONReader.parse(zeros(1_000_000)) }
        #expect(error?.reason == .tooManyValues(valuesMax: 1_000_000))
        #expect(throws: JSONSyntaxError.self) {
            try JSONReader.parse(Array("[[],{},{\"a\":1}]".utf8), valuesMax: 4)
        }
        _ = try JSONReader.parse(Array("[[],{},{\"a\":1}]".utf8), valuesMax: 5)
    }

    @Test func `members can be set, removed and walked`() throws {
        for count in [3, 40] {
            var object = JSONObject()
            for number in 0..<count { object["k\(number)"] = .number("\(number)") }
            object["k1"] = nil
            object["k0"] = .bool(true)
            object["none"] = nil
            #expect(
                object.members.map { $0.name } == (0..<count).filter { $0 != 1 }.map { "k\($0)" })
            #expect(object["k1"] == nil)
            #expect(object["k0"] == .bool(true))
            #expect(object["k2"] == .number("2"))
        }
    }
}

struct JSONValueWritingTests {
    @Test(arguments: [
        ("12345678901234567890", "12345678901234567890"), ("1.10", "1.10"), ("-7", "-7"),
        ("1e5", "1e5"), ("1e308", "1e308"), ("1e309", "null"), ("-1e400", "null"),
        ("1e99999999999999999999", "null"), ("1e-400", "0"), ("-1e-99999999999999999999", "0"),
        ("0e99999999999999999999", "0"), ("-0", "0"), ("0.0", "0"), ("5e-324", "5e-324"),
    ])
    func `numbers keep their digits as far as a double goes`(number: String, stored: String) throws
    {
        #expect(try meaning("[\(number)]") == "[\(stored)]")
    }

    @Test func `a number of 400 characters is kept, a longer one is rounded`() throws {
        let kept = "0." + String(repeating: "3", count: 398)
        #expect(try meaning("[\(kept)]") == "[\(kept)]")
        #expect(try meaning("[\(kept)3]") == "[0.3333333333333333]")
        let huge = String(repeating: "9", count: 1_000_000)
        #expect(try meaning("[\(huge)]") == "[null]")
        #expect(try meaning("[0.\(huge)]") == "[1]")
    }

    @Test(arguments: [
        #"["\u0000"]"#, #"{"\u0000":1}"#, #"{"a":[{"b":"x\u0000y"}]}"#, #"{"a":{"b\u0000":{}}}"#,
    ])
    func `NUL is found in any string and any name`(text: String) throws {
        #expect(try parse(text).containsNUL)
        let without = text.split(separator: #"\u0000"#).joined(separator: #"\u0001"#)
        #expect(try !parse(without).containsNUL)
    }
}
