import TestSupport
import Testing

@testable import Cohort

@Suite struct IdentifierTests {
    private struct Constant: RandomNumberGenerator {
        let value: UInt64
        func next() -> UInt64 { value }
    }

    @Test func `an id is a prefix and 26 characters of Crockford's alphabet`() {
        var random = SeededGenerator(seed: 10)
        for _ in 0..<1000 {
            let id = Identifier.make(
                "cgrp", at: WallTime(millisecondsSince1970: 1_700_000_000_000), using: &random)
            #expect(id.wholeMatch(of: /cgrp_01HF7YAT00[0-9A-HJKMNP-TV-Z]{16}/) != nil, "\(id)")
        }
    }

    @Test func `the time comes first, so that ids sort by it`() {
        var random = SeededGenerator(seed: 11)
        var previous = ""
        for milliseconds in stride(from: Int64(0), through: 2_000_000_000_000, by: 33_333_333_333) {
            let id = ULID(at: WallTime(millisecondsSince1970: milliseconds), using: &random)
                .description
            #expect(previous < id)
            previous = id
        }
    }

    // The first is the specification's example time, the others are its ends.
    @Test func `known values`() {
        var zero = Constant(value: 0)
        var ones = Constant(value: .max)
        #expect(
            ULID(at: WallTime(millisecondsSince1970: 1_469_918_176_385), using: &zero).description
                == "01ARYZ6S410000000000000000")
        #expect(
            ULID(at: WallTime(millisecondsSince1970: 0), using: &zero).description
                == "00000000000000000000000000")
        #expect(
            ULID(at: WallTime(millisecondsSince1970: 1 << 48 - 1), using: &ones).description
                == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
    }

    @Test func `times outside of 48 bits are those at the ends`() {
        var zero = Constant(value: 0)
        #expect(
            ULID(at: WallTime(millisecondsSince1970: -5), using: &zero)
                == ULID(at: WallTime(millisecondsSince1970: 0), using: &zero))
        #expect(
            ULID(at: WallTime(millisecondsSince1970: 1 << 48), using: &zero)
                == ULID(at: WallTime(millisecondsSince1970: 1 << 48 - 1), using: &zero))
    }

    @Test func `all 80 random bits are used`() {
        var union: (UInt64, UInt64) = (0, 0)
        var random = SeededGenerator(seed: 12)
        for _ in 0..<200 {
            let id = ULID(at: WallTime(millisecondsSince1970: 0), using: &random)
            union = (union.0 | id.high, union.1 | id.low)
        }
        #expect(union.0 == 0xFFFF)
        #expect(union.1 == .max)
    }

    @Test func `ids made now are all different`() {
        #expect(Set((0..<10_000).map { _ in Identifier.make("usr") }).count == 10_000)
    }

    @Test func `several made together sort in their order`() {
        let ids = Identifier.make("ma", count: 1000)
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /ma_[0-9A-HJKMNP-TV-Z]{26}/) != nil })
        #expect(Identifier.make("ma", count: 0) == [])
        var ones = Constant(value: .max)
        let full = ULID(at: WallTime(millisecondsSince1970: 5), using: &ones)
        #expect(full.description < full.successor.description)
        #expect(full.successor.low == 0)
    }
}
