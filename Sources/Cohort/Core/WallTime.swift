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
        (millisecondsSince1970 - (millisecondsSince1970 % 1000 + 1000) % 1000) / 1000
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
}
