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
    /// Changed by ``adopt(_:)``.
    private var settings: Configuration.Log
    private var lines = JSONWriter()
    private var now = TimestampText()
    private static let linesBytesMax = 65_536

    package init(_ log: Log, _ settings: Configuration.Log) {
        self.log = log
        self.settings = settings
    }

    /// Lines from now on are written so.
    package func adopt(_ settings: Configuration.Log) {
        self.settings = settings
    }

    func record(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        // A fault is logged even where requests are not.
        guard settings.requests && settings.level <= .info || note.cause != nil else { return }
        switch settings.format {
        case .json: writeJSON(note, outcome)
        case .text: writeText(note, outcome)
        }
        if lines.bytes.count >= Self.linesBytesMax { flush() }
    }

    /// One that no route was looked for. Who sends such is worth knowing, so its line has the source.
    func record(_ note: RequestNote, _ refusal: RequestRefusal, source: String) {
        note.refusal = .init(reason: refusal.message, source: source)
        record(
            note,
            ExchangeOutcome(
                status: refusal.status, bodyBytes: 0, startedAt: note.begunAt,
                endedAt: note.begunAt, isComplete: true))
    }

    private func writeJSON(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        now.set(microsecondsSince2000: WallTime.now().microsecondsSince2000)
        lines.compose(atMost: 128) { text in
            text.put(#"{"time":"#)
            text.put(now)
            text.put(note.cause == nil ? #","level":"info""# : #","level":"error""#)
            text.put(#","message":"request","id":"#)
            if note.givenID == nil { text.put(hexadecimal: note.number) }
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
        if let parent = note.traceParent {
            lines.member("trace_id", parent.traceID)
            lines.compose(atMost: 64) { text in
                text.put(#","span_id":"#)
                text.put(hexadecimal: note.number)
            }
            lines.member("parent_span_id", parent.spanID)
        }
        if let reason = note.reason { lines.member("reason", Log.plain(reason)) }
        if let refusal = note.refusal { lines.member("source", refusal.source) }
        if !outcome.isComplete { lines.member("complete", false) }
        if let cause = note.cause { lines.member("cause", Log.plain(cause)) }
        lines.endObject()
        lines.endLine()
    }

    private func writeText(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        let cause = note.cause.map { " cause=\(Log.printable($0))" } ?? ""
        let reason = note.reason.map { " reason=\(Log.printable($0))" } ?? ""
        let source = note.refusal.map { " source=\($0.source)" } ?? ""
        let line = Array(
            "\(note.methodName) \(note.pattern) \(outcome.status) \(outcome.microseconds) us\(reason)\(source)\(cause)"
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
