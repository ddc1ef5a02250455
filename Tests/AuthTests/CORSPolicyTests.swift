import Testing

@testable import Cohort

@Suite struct CORSPolicyTests {
    @Test func `an entry is compared as it stands`() throws {
        let policy = try CORSPolicy("http://localhost:7000,http://localhost:7001")
        #expect(policy.allows(origin: "http://localhost:7000"))
        #expect(policy.allows(origin: "http://localhost:7001"))
        for origin in [
            "http://localhost:7002", "https://localhost:7000", "http://localhost:7000/",
            "http://LOCALHOST:7000",
            "http://localhost", "http://localhost:70000", "null", "", "*", " http://localhost:7000",
        ] {
            #expect(!policy.allows(origin: origin), "\(origin)")
        }
    }

    @Test func `entries are not trimmed`() throws {
        let policy = try CORSPolicy("http://a.example, http://b.example")
        #expect(policy.allows(origin: "http://a.example"))
        #expect(!policy.allows(origin: "http://b.example"))
    }

    @Test func `nothing allows nobody`() throws {
        for text in ["", ",", ",,"] {
            let policy = try CORSPolicy(text)
            #expect(policy.isEmpty)
            #expect(!policy.allows(origin: "http://localhost:7000"))
            #expect(!policy.allows(origin: ""))
        }
        #expect(!CORSPolicy.nobody.allows(origin: "http://localhost:7000"))
    }

    @Test func `a star is no wildcard`() throws {
        let policy = try CORSPolicy("*")
        #expect(!policy.allows(origin: "http://localhost:7000"))
    }

    @Test(arguments: ["/", "~", "@", ";", "%", "#", "'"])
    func `every delimiter begins an expression`(delimiter: String) throws {
        let policy = try CORSPolicy(#"\#(delimiter)^https:..[a-z]+\.example\.com$\#(delimiter)"#)
        #expect(policy.allows(origin: "https://shop.example.com"))
        #expect(!policy.allows(origin: "https://shop.example.com.evil.example"))
        #expect(!policy.allows(origin: "https://shopxexample.com"))
        #expect(!policy.allows(origin: "https://SHOP.example.com"))
    }

    @Test func `an expression without anchors matches anywhere`() throws {
        let policy = try CORSPolicy(#"/vercel\.app$/"#)
        #expect(policy.allows(origin: "https://preview-7.vercel.app"))
        #expect(policy.allows(origin: "https://evilvercel.app"))
    }

    @Test func `slashes inside an expression belong to it`() throws {
        let policy = try CORSPolicy(#"/^http://localhost:\d+$/"#)
        #expect(policy.allows(origin: "http://localhost:7000"))
        #expect(!policy.allows(origin: "http://localhost:"))
        let escaped = try CORSPolicy(#"/^http:\/\/localhost:\d+$/"#)
        #expect(escaped.allows(origin: "http://localhost:7000"))
    }

    @Test func `flags are JavaScript's`() throws {
        #expect(try CORSPolicy("/EXAMPLE/i").allows(origin: "https://example.com"))
        #expect(try !CORSPolicy("/EXAMPLE/").allows(origin: "https://example.com"))
        #expect(try CORSPolicy("/EXAMPLE/gimsuy").allows(origin: "https://example.com"))
        // With g or y JavaScript would say yes and no by turns.
        let policy = try CORSPolicy("/example/g")
        for _ in 0..<3 { #expect(policy.allows(origin: "https://example.com")) }
    }

    @Test func `exact entries and expressions mix`() throws {
        let policy = try CORSPolicy(#"http://localhost:7000,/\.example$/,https://a.b"#)
        #expect(policy.allows(origin: "http://localhost:7000"))
        #expect(policy.allows(origin: "https://x.example"))
        #expect(policy.allows(origin: "https://a.b"))
        #expect(!policy.allows(origin: "https://a.b.c"))
    }

    @Test(arguments: [
        ("/(/", "\"/(/\" is a regular expression that has a ( without its )"),
        ("/[a/", "\"/[a/\" is a regular expression that has a [ without its ]"),
        ("/a", "\"/a\" begins like a regular expression but has no closing /"),
        ("/a{1,2}/", "\"/a{1\" begins like a regular expression but has no closing /"),
        ("//", "\"//\" is an empty regular expression"), ("/a/x", "\"/a/x\" has the flag \"x\""),
        ("/a/I", "\"/a/I\" has the flag \"I\""), ("http://ok.example,/b", "\"/b\" begins like"),
    ])
    func `what is no expression is told by name`(text: String, message: String) {
        let fault = #expect(throws: CORSPolicy.Fault.self) { try CORSPolicy(text) }
        #expect(fault?.description.hasPrefix(message) == true, "\(fault?.description ?? "")")
        #expect(fault?.description.contains("\n") == false)
    }

    @Test func `origins for expressions are bounded on both sides`() throws {
        let policy = try CORSPolicy("/^a+$/")
        #expect(policy.allows(origin: String(repeating: "a", count: 300)))
        #expect(!policy.allows(origin: String(repeating: "a", count: 301)))
        let any = try CORSPolicy("/./")
        for origin in ["http://é.example", "http://a b", "http://a\r\nX: y", "\0", "\u{7F}"] {
            #expect(!any.allows(origin: origin))
        }
    }
}
