import Testing

@testable import HTTP

@Suite struct EntityTagTests {
    @Test func `equal bodies have equal tags, and one changed byte changes it`() {
        let body = Array("{\"customer_group\":{\"id\":\"cgrp_1\",\"name\":\"VIP\"}}".utf8)
        let tag = EntityTag(weakOf: body)
        #expect(tag == EntityTag(weakOf: body))
        #expect(tag.text.hasPrefix("W/\"\(String(body.count, radix: 16))-"))
        for index in body.indices {
            var other = body
            other[index] ^= 1
            #expect(EntityTag(weakOf: other) != tag, "byte \(index)")
        }
    }

    @Test func `a strong tag says no W, and matches as others do`() {
        let tag = EntityTag(strongOf: Array("OK".utf8))
        #expect("W/" + tag.text == EntityTag(weakOf: Array("OK".utf8)).text)
        #expect(tag != EntityTag(weakOf: Array("OK".utf8)))
        for field in [tag.text, "W/\(tag.text)", "\"x\",\(tag.text)", "*"] {
            #expect(tag.matches(field), "\(field)")
        }
        #expect(!tag.matches("\"x\""))
        #expect(!tag.matches(String(tag.text.dropFirst())))
    }

    @Test func `bodies that are only longer by zero bytes have other tags`() {
        let tags = (0..<70).map { EntityTag(weakOf: [UInt8](repeating: 0, count: $0)).text }
        #expect(Set(tags).count == tags.count)
    }

    /// `TAG` stands for the tag without `W/`.
    @Test(arguments: [
        ("W/TAG", true), ("TAG", true), ("*", true), ("\"x\", W/TAG", true), (" W/TAG ", true),
        ("\"2-0\"", false), ("2-0", false), ("", false), (",,", false),
    ])
    func `If-None-Match is compared weakly`(field: String, isMatch: Bool) {
        let tag = EntityTag(weakOf: Array("OK".utf8))
        let field = field.split(separator: "TAG", omittingEmptySubsequences: false)
            .map { String($0) }.joined(separator: String(tag.text.dropFirst(2)))
        #expect(tag.matches(field) == isMatch)
    }

    @Test func `without the field nothing matches`() {
        #expect(!EntityTag(weakOf: [1]).matches(nil))
    }
}
