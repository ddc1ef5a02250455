package import EventLoop
import HTTP
import JSON

/// One line for each request of a loop: the route that matched, never the raw path; no credential, e-mail
/// address or body.
///
/// Lines are collected and handed on ten times a second, so logging costs no system call per request.
/// Confined to the loop (hence the unchecked conformance).
package final class RequestLog: Ticker, @unchecked Sendable {
    private let log: Log
    private let isEnabled: Bool
    private var lines: [UInt8] = []
    /// Kept from line to line for its memory.
    private var line = JSONWriter(capacity: 512)
    private static let linesBytesMax = 65_536

    package init(_ log: Log, isEnabled: Bool) {
        self.log = log
        self.isEnabled = isEnabled
    }

    func record(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        // A fault is logged even where requests are not.
        guard isEnabled || note.cause != nil else { return }
        let microseconds = outcome.duration.nanoseconds / 1000
        switch log.format {
        case .json:
            line.object { json in
                json.key("time")
                json.timestamp(microsecondsSince2000: WallTime.now().microsecondsSince2000)
                json.member("level", literal: note.cause == nil ? "info" : "error")
                json.member("message", literal: "request")
                json.member("id", note.id)
                json.member("method", note.methodName)
                json.member("route", note.route)
                json.member("status", outcome.status)
                json.member("duration_us", microseconds)
                json.member("bytes", outcome.bodyBytes)
                if !outcome.isComplete { json.member("complete", false) }
                if let cause = note.cause { json.member("cause", cause) }
            }
            lines += line.bytes
            line.removeAll()
        case .text:
            lines += Array(
                "\(note.methodName) \(note.route) \(outcome.status) \(microseconds) us".utf8)
            if let cause = note.cause { lines += Array(" cause=\(Log.printable(cause))".utf8) }
        }
        lines.append(UInt8(ascii: "\n"))
        if lines.count >= Self.linesBytesMax { flush() }
    }

    package func tick(_ now: MonotonicTime) {
        flush()
    }

    package func flush() {
        guard !lines.isEmpty else { return }
        log.write(lines)
        lines.removeAll(keepingCapacity: true)
    }
}
