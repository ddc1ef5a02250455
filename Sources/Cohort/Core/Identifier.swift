/// Ids as Medusa makes them: a prefix, `_`, and a ULID.
///
/// - Source: Medusa 1.20.10, `utils/generate-entity-id.ts`.
package enum Identifier {
    /// - Parameter prefix: `cgrp` for a customer group, `cus`, `usr`, `addr`.
    package static func make(
        _ prefix: StaticString, at time: WallTime, using random: inout some RandomNumberGenerator
    ) -> String {
        "\(prefix)_\(ULID(at: time, using: &random))"
    }

    /// As ``make(_:at:using:)``, now and from the system's generator.
    package static func make(_ prefix: StaticString) -> String {
        var random = SystemRandomNumberGenerator()
        return make(prefix, at: .now(), using: &random)
    }

    /// Several whose text sorts in the order of the array.
    package static func make(_ prefix: StaticString, count: Int) -> [String] {
        var random = SystemRandomNumberGenerator()
        var ulid = ULID(at: .now(), using: &random)
        return (0..<count).map { _ in
            ulid = ulid.successor
            return "\(prefix)_\(ulid)"
        }
    }
}

/// 48 bits of time in milliseconds and 80 random bits, written so that text sorts by time.
///
/// Two made in the same millisecond are in no particular order.
package struct ULID: CustomStringConvertible, Equatable, Sendable {
    package let high: UInt64
    package let low: UInt64

    /// - Parameter time: before 1970 counts as 1970; after the year 10889 as that.
    package init(at time: WallTime, using random: inout some RandomNumberGenerator) {
        let milliseconds = min(UInt64(max(time.millisecondsSince1970, 0)), 1 << 48 - 1)
        high = milliseconds << 16 | random.next() >> 48
        low = random.next()
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The one that sorts next.
    ///
    /// - Source: the ULID specification, "Monotonicity".
    package var successor: ULID {
        let (sum, overflow) = low.addingReportingOverflow(1)
        return ULID(high: overflow ? high &+ 1 : high, low: sum)
    }

    /// 26 characters of Crockford's base 32, upper case.
    package var description: String {
        // 128 bits in digits of five from the right; the leftmost digit holds only three.
        unsafe String(unsafeUninitializedCapacity: 26) { text in
            var (high, low) = (high, low)
            for index in (0..<26).reversed() {
                unsafe text[index] = Self.digits[Int(low & 31)]
                low = low >> 5 | high << 59
                high >>= 5
            }
            return 26
        }
    }

    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}
