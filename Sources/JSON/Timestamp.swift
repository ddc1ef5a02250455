/// Instants as JavaScript's `toISOString` prints them.
enum Timestamp {
    /// The longest: quotes around `+294276-12-31T23:59:59.999Z`.
    static let bytesMax = 29

    /// Writes `"YYYY-MM-DDTHH:mm:ss.SSSZ"`, quotes included, and returns the place behind it; at most
    /// ``bytesMax`` bytes.
    ///
    /// Years before 0000 and after 9999 have a sign and six digits, as in ECMAScript's expanded form;
    /// PostgreSQL's own range (4713 BC to 294276) fits. Its `infinity` and `-infinity`, the two ends of
    /// `Int64`, have no such form and become `null`.
    static func put(
        microsecondsSince2000 microseconds: Int64, at start: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var place = unsafe start
        guard microseconds != .max, microseconds != .min else {
            for byte in "null".utf8 { unsafe place = place.put(byte) }
            return unsafe place
        }
        // Floors, not truncations: an instant before 2000 belongs to the millisecond that it lies in.
        let milliseconds = floorDivision(microseconds, 1000)
        let day = floorDivision(milliseconds, 86_400_000)
        let inDay = UInt32(truncatingIfNeeded: milliseconds &- day &* 86_400_000)
        let date = CivilDate(daysSince2000: day)

        unsafe place = place.put(UInt8(ascii: "\""))
        if 0...9999 ~= date.year {
            unsafe place = DecimalDigits.put(UInt32(date.year), width: 4, at: place)
        } else {
            unsafe place = place.put(date.year < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
            unsafe place = DecimalDigits.put(UInt32(date.year.magnitude), width: 6, at: place)
        }
        unsafe place = place.put(UInt8(ascii: "-"))
        unsafe place = DecimalDigits.put(UInt32(date.month), width: 2, at: place)
        unsafe place = place.put(UInt8(ascii: "-"))
        unsafe place = DecimalDigits.put(UInt32(date.day), width: 2, at: place)
        unsafe place = place.put(UInt8(ascii: "T"))
        unsafe place = DecimalDigits.put(inDay / 3_600_000, width: 2, at: place)
        unsafe place = place.put(UInt8(ascii: ":"))
        unsafe place = DecimalDigits.put(inDay / 60_000 % 60, width: 2, at: place)
        unsafe place = place.put(UInt8(ascii: ":"))
        unsafe place = DecimalDigits.put(inDay / 1000 % 60, width: 2, at: place)
        unsafe place = place.put(UInt8(ascii: "."))
        unsafe place = DecimalDigits.put(inDay % 1000, width: 3, at: place)
        unsafe place = place.put(UInt8(ascii: "Z"))
        return unsafe place.put(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value < 0 && quotient &* divisor != value ? quotient - 1 : quotient
    }
}

/// An instant that is written again and again, as a log does: the text of the last millisecond is kept.
package struct TimestampText: Sendable {
    /// The beginning of that millisecond.
    private var last = Int64.min
    private(set) var text: [UInt8] = []

    package init() {}

    /// - Parameter microseconds: since 2000-01-01T00:00:00Z.
    package mutating func set(microsecondsSince2000 microseconds: Int64) {
        guard microseconds &- last >= 1000 || microseconds < last || text.isEmpty else { return }
        last = microseconds - microseconds % 1000
        text.removeAll(keepingCapacity: true)
        unsafe text.append(atMost: Timestamp.bytesMax) { start in
            unsafe Timestamp.put(microsecondsSince2000: microseconds, at: start) - start
        }
    }
}

/// A day of the proleptic Gregorian calendar, with a year 0 before year 1.
package struct CivilDate: Equatable, Sendable {
    package var year: Int64
    /// From 1.
    package var month: Int64
    /// From 1.
    package var day: Int64

    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counts in eras of 400 years that begin on 1 March, so that the leap day comes last.
    ///
    /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    package init(daysSince2000: Int64) {
        let days = daysSince2000 &+ 730_425  // 0000-03-01 to 2000-01-01
        let era = (days >= 0 ? days : days &- 146_096) / 146_097
        // Within an era 32 bits are enough, and divide faster.
        let dayOfEra = UInt32(truncatingIfNeeded: days &- era &* 146_097)
        let yearOfEra =
            (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let shifted = (5 &* dayOfYear &+ 2) / 153
        day = Int64(dayOfYear &- (153 &* shifted &+ 2) / 5 &+ 1)
        month = Int64(shifted < 10 ? shifted &+ 3 : shifted &- 9)
        year = Int64(yearOfEra) &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    }

    /// Days since 2000-01-01; a day beyond the month's end counts on into the next month.
    package var daysSince2000: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 730_425
    }
}
