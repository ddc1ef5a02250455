import Testing

/// The judge is judged first: a matcher that lets everything pass would make every exchange worthless.
struct MatcherTests {
    /// nil when it matches, else the path of the first difference.
    private func difference(_ want: String, _ got: String, now: Double = 0) throws -> String? {
        var matcher = Matcher()
        matcher.now = { now }
        do {
            try matcher.match(JSON(want), JSON(got), at: "body")
            return nil
        } catch let miss as Mismatch {
            return miss.path
        }
    }

    @Test(arguments: [
        (#"{"a":1,"b":[null,true]}"#, #"{"b":[null,true],"a":1}"#),
        (#"1.0"#, #"1"#),
        (#"{"unordered":true,"items":[1,"{{any}}",2]}"#, #"[2,"x",1]"#),
        (#"{"unordered":true,"items":["{{re:a.*}}","ab"]}"#, #"["ab","ac"]"#),
        (#"{"{{subset}}":true,"a":1}"#, #"{"a":1,"b":2}"#),
        (#"{"a":"{{absent}}"}"#, #"{}"#),
        (#"{"a":"{{any}}"}"#, #"{"a":{"b":[1]}}"#),
        (#""{{timestamp}}""#, #""2024-01-02T03:04:05.678Z""#),
        (#""{{jwt}}""#, #""ab-_.cd.ef""#),
        (#""{{id:cgrp}}""#, #""cgrp_01HZX3J8Q7N5V2K9W4T6R1M0AB""#),
        (#""say {{id:cus}} (twice)""#, #""say cus_01HZX3J8Q7N5V2K9W4T6R1M0AB (twice)""#),
        (#"["{{any>x}}","{{$x}}","is {{$x}}"]"#, #"["a.b","a.b","is a.b"]"#),
        (#"{"a":"{{any>x}}","b":{"{{$x}}":1}}"#, #"{"a":"k","b":{"k":1}}"#),
        (#"["{{cookie>c}}","{{$c}}"]"#, #"["sid=s%3Aabc; Path=/; HttpOnly","sid=s%3Aabc"]"#),
    ])
    func `equal in the sense of the format`(want: String, got: String) throws {
        #expect(try difference(want, got) == nil)
    }

    @Test(arguments: [
        (#"{"a":1}"#, #"{"a":1,"b":2}"#, "body.b"),
        (#"{"a":1,"b":2}"#, #"{"a":1}"#, "body.b"),
        (#"{"a":null}"#, #"{}"#, "body.a"),
        (#"[1,2]"#, #"[2,1]"#, "body[0]"),
        (#"[1,2]"#, #"[1]"#, "body"),
        (#"[1]"#, #"[1,2]"#, "body"),
        (#"1"#, #""1""#, "body"),
        (#"1"#, #"true"#, "body"),
        (#"0"#, #"null"#, "body"),
        (#""1""#, #"1"#, "body"),
        (#"{}"#, #"[]"#, "body"),
        (#"{"unordered":true,"items":[1,1]}"#, #"[1,2]"#, "body{0}"),
        (#"{"unordered":true,"items":[1]}"#, #"[1,2]"#, "body"),
        (#"{"unordered":true,"items":[{"a":1,"b":2}]}"#, #"[{"a":1,"b":3}]"#, "body{0}.b"),
        (#"{"{{subset}}":true,"a":1}"#, #"{"b":2}"#, "body.a"),
        (#"{"a":"{{absent}}"}"#, #"{"a":null}"#, "body.a"),
        (#"{"a":"{{any}}"}"#, #"{}"#, "body.a"),
        (#""{{timestamp}}""#, #""2024-01-02T03:04:05Z""#, "body"),
        (#""{{timestamp}}""#, #""x2024-01-02T03:04:05.678Z""#, "body"),
        (#""{{jwt}}""#, #""ab.cd""#, "body"),
        (#""{{id:cgrp}}""#, #""cgrp_01HZX3J8Q7N5V2K9W4T6R1M0AU""#, "body"),
        (#""{{id:cgrp}}""#, #""cus_01HZX3J8Q7N5V2K9W4T6R1M0AB""#, "body"),
        (#"["{{any>x}}","is {{$x}}"]"#, #"["a.b","is aXb"]"#, "body[1]"),
        (#""{{$never}}""#, #""a""#, "body"),
    ])
    func `different, and where`(want: String, got: String, path: String) throws {
        #expect(try difference(want, got) == path)
    }

    @Test func `recent is ten minutes to either side`() throws {
        let stamp = #""2024-01-01T00:00:00.000Z""#
        let then = 1_704_067_200.0
        for offset in [-600.0, 0, 600] {
            #expect(try difference(#""{{recent}}""#, stamp, now: then + offset) == nil)
        }
        for offset in [-600.5, 600.5] {
            #expect(try difference(#""{{recent}}""#, stamp, now: then + offset) == "body")
        }
    }

    @Test func `a token that nobody defined is a fault of the file`() {
        var matcher = Matcher()
        #expect(throws: UnknownToken.self) { try matcher.match("{{nonsense}}", "x", at: "body") }
    }

    @Test(arguments: [
        "{", "[1,]", #"{"a":1,}"#, #"{"a":1,"a":2}"#, "01", "-01", "1.", "1e", "nul", #""\x""#,
        "\"\u{1}\"",
        #""\ud800""#, #""\ud800A""#, "1 2", "", "{a:1}", "'a'", "+1", ".5",
    ])
    func `the tests' own reader refuses what is not JSON`(text: String) {
        #expect(throws: JSON.Malformed.self) { try JSON(text) }
    }

    @Test func `the tests' own reader reads JSON`() throws {
        let text = #"{"a":[1,-0.5e+3,true,false,null,"é\n\u00e9\ud83d\ude00\/"],"b":{},"c":[]}"#
        let json = try JSON(text)
        #expect(json["a"]?[1]?.number == -500)
        #expect(json["a"]?[5] == "é\né😀/")
        #expect(try JSON(json.description) == json)
    }
}
