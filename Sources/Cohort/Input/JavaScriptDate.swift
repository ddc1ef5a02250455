import JSON

/// Dates as `new Date(text)` reads them: ISO 8601, `Date.toString()`, mail (RFC 5322), `4/1/26, 10:00 PM`, `2026-04-01
/// 10:00:00 +0200` and much else.
///
/// The rules, odd ones included, are those of V8, which Medusa runs on: what is not all of an ISO date is numbers that are
/// part of a time or of a day by what stands behind them, names of months and zones, offsets, and words before the first
/// number, of which nothing is asked. Where there is no offset the time is UTC. Not as there: zeros in front of a fraction of
/// more than nine digits count, and offsets are refused that overflow its count of seconds.
///
/// - Source: V8 11.3, `src/date/dateparser-inl.h`.
struct JavaScriptDate {
    private var tokens: Tokens
    /// The next one.
    private var ahead: Token

    /// At most three numbers, in the order of the text.
    private var day: [Int64] = []
    private var namedMonth: Int64?
    private var isISO = false
    /// Hour, minute, second and millisecond; no more numbers are times once there are four.
    private var time: [Int64] = []
    /// Hours that am or pm adds.
    private var half: Int64?
    private var sign: Int64?
    private var zoneHour: Int64?
    private var zoneMinute: Int64?

    /// - Returns: milliseconds since 1970, not beyond some ten million years; nil for what is no date.
    static func milliseconds(_ text: String) -> Int64? {
        var date = JavaScriptDate(text)
        guard date.read(), let days = date.days(), let inDay = date.inDay() else { return nil }
        let offset = ((date.zoneHour ?? 0) * 60 + (date.zoneMinute ?? 0)) * 60
        // V8 counts these seconds in 32 bits, some of them over their end.
        guard offset <= Int32.max else { return nil }
        return days * 86_400_000 + inDay - (date.sign ?? 0) * offset * 1000
    }

    private init(_ text: String) {
        tokens = Tokens(text)
        ahead = tokens.next()
    }

    // MARK: What the parts make

    private func days() -> Int64? {
        guard !day.isEmpty else { return nil }
        let parts = day + [1, 1]
        let isYearFirst = isISO || !Self.isDay(parts[0])
        var (year, month, day) = (parts[0], parts[1], parts[2])
        if let namedMonth {
            (year, month, day) = (
                parts[isYearFirst ? 0 : 1], namedMonth, parts[isYearFirst ? 1 : 0]
            )
        } else if !isYearFirst {
            (month, day, year) = (parts[0], parts[1], parts[2])
        }
        if !isISO, 0...99 ~= year { year += year < 50 ? 2000 : 1900 }
        guard year.magnitude < 10_000_000, 1...12 ~= month, Self.isDay(day) else { return nil }
        return CivilDate(year: year, month: month, day: day).daysSince2000 + 10_957
    }

    private func inDay() -> Int64? {
        let parts = time + [0, 0, 0, 0]
        var hour = parts[0]
        if let half {
            guard 0...12 ~= hour else { return nil }
            hour = hour % 12 + half
        }
        let inDay = ((hour * 60 + parts[1]) * 60 + parts[2]) * 1000 + parts[3]
        guard 0..<24 ~= hour || hour == 24 && inDay == 86_400_000, parts[1] < 60, parts[2] < 60,
            parts[3] < 1000
        else { return nil }
        return inDay
    }

    private static func isDay(_ number: Int64) -> Bool { 1...31 ~= number }

    // MARK: Reading; what says whether it may go on

    private mutating func read() -> Bool {
        guard var token = readISO() else { return false }
        var hasNumber = !day.isEmpty
        while token != .end {
            switch token {
            case .number(let number):
                hasNumber = true
                guard read(number.value) else { return false }
            case .word(let keyword, _):
                guard read(keyword, hasNumber: hasNumber) else { return false }
            case .sign(let sign) where !time.isEmpty || (zoneHour == 0 && zoneMinute == 0):
                hasNumber = true
                guard readOffset(sign) else { return false }
            case .sign, .closing: if hasNumber { return false }
            case .colon, .point, .blank, .other, .end: break
            }
            token = take()
        }
        return true
    }

