import Dispatch
import Glibc
import JSON
import Synchronization

/// Writes log lines to standard output, from any thread, without ever making a loop wait for whoever reads them.
///
/// Lines are handed to a queue of its own; when more than ``unwrittenBytesMax`` wait there, further ones are
/// dropped, which is said once there is room, and counted for the metrics.
package final class Log: Sendable {
    private let settings: Mutex<Configuration.Log>
    private let queue = DispatchQueue(label: "cohort.log")
    private let backlog = Mutex(Backlog())
    private let descriptor: Int32

    private struct Backlog {
        var bytes = 0
        /// Lines, since the start.
        var dropped = 0
        /// How many there were at the last notice.
        var told = 0
        /// The last line that was begun has no end.
        var isCut = false
    }

    /// A reader that stops reading costs this much memory.
    private static let unwrittenBytesMax = 4 << 20

    package init(_ configuration: Configuration.Log, descriptor: Int32 = 1) {
        settings = Mutex(configuration)
        self.descriptor = descriptor
    }

    /// Less urgent lines are not written.
    package var level: Configuration.Log.Level { settings.withLock { $0.level } }

    /// Lines from now on are written so.
    package func adopt(_ configuration: Configuration.Log) {
        settings.withLock { $0 = configuration }
    }

    /// Lines that nobody read in time, or that could not be written, since the start.
    package var droppedLines: Int { backlog.withLock { $0.dropped } }

    /// A value of a line.
    package enum Value: Sendable {
        case text(String)
        case number(Int)
    }

    package func event(
        _ level: Configuration.Log.Level, _ message: StaticString,
        _ values: [(StaticString, String)] = []
    ) {
        event(level, message, values: values.map { ($0, .text($1)) })
    }

    /// Logs an event. Values are escaped; they must not hold credentials, e-mail addresses or bodies.
    package func event(
        _ level: Configuration.Log.Level, _ message: StaticString,
        values: [(StaticString, Value)]
    ) {
        if let line = line(level, message, values) { write(line) }
    }

    /// - Returns: nil where such are not written.
    private func line(
        _ level: Configuration.Log.Level, _ message: StaticString,
        _ values: [(StaticString, Value)]
    ) -> [UInt8]? {
        let settings = settings.withLock { $0 }
        guard level >= settings.level else { return nil }
        var line: [UInt8]
        switch settings.format {
        case .json:
            var json = JSONWriter(capacity: 256)
            json.object { json in
                json.key("time")
                json.timestamp(microsecondsSince2000: WallTime.now().microsecondsSince2000)
                json.member("level", level.rawValue)
                json.member("message", literal: message)
                for (name, value) in values {
                    switch value {
                    case .text(let text): json.member(name, Self.plain(text))
                    case .number(let number): json.member(name, number)
                    }
                }
            }
            line = json.take()
        case .text:
            let details = values.map { name, value in
                switch value {
                case .text(let text): " \(name)=\(Self.printable(text))"
                case .number(let number): " \(name)=\(number)"
                }
            }.joined()
            line = Array("\(level.rawValue): \(message)\(details)".utf8)
        }
        line.append(Self.lineFeed)
        return line
    }

    /// Text that cannot forge a line or move a terminal's cursor.
    package static func printable(_ text: String) -> String {
        plain(
            String(
                text.unicodeScalars.map {
                    $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0)
                }))
    }

    /// Text in which everything that ends a line somewhere, steers a terminal or turns the direction of writing is
    /// spelled out (`<U+2028>`). What JSON escapes by itself, the controls up to U+001F, is left to it.
    package static func plain(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x7F }) { return text }
        var plain = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar.value >= 0x7F, .format, .lineSeparator, .paragraphSeparator:
                plain += "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
            default: plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }

    /// Takes whole lines.
    package func write(_ lines: [UInt8]) {
        guard let dropped = handOver(lines), dropped > 0 else { return }
        let values: [(StaticString, Value)] = [("total", .number(dropped))]
        guard let notice = line(.warning, "log lines were dropped", values) else { return }
        // What is lost meanwhile, or with this one, is told with the next line and not at once: that would not end.
        _ = handOver(notice, isNotice: true)
    }

    /// - Returns: how many lines have been dropped, 0 when no more than was last told; nil where these are.
    private func handOver(_ lines: [UInt8], isNotice: Bool = false) -> Int? {
        let dropped = backlog.withLock { backlog -> Int? in
            guard backlog.bytes + lines.count <= Self.unwrittenBytesMax else {
                backlog.dropped += Self.lines(in: lines[...])
                return nil
            }
            backlog.bytes += lines.count
            guard !isNotice, backlog.dropped > backlog.told else { return 0 }
            backlog.told = backlog.dropped
            return backlog.dropped
        }
        if dropped != nil { queue.async { self.append(lines) } }
        return dropped
    }

    /// Waits until everything handed over so far is written, two seconds at most.
    package func flush() {
        let isWritten = DispatchSemaphore(value: 0)
        queue.async { isWritten.signal() }
        _ = isWritten.wait(timeout: .now() + Self.flushDeadline)
    }

    /// A reader that has stopped reading does not keep a process that is told to stop.
    private static let flushDeadline = DispatchTimeInterval.seconds(2)

    /// On the queue. What the descriptor does not take, a full disk's above all, is dropped and counted.
    private func append(_ lines: [UInt8]) {
        let isCut = backlog.withLock { $0.isCut }
        let bytes = isCut ? [Self.lineFeed] + lines : lines
        let written = write(all: bytes)
        backlog.withLock { backlog in
            backlog.bytes -= lines.count
            if written > 0 { backlog.isCut = bytes[written - 1] != Self.lineFeed }
            guard written < bytes.count else { return }
            backlog.dropped += Self.lines(in: bytes[max(written, isCut ? 1 : 0)...])
        }
    }

    /// - Returns: how many were taken before the descriptor failed.
    private func write(all bytes: [UInt8]) -> Int {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            switch (count, errno) {
            case (0..., _): written += count
            case (_, EINTR): continue
            case (_, EAGAIN):
                // Whoever shares the descriptor has it not wait; this queue may.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&wanted, 1, -1)
            default: return written
            }
        }
        return written
    }

    private static let lineFeed = UInt8(ascii: "\n")

    private static func lines(in bytes: ArraySlice<UInt8>) -> Int {
        bytes.count { $0 == lineFeed }
    }
}
