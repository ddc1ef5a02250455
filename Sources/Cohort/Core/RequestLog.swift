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
        lines.beginObject()
        now.set(microsecondsSince2000: WallTime.now().microsecondsSince2000)
        lines.key("time")
        lines.timestamp(now)
        lines.members(
            literal: note.cause == nil
                ? #""level":"info","message":"request""# : #""level":"error","message":"request""#)
        lines.key("id")
        if let id = note.givenID {
            lines.string(id)
        } else {
            lastID &+= 1
            lines.string(hexadecimal: lastID)
        }
        if let route = note.route, route.method == note.method {
            lines.members(route.logMembers)
        } else {
            lines.member("method", note.methodName)
            lines.member("route", note.route?.pattern ?? "-")
        }
        lines.member("status", outcome.status)
        lines.member("duration_us", outcome.microseconds)
        lines.member("bytes", outcome.bodyBytes)
        if !outcome.isComplete { lines.member("complete", false) }
        if let cause = note.cause { lines.member("cause", cause) }
        lines.endObject()
        lines.endLine()
    }

    private func writeText(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        let route = note.route?.pattern ?? "-"
        let cause = note.cause.map { " cause=\(Log.printable($0))" } ?? ""
        lines.members(
            Array(
                "\(note.methodName) \(route) \(outcome.status) \(outcome.microseconds) us\(cause)"
                    .utf8))
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
