import Glibc

/// A point on the wall clock, for what is compared across processes or shown to people.
///
/// Durations inside the process are measured on the monotonic clock instead. Functions that need
/// the time take one of these, so that a test decides what time it is.
package struct WallTime: Comparable, Sendable {
    package let millisecondsSince1970: Int64

    package init(millisecondsSince1970: Int64) {
        self.millisecondsSince1970 = millisecondsSince1970
    }

    package init(secondsSince1970: Int64) {
        millisecondsSince1970 = secondsSince1970 * 1000
    }

    package static func now() -> WallTime {
        var spec = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &spec)
        return WallTime(
            millisecondsSince1970: Int64(spec.tv_sec) * 1000 + Int64(spec.tv_nsec) / 1_000_000)
    }

    /// Rounded towards the past.
    package var secondsSince1970: Int64 {
        millisecondsSince1970.floorDivided(by: 1000).quotient
    }

    /// PostgreSQL counts from here.
    package var microsecondsSince2000: Int64 {
        (millisecondsSince1970 - 946_684_800_000) * 1000
    }

    package static func < (a: WallTime, b: WallTime) -> Bool {
        a.millisecondsSince1970 < b.millisecondsSince1970
    }

    /// Whole milliseconds of `duration` count.
    package static func + (time: WallTime, duration: Duration) -> WallTime {
        let (seconds, attoseconds) = duration.components
        return WallTime(
            millisecondsSince1970: time.millisecondsSince1970 + seconds * 1000
                + attoseconds / 1_000_000_000_000_000)
    }

    /// The fixed-length form for HTTP header fields: `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// The year must have four digits.
    /// - Source: RFC 9110, section 5.6.7.
    package var imfFixdate: String {
        let (days, second) = secondsSince1970.floorDivided(by: 86_400)
        let (year, month, day) = Self.civil(daysSince1970: days)
        precondition((0...9999).contains(year), "a date in a header has a year of four digits")
        // 1970-01-01 was a Thursday.
        let weekday = (days + 4).floorDivided(by: 7).remainder
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let yearText = String(String(10_000 + year).dropFirst())
        return
            "\(Self.weekdays[Int(weekday)]), \(two(day)) \(Self.months[Int(month) - 1]) \(yearText) "
            + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The proleptic Gregorian date, counted in eras of 400 years that begin on 1 March, so that
    /// the leap day is the last day of a year.
    private static func civil(
        daysSince1970: Int64
    ) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (daysSince1970 + 719_468).floorDivided(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    /// Division whose remainder is never negative; the divisor is positive.
    fileprivate func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
