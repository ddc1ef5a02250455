import JSON

/// Dates as people and programs write them that do not write ISO 8601: `Date.toString()` and `Date.toUTCString()` of
/// JavaScript, mail (RFC 5322), `April 1, 2026`, `4/1/2026`, `2026/4/1`.
///
/// Much of what V8 reads beside ISO 8601, and, where the parts stand in an odd order, some that it does not. Years have four
/// digits and are 100 or later, as V8 takes smaller ones for others. Without an offset the time is UTC.
struct WrittenDate {
    private var rest: ArraySlice<UInt8>
    private var year: Int64?
    private var month: Int64?
    private var day: Int64?
    private var time: Int64?
    private var offset: Int64?
    private var hasHalf = false
    private var hasDigits = false

    /// - Returns: milliseconds since 1970; nil for what is no such date.
    static func milliseconds(_ text: String) -> Int64? {
        var date = WrittenDate(rest: Array(text.utf8)[...])
        return date.read()
    }

    private init(rest: ArraySlice<UInt8>) {
        self.rest = rest
    }

    private mutating func read() -> Int64? {
        while let byte = rest.first {
            let isRead =
                switch byte {
                case UInt8(ascii: " "), UInt8(ascii: ","): skip()
                case UInt8(ascii: "("): skipComment()
                case UInt8(ascii: "+"), UInt8(ascii: "-"): readOffset()
                case 0x30...0x39: readNumber()
                default: readWord()
                }
            guard isRead else { return nil }
        }
        guard let year, year >= 100, let month, let day else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince2000
        return (days + 10_957) * 86_400_000 + (time ?? 0) - (offset ?? 0)
    }

    // MARK: Pieces; each says whether it was read

    private mutating func skip() -> Bool {
        rest.removeFirst()
        return true
    }

    private mutating func skipComment() -> Bool {
        var depth = 0
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { return true }
        }
        return false
    }

    /// A month, a half of the day, a zone, or before the first number anything, such as the day of the week.
    private mutating func readWord() -> Bool {
        let letters = rest.prefix { 0x61...0x7A ~= $0 | 0x20 }
        guard !letters.isEmpty else { return false }
        rest = rest[letters.endIndex...]
        let word = String(decoding: letters.map { $0 | 0x20 }, as: UTF8.self)
        if let index = Self.months.firstIndex(where: word.hasPrefix) {
            guard month == nil else { return false }
            month = Int64(index) + 1
            return true
        }
        if ["am", "pm"].contains(word) {
            guard let hours = time.map({ $0 / 3_600_000 }), !hasHalf, 1...12 ~= hours else {
                return false
            }
            hasHalf = true
            time = (time ?? 0) - (hours == 12 ? 43_200_000 : 0) + (word == "pm" ? 43_200_000 : 0)
            return true
        }
        if ["gmt", "utc", "ut", "z"].contains(word) {
            guard hasDigits, offset == nil else { return false }
            offset = 0
            return true
        }
        return !hasDigits
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    private mutating func readNumber() -> Bool {
        hasDigits = true
        guard let (number, digits) = number() else { return false }
        switch rest.first {
        case UInt8(ascii: ":"): return readTime(hour: number)
        case UInt8(ascii: "/"): return readSlashed(number, digits)
        default: break
        }
        if digits == 4 {
            guard year == nil else { return false }
            year = number
        } else {
            guard day == nil, digits <= 2, 1...31 ~= number else { return false }
            day = number
        }
        return true
    }

    /// `:mm` or `:mm:ss`.
    private mutating func readTime(hour: Int64) -> Bool {
        rest.removeFirst()
        guard time == nil, hour < 24, let (minute, _) = number(), minute < 60 else { return false }
        var second: Int64 = 0
        if rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            guard let (number, _) = number(), number < 60 else { return false }
            second = number
        }
        time = ((hour * 60 + minute) * 60 + second) * 1000
        return true
    }

    /// `month/day/year` or `year/month/day`.
    private mutating func readSlashed(_ first: Int64, _ digits: Int) -> Bool {
        rest.removeFirst()
        guard year == nil, month == nil, day == nil, let (second, _) = number(),
            rest.popFirst() == UInt8(ascii: "/"), let (third, lastDigits) = number()
        else { return false }
        let isYearFirst = digits == 4
        guard isYearFirst ? lastDigits <= 2 : digits <= 2 && lastDigits == 4 else { return false }
        (year, month, day) = isYearFirst ? (first, second, third) : (third, first, second)
        return 1...12 ~= month ?? 0 && 1...31 ~= day ?? 0
    }

    /// `+hhmm` or `+hh:mm`, behind the time or a zone's name.
    private mutating func readOffset() -> Bool {
        let sign: Int64 = rest.removeFirst() == UInt8(ascii: "-") ? -1 : 1
        guard time != nil, offset ?? 0 == 0, let (number, digits) = number() else { return false }
        var hours = number
        var minutes: Int64 = 0
        if digits == 4 {
            (hours, minutes) = (hours / 100, hours % 100)
        } else {
            guard digits == 2, rest.popFirst() == UInt8(ascii: ":"), let (number, _) = self.number()
            else { return false }
            minutes = number
        }
        guard hours < 24, minutes < 60 else { return false }
        offset = sign * (hours * 60 + minutes) * 60_000
        return true
    }

    /// At most four digits, and how many.
    private mutating func number() -> (Int64, digits: Int)? {
        let digits = rest.prefix { 0x30...0x39 ~= $0 }
        guard 1...4 ~= digits.count else { return nil }
        rest = rest[digits.endIndex...]
        return (digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }, digits.count)
    }
}
