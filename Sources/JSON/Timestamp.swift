/// Instants as JavaScript's `toISOString` prints them.
enum Timestamp {
    /// Appends `"YYYY-MM-DDTHH:mm:ss.SSSZ"`, quotes included.
    ///
    /// Years before 0000 and after 9999 have a sign and six digits, as in ECMAScript's expanded form;
    /// PostgreSQL's own range (4713 BC to 294276) fits. Its `infinity` and `-infinity`, the two ends of
    /// `Int64`, have no such form and become `null`.
    static func append(microsecondsSince2000 microseconds: Int64, to bytes: inout [UInt8]) {
        guard microseconds != .max, microseconds != .min else {
            bytes.append(contentsOf: [0x6e, 0x75, 0x6c, 0x6c])
            return
        }
        // Floors, not truncations: an instant before 2000 belongs to the millisecond that it lies in.
        let milliseconds = floorDivision(microseconds, 1000)
        let day = floorDivision(milliseconds, 86_400_000)
        let inDay = UInt32(truncatingIfNeeded: milliseconds - day * 86_400_000)
        let date = CivilDate(daysSince2000: day)

        var text = InlineArray<29, UInt8>(repeating: 0x22)
        var end = 1
        if 0...9999 ~= date.year {
            put(UInt32(date.year), 4, &text, &end)
        } else {
            text[end] = date.year < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
            end += 1
            put(UInt32(date.year.magnitude), 6, &text, &end)
        }
        put(UInt8(ascii: "-"), UInt32(date.month), 2, &text, &end)
        put(UInt8(ascii: "-"), UInt32(date.day), 2, &text, &end)
        put(UInt8(ascii: "T"), inDay / 3_600_000, 2, &text, &end)
        put(UInt8(ascii: ":"), inDay / 60_000 % 60, 2, &text, &end)
        put(UInt8(ascii: ":"), inDay / 1000 % 60, 2, &text, &end)
        put(UInt8(ascii: "."), inDay % 1000, 3, &text, &end)
        text[end] = UInt8(ascii: "Z")
        end += 2
        let written = text.span.extracting(0..<end)
        unsafe written.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    @inline(__always)
    private static func put(
        _ number: UInt32, _ width: Int, _ text: inout InlineArray<29, UInt8>, _ end: inout Int
    ) {
        var rest = number
        var index = end + width
        while index > end {
            index -= 1
            text[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        end += width
    }

    @inline(__always)
    private static func put(
        _ separator: UInt8, _ number: UInt32, _ width: Int,
        _ text: inout InlineArray<29, UInt8>, _ end: inout Int
    ) {
        text[end] = separator
        end += 1
        put(number, width, &text, &end)
    }

    @inline(__always)
    private static func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value < 0 && quotient * divisor != value ? quotient - 1 : quotient
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
        let days = daysSince2000 + 730_425  // 0000-03-01 to 2000-01-01
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
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