    private mutating func read(_ number: Int64) -> Bool {
        if skip(.colon) {
            if skip(.colon) {
                guard time.isEmpty else { return false }
                time = [number, 0]
            } else {
                guard time.count < 4 else { return false }
                time.append(number)
                _ = skip(.point)
            }
        } else if skip(.point), isTime(number) {
            guard case .number(let fraction) = take() else { return false }
            endTime(with: [number, fraction.thousandths])
        } else if zoneHour != nil, zoneMinute == nil, number < 60 {
            zoneMinute = number
        } else if isTime(number) {
            endTime(with: [number])
            switch ahead {
            case .end, .blank, .sign, .word(.zone(0), length: 1): break
            default: return false
            }
        } else {
            guard day.count < 3 else { return false }
            day.append(number)
            _ = skip(.sign(-1))
        }
        return true
    }

    /// Whether a number can be the next part of a time that has begun.
    private func isTime(_ number: Int64) -> Bool {
        switch time.count {
        case 1, 2: number < 60
        case 3: number < 1000
        default: false
        }
    }

    private mutating func endTime(with parts: [Int64]) {
        time += parts
        while time.count < 4 { time.append(0) }
    }

    private mutating func read(_ keyword: Keyword?, hasNumber: Bool) -> Bool {
        switch keyword {
        case .half(let hours) where !time.isEmpty: half = hours
        case .month(let month):
            namedMonth = month
            _ = skip(.sign(-1))
        case .zone(let hours) where hasNumber:
            (sign, zoneHour, zoneMinute) = (hours < 0 ? -1 : 1, abs(hours), 0)
        default:
            if case .number = ahead { return false }
            return !hasNumber
        }
        return true
    }

    /// `+h`, `+hh`, `+hmm`, `+hhmm`, or `+hh` before `:mm`, whose number comes by itself.
    private mutating func readOffset(_ sign: Int64) -> Bool {
        self.sign = sign
        var (value, digits): (Int64, Int) = (0, 0)
        if case .number(let number) = ahead {
            (value, digits) = (number.value, number.digits)
            _ = take()
        }
        switch digits {
        case _ where ahead == .colon: (zoneHour, zoneMinute) = (value, nil)
        case 1, 2: (zoneHour, zoneMinute) = (value, 0)
        case 3, 4: (zoneHour, zoneMinute) = (value / 100, value % 100)
        default: return false
        }
        return true
    }

    // MARK: ISO 8601

    /// - Returns: what to go on with where this is not all of an ISO date, `.end` where it is; nil where it can be no other
    ///   date either.
    private mutating func readISO() -> Token? {
        if case .sign(let sign) = ahead {
            _ = take()
            guard case .number(let year) = ahead, year.digits == 6 else { return .sign(sign) }
            _ = take()
            guard sign > 0 || year.value != 0 else { return .sign(sign) }
            day.append(sign * year.value)
        } else {
            guard case .number(let year) = ahead, year.digits == 4 else { return take() }
            _ = take()
            day.append(year.value)
        }
        for last: Int64 in [12, 31] where skip(.sign(-1)) {
            guard let number = twoDigits(1...last) else { return take() }
            day.append(number)
        }
        if case .word(.separator, _) = ahead {
            _ = take()
            guard readISOTime() else { return nil }
        } else if ahead != .end {
            return take()
        }
        isISO = true
        return .end
    }

    private mutating func readISOTime() -> Bool {
        guard let hour = twoDigits(0...24), skip(.colon),
            let minute = twoDigits(0...(hour == 24 ? 0 : 59))
        else { return false }
        time = [hour, minute]
        if skip(.colon) {
            guard let second = twoDigits(0...(hour == 24 ? 0 : 59)) else { return false }
            time.append(second)
            if skip(.point) {
                guard case .number(let fraction) = take(), hour < 24 || fraction.value == 0 else {
                    return false
                }
                time.append(fraction.thousandths)
            }
        }
        if case .sign(let sign) = ahead {
            self.sign = sign
            _ = take()
            if case .number(let number) = ahead, number.digits == 4 {
                _ = take()
                (zoneHour, zoneMinute) = (number.value / 100, number.value % 100)
                guard number.value < 2400, number.value % 100 < 60 else { return false }
            } else {
                guard let hour = twoDigits(0...23), skip(.colon), let minute = twoDigits(0...59)
                else { return false }
                (zoneHour, zoneMinute) = (hour, minute)
            }
        } else {
            _ = skip(.word(.zone(0), length: 1))
        }
        return ahead == .end
    }

    // MARK: Tokens

    private mutating func twoDigits(_ range: ClosedRange<Int64>) -> Int64? {
        guard case .number(let number) = ahead, number.digits == 2, range ~= number.value else {
            return nil
        }
        _ = take()
        return number.value
    }

    private mutating func take() -> Token {
        let token = ahead
        ahead = tokens.next()
        return token
    }

    private mutating func skip(_ token: Token) -> Bool {
        guard ahead == token else { return false }
        _ = take()
        return true
    }
}
