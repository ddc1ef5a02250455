import Glibc

/// Writes answer heads into one buffer that every answer of a server uses.
struct AnswerComposer {
    var bytes: [UInt8] = []
    /// `Date: …` with its line end; renewed by the server's tick.
    private var dateLine: [UInt8] = []
    private var second = Int64.min

    /// Between answers a buffer larger than this is given back.
    private static let keptBytesMax = 65_536

    init() {
        bytes.reserveCapacity(16_384)
        renewDate()
    }

    /// The bytes before and behind the line that says the date.
    static func halves(of response: borrowing Response, body: [UInt8]) -> ([UInt8], [UInt8]) {
        var composer = AnswerComposer()
        composer.dateLine = []
        composer.fields(response)
        let before = composer.bytes
        composer.bytes = []
        composer.length(response, body.count)
        composer.end(keepsAlive: true, isHTTP10: false)
        return (before, composer.bytes + body)
    }

    /// The whole of a prepared answer.
    mutating func compose(_ answer: PreparedAnswer) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: answer.beforeDate)
        bytes.append(contentsOf: dateLine)
        bytes.append(contentsOf: answer.afterDate)
    }

    /// Begins an answer's head.
    ///
    /// - Parameter length: of the body; nil when it isn't known.
    mutating func begin(_ response: borrowing Response, length: Int?) {
        if bytes.capacity > Self.keptBytesMax { bytes = [] }
        bytes.removeAll(keepingCapacity: true)
        fields(response)
        bytes.append(contentsOf: dateLine)
        if let length { self.length(response, length) }
    }

    private mutating func fields(_ response: borrowing Response) {
        statusLine(response.status)
        if let type = response.contentType {
            bytes.append("Content-Type: ")
            bytes.append(type)
            bytes.append("\r\n")
        }
        for field in response.headers {
            bytes.append(field.name)
            bytes.append(": ")
            append(value: field.value)
            bytes.append("\r\n")
        }
        if let tag = response.tag {
            bytes.append("ETag: ")
            tag.append(to: &bytes)
            bytes.append("\r\n")
        }
        if response.requestNumber != 0 {
            bytes.append("X-Request-Id: ")
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: response.requestNumber >> shift & 15)
                bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
            bytes.append("\r\n")
        }
        bytes.append(response.literalFields)
    }

    private mutating func length(_ response: borrowing Response, _ length: Int) {
        // RFC 9110, section 8.6: none in 1xx and 204; in 304 it would be the length of what isn't sent.
        guard response.status >= 200, response.status != 204, response.status != 304,
            !response.headers.contains(where: { $0.name.isContentLength })
        else { return }
        bytes.append("Content-Length: ")
        bytes.append(decimal: length)
        bytes.append("\r\n")
    }

    mutating func end(keepsAlive: Bool, isHTTP10: Bool) {
        if !keepsAlive {
            bytes.append("Connection: close\r\n")
        } else if isHTTP10 {
            bytes.append("Connection: keep-alive\r\n")
        }
        bytes.append("\r\n")
    }

    /// Control characters become blanks: nothing in a value can end its line.
    ///
    /// - Source: RFC 9110, section 5.5.
    private mutating func append(value: String) {
        let start = bytes.count
        bytes.append(contentsOf: value.utf8)
        for index in start..<bytes.count {
            let byte = bytes[index]
            if byte < 0x20 && byte != ASCII.tab || byte == 0x7F { bytes[index] = ASCII.space }
        }
    }

    private mutating func statusLine(_ status: Int) {
        switch status {
        case 200: bytes.append("HTTP/1.1 200 OK\r\n")
        case 204: bytes.append("HTTP/1.1 204 No Content\r\n")
        case 304: bytes.append("HTTP/1.1 304 Not Modified\r\n")
        case 404: bytes.append("HTTP/1.1 404 Not Found\r\n")
        default:
            bytes.append("HTTP/1.1 ")
            bytes.append(decimal: status)
            bytes.append(" ")
            bytes.append(Response.reason(status))
            bytes.append("\r\n")
        }
    }

    /// Takes the wall clock's second into the `Date` line.
    mutating func renewDate() {
        let now = Int64(time(nil))
        guard now != second else { return }
        second = now
        dateLine.removeAll(keepingCapacity: true)
        dateLine.append("Date: ")
        dateLine.append(httpDate: now)
        dateLine.append("\r\n")
    }
}

extension Response {
    /// What HTTP calls a status.
    ///
    /// - Source: RFC 9110, section 15; RFC 6585.
    package static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 412: "Precondition Failed"
        case 413: "Payload Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Entity"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

extension StaticString {
    fileprivate var isContentLength: Bool {
        guard utf8CodeUnitCount == 14 else { return false }
        let name: StaticString = "content-length"
        return unsafe bytes.elementsEqual(name.bytes) {
            ASCII.lowercased($0) == $1
        }
    }
}

extension [UInt8] {
    /// Appends a time as `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// - Parameter seconds: since 1970.
    /// - Source: RFC 9110, section 5.6.7.
    package mutating func append(httpDate seconds: Int64) {
        var (seconds, date) = unsafe (time_t(seconds), tm())
        unsafe gmtime_r(&seconds, &date)
        let (weekday, month) = unsafe (Int(date.tm_wday), Int(date.tm_mon))
        let weekdays = "SunMonTueWedThuFriSat".utf8.span
        let months = "JanFebMarAprMayJunJulAugSepOctNovDec".utf8.span
        append(weekdays.extracting((weekday * 3)..<(weekday * 3 + 3)))
        append(", ")
        unsafe append(padded: date.tm_mday, 2)
        append(0x20)
        append(months.extracting((month * 3)..<(month * 3 + 3)))
        append(0x20)
        unsafe append(padded: date.tm_year + 1900, 4)
        append(0x20)
        unsafe append(padded: date.tm_hour, 2)
        append(0x3A)
        unsafe append(padded: date.tm_min, 2)
        append(0x3A)
        unsafe append(padded: date.tm_sec, 2)
        append(" GMT")
    }

    private mutating func append(padded value: Int32, _ width: Int) {
        var divisor: Int32 = width == 4 ? 1_000 : 10
        while divisor > 0 {
            append(ASCII.zero + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}

extension String {
    /// As ``Swift/Array/append(httpDate:)``.
    package init(httpDate seconds: Int64) {
        var bytes: [UInt8] = []
        bytes.append(httpDate: seconds)
        self.init(decoding: bytes, as: UTF8.self)
    }
}
