import Testing

@testable import Cohort

@Suite struct EntityTagTests {
    @Test func `equal bodies have equal tags, and one changed byte changes it`() {
        let body = Array("{\"customer_group\":{\"id\":\"cgrp_1\",\"name\":\"VIP\"}}".utf8)
        let tag = EntityTag.weak(of: body)
        #expect(tag == EntityTag.weak(of: body))
        #expect(tag.hasPrefix("W/\"\(String(body.count, radix: 16))-"))
        for index in body.indices {
            var other = body
            other[index] ^= 1
            #expect(EntityTag.weak(of: other) != tag, "byte \(index)")
        }
    }

    @Test func `bodies that are only longer by zero bytes have other tags`() {
        let tags = (0..<70).map { EntityTag.weak(of: [UInt8](repeating: 0, count: $0)) }
        #expect(Set(tags).count == tags.count)
    }

    @Test(arguments: [
        ("W/\"a-1\"", true), ("\"a-1\"", true), ("*", true), ("\"x\", W/\"a-1\"", true),
        (" W/\"a-1\" ", true), ("\"a-2\"", false), ("a-1", false), ("", false), (",,", false),
    ])
    func `If-None-Match is compared weakly`(field: String, isMatch: Bool) {
        #expect(EntityTag.matches(field, "W/\"a-1\"") == isMatch)
    }

    @Test func `without the field nothing matches`() {
        #expect(!EntityTag.matches(nil, "W/\"a-1\""))
    }
}
