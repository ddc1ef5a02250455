package import JSON

/// Instants as clients write them in date filters.
package enum DateText {
    /// Reads an ISO 8601 date or date-time, four digits as a year, any other number as seconds since 1970;
    /// empty text is 1970. Without an offset the time is UTC.
    ///
    /// As in JavaScript, fractions of a second count down to milliseconds, and days up to 31 count on into
    /// the next month. What lies before PostgreSQL's first instant (4713 BC) becomes that instant, which
    /// makes no difference to a comparison.
    ///
    /// - Returns: microseconds since 2000-01-01T00:00:00Z; nil for text that is none of these, or out of
    ///   JavaScript's range of 100 million days around 1970.
    /// - Source: Medusa 1.20.10, `utils/validators/date-transform.ts`; ECMA-262, section 21.4.1.32.
    package static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        let isYear = bytes.count == 4 && bytes.allSatisfy { 0x30...0x39 ~= $0 }
        if !isYear {
            let seconds = JSNumber.parse(text)
            if !seconds.isNaN { return instant(milliseconds: seconds * 1000) }
        }
        var reader = Reader(bytes)
        return reader.milliseconds().flatMap { instant(milliseconds: Double($0)) }
    }

    /// An instant in a body: what `new Date` makes of text (``JavaScriptDate``), or a number of milliseconds since 1970.
    ///
    /// - Returns: as ``parse(_:)``; nil also for what lies before PostgreSQL's first instant.
    package static func parse(_ sent: JSONValue) -> Int64? {
        let instant: Int64?
        switch sent {
        case .string(let text):
            instant = JavaScriptDate.milliseconds(text)
                .flatMap { self.instant(milliseconds: Double($0)) }
        case .number(let text):
            instant = Double(text).flatMap { self.instant(milliseconds: $0) }
        case .null, .bool, .array, .object: instant = nil
        }
        return instant == first ? nil : instant
    }

    /// 100 million days.
    private static let millisecondsMax = 8.64e15
    private static let from1970To2000: Int64 = 946_684_800_000
    /// 24 November 4714 BC, where PostgreSQL's Julian days begin.
    private static let first: Int64 = -211_813_488_000_000_000

    private static func instant(milliseconds: Double) -> Int64? {
        guard milliseconds.magnitude <= millisecondsMax else { return nil }
        return max(first, (Int64(milliseconds) - from1970To2000) * 1000)
    }

    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) {
            rest = bytes[...]
        }

        /// Milliseconds since 1970, or nil if the text is not all of a date.
        mutating func milliseconds() -> Int64? {
            guard let year = year() else { return nil }
            var date = CivilDate(year: year, month: 1, day: 1)
            if skip("-") {
                guard let month = number(2), 1...12 ~= month else { return nil }
                date.month = month
                if skip("-") {
                    guard let day = number(2), 1...31 ~= day else { return nil }
                    date.day = day
                }
            }
            var inDay: Int64 = 0
            if !rest.isEmpty {
                guard skip("T") || skip("t") || skip(" "), let time = time(), let offset = offset(),
                    rest.isEmpty
                else { return nil }
                inDay = time - offset
            }
            return date.daysSince2000 * 86_400_000 + from1970To2000 + inDay
        }

        /// Four digits, or a sign and six.
        private mutating func year() -> Int64? {
            if skip("+") { return number(6) }
            if skip("-") { return number(6).flatMap { $0 == 0 ? nil : -$0 } }
            return number(4)
        }

        /// `HH:mm`, `HH:mm:ss` or `HH:mm:ss.SSS`, in milliseconds; 24:00 is the end of the day.
        private mutating func time() -> Int64? {
            guard let hour = number(2), skip(":"), let minute = number(2), minute < 60 else {
                return nil
            }
            var milliseconds = (hour * 60 + minute) * 60_000
            if skip(":") {
                guard let second = number(2), second < 60 else { return nil }
                milliseconds += second * 1000
                if skip(".") {
                    guard let fraction = fraction() else { return nil }
                    milliseconds += fraction
                }
            }
            return milliseconds <= 86_400_000 && (hour < 24 || milliseconds == 86_400_000)
                ? milliseconds : nil
        }

        /// The first three of any number of digits.
        private mutating func fraction() -> Int64? {
            var value: Int64 = 0
            var count = 0
            while let digit = rest.first, 0x30...0x39 ~= digit {
                if count < 3 { value = value * 10 + Int64(digit - 0x30) }
                count += 1
                rest.removeFirst()
            }
            while count > 0, count < 3 {
                value *= 10
                count += 1
            }
            return count > 0 ? value : nil
        }

        /// `Z`, `+HH:mm`, `+HHmm`, `+HH` or nothing, in milliseconds.
        private mutating func offset() -> Int64? {
            if rest.isEmpty || skip("Z") || skip("z") { return 0 }
            let isWest = skip("-")
            guard isWest || skip("+"), let hours = number(2), hours < 24 else { return nil }
            var minutes: Int64 = 0
            if skip(":") || !rest.isEmpty {
                guard let number = number(2), number < 60 else { return nil }
                minutes = number
            }
            let milliseconds = (hours * 60 + minutes) * 60_000
            return isWest ? -milliseconds : milliseconds
        }

        private mutating func number(_ digits: Int) -> Int64? {
            guard rest.count >= digits else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(digits) {
                guard 0x30...0x39 ~= byte else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            rest.removeFirst(digits)
            return value
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }
    }
}
