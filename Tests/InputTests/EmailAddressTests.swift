import Cohort
import TestSupport
import Testing

struct EmailAddressTests {
    @Test(arguments: [
        "a@b.co", "ada@example.com", "Ada.Byron+tag@Example.COM", "日本@ex.com", "x@日本.日本", "é@ü.de",
        "!#$%&'*+-/=?^_`{|}~@x.io", "a@b-c.d-e.co", "a@1.co", "1@2.3.xn--p1ai",
        "a@x.xn--80ak6aa92e", "a@b.co.uk",
        #""quoted local"@x.co"#, #""a@b"@x.co"#, #""a\"b"@x.co"#, #"""@x.co"#, "a@x.xnab", "a@x.xn",
        "a@😀.co", "\u{a0}@x.co",
    ])
    func `addresses are accepted`(text: String) {
        #expect(EmailAddress.isValid(text))
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b.co", "a@b", "nope", " a@b.co", "a@b.co ", "a b@c.co", "a@b c.co",
        "a..b@c.co",
        ".a@b.co", "a.@b.co", "a@.co", "a@b.", "a@b..co", "a@-b.co", "a@b-.co", "a@b_c.co", "a@b.c",
        "a@b.1",
        "a@b.12", "a@b.c1", "a@b.co1", "a@b.c-d", "a@b.xn1", "a@b@c.co", "a@ｂ.co", "a@b.ｃｏ",
        "a(b)@c.co", "a,b@c.co",
        "a:b@c.co", "a;b@c.co", "<a@b.co>", "Ada <a@b.co>", "[a]@b.co", #"a\b@c.co"#, #"a"b@c.co"#,
        #""a@x.co"#, #"""b@x.co"#, #""a"b"@x.co"#, #""a\"@x.co"#, "\"a\\\nb\"@x.co", "\"@x.co",
        "a@[127.0.0.1]", "a@127.0.0.1", "😀@x.co", "a\u{0}@x.co", "\u{80}@x.co", "a@b.co\n",
        "a\n@b.co", "a@\u{a0}b.co",
        "a@b.\u{a9}\u{a9}", "a@b.\u{3000}\u{3000}",
    ])
    func `what is no address is refused`(text: String) {
        #expect(!EmailAddress.isValid(text))
    }

    @Test func `the local part has at most 64 bytes`() {
        let local = String(repeating: "l", count: 64)
        #expect(EmailAddress.isValid("\(local)@x.co"))
        #expect(!EmailAddress.isValid("\(local)l@x.co"))
        let foreign = String(repeating: "é", count: 32)
        #expect(EmailAddress.isValid("\(foreign)@x.co"))
        #expect(!EmailAddress.isValid("\(foreign)e@x.co"))
    }

    @Test func `a label has at most 63 characters`() {
        let label = String(repeating: "d", count: 63)
        #expect(EmailAddress.isValid("a@\(label).co"))
        #expect(!EmailAddress.isValid("a@\(label)d.co"))
        #expect(EmailAddress.isValid("a@b.\(label)"))
        #expect(!EmailAddress.isValid("a@b.\(label)d"))
    }

    @Test func `an address has at most 254 characters`() {
        let label = String(repeating: "d", count: 49)
        let domain = Array(repeating: label, count: 5).joined(separator: ".")  // 249
        #expect(EmailAddress.isValid("a@\(domain).co"))
        #expect(!EmailAddress.isValid("ab@\(domain).co"))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `any text gets an answer, and what is accepted has an address's parts`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let tokens = [
            "a", "@", ".", "\"", "\\", "-", "co", "xn--", "1", "é", "😀", " ", "\u{0}", "\u{301}",
        ]
        for _ in 0..<200 {
            let count = Int.random(in: 0..<12, using: &random)
            let text = (0..<count).map { _ in tokens.randomElement(using: &random) ?? "" }.joined()
            guard EmailAddress.isValid(text) else { continue }
            #expect(text.utf8.contains(UInt8(ascii: "@")), "seed \(seed): \(text)")
            #expect(!text.utf8.contains(0), "seed \(seed): \(text)")
        }
    }

    /// What node 20 makes of them.
    @Test(arguments: [
        ("Ana@Example.COM", "ana@example.com"), ("ΑΣ@ex.com", "ας@ex.com"),
        ("ΑΣΑ@ex.com", "ασα@ex.com"),
        ("Σ@ex.com", "σ@ex.com"), ("ΣΣ@ex.com", "σς@ex.com"), ("Α.Σ@ex.com", "α.ς@ex.com"),
        ("ΑΣ.Α@ex.com", "ασ.α@ex.com"), ("1Σ@ex.com", "1σ@ex.com"), ("ΑΣ1@ex.com", "ας1@ex.com"),
        ("ΑΣ\u{301}@ex.com", "ας\u{301}@ex.com"), ("İ@ex.com", "i\u{307}@ex.com"),
        ("ẞ@ex.com", "ß@ex.com"),
    ])
    func `lower case is JavaScript's`(text: String, expected: String) {
        #expect(EmailAddress.lowercased(text).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    /// Whoever sends a token may have any text made lower case. Looking through all full stops for each sigma would take
    /// minutes.
    @Test(.timeLimit(.minutes(1)))
    func `lower case takes time in proportion to the text`() {
        for text in ["Σ.", "ΑΣ", "Σ"] {
            let long =
                String(repeating: text, count: 100_000) + String(repeating: ".", count: 100_000)
            #expect(EmailAddress.lowercased(long).unicodeScalars.count == long.unicodeScalars.count)
        }
    }

    @Test func `a long text is refused`() {
        #expect(!EmailAddress.isValid(String(repeating: "a@", count: 50_000)))
    }
}
