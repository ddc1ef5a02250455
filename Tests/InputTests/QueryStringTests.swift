import Cohort
import JSON
import TestSupport
import Testing

/// What a query string means, as JSON.
private func meaning(_ query: String) -> String {
    String(decoding: QueryString.parse(query).encoded(), as: UTF8.self)
}

struct QueryStringTests {
    // What qs 6.11 makes of each with `{ arrayLimit: Infinity }`.
    @Test(arguments: [
        ("", "{}"), ("a", #"{"a":""}"#), ("a=", #"{"a":""}"#), ("a=1", #"{"a":"1"}"#),
        ("=1", "{}"), ("&", "{}"), ("a=1&&b=2&", #"{"a":"1","b":"2"}"#), ("a=b=c", #"{"a":"b=c"}"#),
        // arrays
        ("a=1&a=2", #"{"a":["1","2"]}"#), ("a=1&a=2&a=3", #"{"a":["1","2","3"]}"#),
        ("a[]=1", #"{"a":["1"]}"#), ("a[]=1&a[]=2", #"{"a":["1","2"]}"#),
        ("a[]=", #"{"a":[""]}"#), ("a[]", #"{"a":[""]}"#), ("a[0]=1&a[1]=2", #"{"a":["1","2"]}"#),
        ("a[1]=2&a[0]=1", #"{"a":["1","2"]}"#), ("a[3]=x&a[7]=y", #"{"a":["x","y"]}"#),
        ("a[999999999]=x&a[5]=y", #"{"a":["y","x"]}"#), ("a[21]=x", #"{"a":["x"]}"#),
        ("a[0]=1&a[]=2&a[0]=3", #"{"a":[["1","3"],"2"]}"#),
        ("a[0]=1&a[0]=2", #"{"a":[["1","2"]]}"#),
        ("a[][b]=1", #"{"a":[{"b":"1"}]}"#), ("a[0][b]=1&a[0][c]=2", #"{"a":[{"b":"1","c":"2"}]}"#),
        ("a[][b]=1&a[][b]=2", #"{"a":[{"b":["1","2"]}]}"#),
        ("a[][b]=1&a[][c]=2", #"{"a":[{"b":"1","c":"2"}]}"#),
        ("a[][]=1&a[][]=2", #"{"a":["1","2"]}"#), ("a[0][]=1&a[0][]=2", #"{"a":[["1","2"]]}"#),
        // objects
        ("a[b]=1", #"{"a":{"b":"1"}}"#), ("a[b]=1&a[c]=2", #"{"a":{"b":"1","c":"2"}}"#),
        ("a[b]=1&a[b]=2", #"{"a":{"b":["1","2"]}}"#), ("a[b][c]=1", #"{"a":{"b":{"c":"1"}}}"#),
        ("a[01]=x", #"{"a":{"01":"x"}}"#), ("a[-1]=x", #"{"a":{"-1":"x"}}"#),
        ("a[1.5]=x", #"{"a":{"1.5":"x"}}"#), ("a[ ]=x", #"{"a":{" ":"x"}}"#),
        // what contradicts itself
        ("a=1&a[]=2", #"{"a":["1","2"]}"#), ("a[]=1&a=2", #"{"a":["1","2"]}"#),
        ("a[]=1&a=", #"{"a":["1"]}"#), ("a=&a[]=1", #"{"a":["","1"]}"#),
        ("a=1&a[b]=2", #"{"a":["1",{"b":"2"}]}"#), ("a[b]=1&a=2", #"{"a":{"b":"1","2":true}}"#),
        ("a[b]=1&a=", #"{"a":{"b":"1"}}"#), ("a[b]=1&a=toString", #"{"a":{"b":"1"}}"#),
        ("a[0]=1&a[b]=2", #"{"a":{"0":"1","b":"2"}}"#),
        ("a[b]=2&a[0]=1", #"{"a":{"b":"2","0":"1"}}"#),
        ("a[b]=1&a[]=2", #"{"a":{"b":"1","0":"2"}}"#),
        ("a[b]=1&a[b][c]=2", #"{"a":{"b":["1",{"c":"2"}]}}"#),
        ("a[]=1&a[][b]=2", #"{"a":["1",{"b":"2"}]}"#),
        ("a[0]=1&a[0][b]=2", #"{"a":["1",{"b":"2"}]}"#),
        // odd brackets
        ("[a]=1", #"{"a":"1"}"#), ("[]=1", #"{"0":"1"}"#), ("[0]=1", #"{"0":"1"}"#),
        ("[a]=1&a=2", #"{"a":["1","2"]}"#), ("a[b=1", #"{"a[b":"1"}"#), ("a]b=1", #"{"a]b":"1"}"#),
        ("a[b[c]]=1", #"{"a[b":{"c":"1"}}"#), ("a[b]x[c]=1", #"{"a":{"b":{"c":"1"}}}"#),
        ("a[[b]]=1", #"{"a[":{"b":"1"}}"#), ("a]=1", #"{"a]":"1"}"#),
        ("a=[b]=c", #"{"a=":{"b":"c"}}"#),
        // decoding
        ("groups%5B0%5D=x", #"{"groups":["x"]}"#), ("a%5Bb%5D%5Bc%5D=1", #"{"a":{"b":{"c":"1"}}}"#),
        ("a%5B%5D=1&a[]=2", #"{"a":["1","2"]}"#), ("a=b+c%20d%2Be", #"{"a":"b c d+e"}"#),
        ("%61=%C3%A9%f0%9f%98%80", #"{"a":"é😀"}"#), ("a=%", #"{"a":"%"}"#),
        ("a=%zz+%41", #"{"a":"%zz %41"}"#), ("a=%4", #"{"a":"%4"}"#), ("a=%c3", #"{"a":"%c3"}"#),
        ("a=%c0%af", #"{"a":"%c0%af"}"#), ("a=%ed%a0%80", #"{"a":"%ed%a0%80"}"#),
        ("%ff=1&%41=2", #"{"%ff":"1","A":"2"}"#), ("a=é", #"{"a":"é"}"#),
        ("a=x%26y%3Dz", #"{"a":"x&y=z"}"#),
        ("a=%00", #"{"a":"\u0000"}"#),
        // names that objects are born with
        ("__proto__=1&a=2", #"{"a":"2"}"#), ("__proto__[a]=1", "{}"), ("a[__proto__]=1", "{}"),
        ("a[__proto__][b]=1&c=1", #"{"c":"1"}"#),
        ("constructor=1&toString=2&hasOwnProperty[a]=3", "{}"),
        ("a[constructor]=1&prototype=2", #"{"prototype":"2"}"#),
        ("a[b]=1&a=constructor", #"{"a":{"b":"1"}}"#),
    ])
    func `a query means what qs reads in it`(query: String, expected: String) {
        #expect(meaning(query) == expected)
    }

    @Test func `five levels are nested, the rest stays one name`() {
        #expect(meaning("a[b][c][d][e][f]=1") == #"{"a":{"b":{"c":{"d":{"e":{"f":"1"}}}}}}"#)
        #expect(
            meaning("a[b][c][d][e][f][g][h]=1")
                == #"{"a":{"b":{"c":{"d":{"e":{"f":{"[g][h]":"1"}}}}}}}"#)
        let deep = String(repeating: "[x]", count: 5000)
        #expect(meaning("a\(deep)=1").hasPrefix(#"{"a":{"x":{"x":{"x":{"x":{"x":{"[x][x]"#))
    }

    @Test func `a thousand pairs count, empty ones among them`() {
        let thousand = (0..<1000).map { "k\($0)=1" }.joined(separator: "&")
        #expect(QueryString.parse(thousand).count == 1000)
        #expect(QueryString.parse(thousand + "&more=1").count == 1000)
        #expect(QueryString.parse(thousand + "&more=1")["more"] == nil)
        #expect(QueryString.parse("&" + thousand)["k999"] == nil)
        #expect(QueryString.parse("&" + thousand)["k998"] == .string("1"))
    }

    @Test func `names that only look the same stay apart`() {
        #expect(QueryString.parse("é=1&e%CC%81=2").count == 2)
    }

    @Test(arguments: [
        ("a[]=A,B", #"{"a":["A","B"]}"#), ("a[]=A", #"{"a":["A"]}"#), ("a[]=", #"{"a":[""]}"#),
        ("a[]=A,", #"{"a":["A",""]}"#), ("a[]=,", #"{"a":["",""]}"#),
        ("a[0]=A,B", #"{"a":["A","B"]}"#),
        ("a=A,B", #"{"a":"A,B"}"#), ("a[]=A,B&a[]=C", #"{"a":["A,B","C"]}"#),
        ("a[b][]=A,B", #"{"a":{"b":["A,B"]}}"#), ("a[][b]=1", #"{"a":[{"b":"1"}]}"#),
        ("a[0]=1&a[0]=2", #"{"a":[["1","2"]]}"#), ("a[]=A,%CC%81B", "{\"a\":[\"A\",\"\u{301}B\"]}"),
    ])
    func `an array of one text is split at its commas`(query: String, expected: String) {
        let split = QueryString.splittingSingleElements(QueryString.parse(query))
        #expect(String(decoding: split.encoded(), as: UTF8.self) == expected)
    }

    /// The answer may be anything that can be written; its size cannot exceed what was sent by much.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `any text is read`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tokens = [
            "a", "b", "0", "1", "7", "[", "]", "[]", "[0]", "[1]", "[a]", "[b]", "=", "&", "%5B",
            "%5D", "%", "+", "é", "%00", "__proto__", "[99999999999]", "[4294967295]", ",",
        ]
        for _ in 0..<100 {
            let count = Int.random(in: 0..<40, using: &random)
            let query = (0..<count).map { _ in tokens.randomElement(using: &random) ?? "" }.joined()
            let object = QueryString.parse(query)
            let split = QueryString.splittingSingleElements(object)
            #expect(object.encoded().count <= 12 * query.utf8.count + 2, "seed \(seed): \(query)")
            #expect(split.count == object.count, "seed \(seed): \(query)")
        }
    }

    @Test func `the longest request line is read whatever it holds`() {
        let length = 16_384
        for unit in [
            "a[0]=1&", "a[]=1&", "a=1&", "a[b]=1&a=2&", "[", "]", "a[", "%41", "%",
            "a[9][b]=1&a[9]=c&",
        ] {
            _ = QueryString.parse(String(repeating: unit, count: length / unit.utf8.count))
        }
        let falling = stride(from: 1000, to: 0, by: -1).map { "a[\($0 * 1000)]=\($0)" }
        guard case .array(let elements)? = QueryString.parse(falling.joined(separator: "&"))["a"]
        else {
            Issue.record("not an array")
            return
        }
        #expect(elements == (1...1000).map { JSONValue.string("\($0)") })
    }
}
