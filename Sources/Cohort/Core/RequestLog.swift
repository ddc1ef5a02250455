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
    private var lines = JSONWriter()
    private var now = TimestampText()
    /// Requests without a name get one from here. It begins anywhere, so that two instances do not use the
    /// same names, and is counted up, as asking the kernel for randomness costs as much as a read.
    private var lastID = UInt64.random(in: .min ... .max)
    private static let linesBytesMax = 65_536

    package init(_ log: Log, isEnabled: Bool) {
        self.log = log
        self.isEnabled = isEnabled
    }

    func record(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        // A fault is logged even where requests are not.
        guard isEnabled || note.cause != nil else { return }
        switch log.format {
        case .json: writeJSON(note, outcome)
        case .text: writeText(note, outcome)
        }
        if lines.bytes.count >= Self.linesBytesMax { flush() }
    }

    private func writeJSON(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        now.set(microsecondsSince2000: WallTime.now().microsecondsSince2000)
        lines.compose(atMost: 128) { text in
            text.put(#"{"time":"#)
            text.put(now)
            text.put(note.cause == nil ? #","level":"info""# : #","level":"error""#)
            text.put(#","message":"request","id":"#)
            if note.givenID == nil {
                lastID &+= 1
                text.put(hexadecimal: lastID)
            }
        }
        if let id = note.givenID { lines.string(behindColon: id) }
        if let route = note.route, route.method == note.method {
            lines.compose(atMost: route.logMembers.count) { $0.put(route.logMembers) }
        } else {
            lines.member("method", note.methodName)
            lines.member("route", note.pattern)
        }
        lines.compose(atMost: 128) { text in
            text.put(#","status":"#)
            text.put(Int64(outcome.status))
            text.put(#","duration_us":"#)
            text.put(outcome.microseconds)
            text.put(#","bytes":"#)
            text.put(Int64(outcome.bodyBytes))
        }
        if !outcome.isComplete { lines.member("complete", false) }
        if let cause = note.cause { lines.member("cause", Log.plain(cause)) }
        lines.endObject()
        lines.endLine()
    }

    private func writeText(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        let cause = note.cause.map { " cause=\(Log.printable($0))" } ?? ""
        let line = Array(
            "\(note.methodName) \(note.pattern) \(outcome.status) \(outcome.microseconds) us\(cause)"
                .utf8)
        lines.compose(atMost: line.count) { $0.put(line) }
        lines.endLine()
    }

    package func tick(_ now: MonotonicTime) {
        flush()
    }

    package func flush() {
        guard !lines.bytes.isEmpty else { return }
        log.write(lines.take(reserving: lines.bytes.count))
    }
}
