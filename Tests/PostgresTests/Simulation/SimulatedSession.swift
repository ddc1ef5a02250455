import EventLoop
import Glibc

/// One connection to the simulated server, with what PostgreSQL keeps for it.
final class SimulatedSession {
    let fd: Int32
    let pid: Int32
    var isStarted = false
    var input: [UInt8] = []
    /// The server's own buffer, which leaves when a segment ends.
    var buffer = BackendMessages()
    /// Sent, and not arrived yet.
    var wire: [UInt8] = []
    var block = Block.none
    var moment: Int64 = 0
    /// Written, not committed.
    var written: [Int64] = []
    var statements: [String: String] = [:]
    var portal: (sql: String, values: [[UInt8]])?
    /// The rows that a cursor has left.
    var cursor: Range<Int64>?
    /// After an error nothing is done until the segment ends.
    var skips = false
    var busyUntil: MonotonicTime?
    var isCancelled = false
    var isSilent = false
    /// Closed as soon as what is under way has arrived.
    var isEnding = false
    var isClosed = false

    enum Block { case none, implicit, open, failed }

    init(fd: Int32, pid: Int32) {
        self.fd = fd
        self.pid = pid
    }

    /// Reads what has come; false at the end.
    func read(with buffer: inout [UInt8]) -> Bool {
        while true {
            let count = unsafe recv(fd, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return count < 0 && errno == EAGAIN }
            input += buffer.prefix(count)
            if count < buffer.count { return true }
        }
    }

    func flush() {
        wire += buffer.bytes
        buffer.removeAll()
    }

    func deliver(_ count: Int) {
        let sent = unsafe wire.withUnsafeBytes {
            unsafe send(
                fd, $0.baseAddress, min(count, $0.count), Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        // A client that is gone reads no more.
        wire.removeFirst(sent > 0 ? sent : sent < 0 && errno == EAGAIN ? 0 : wire.count)
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        _ = Glibc.close(fd)
    }

    /// The transaction, if there is one, leaves nothing.
    func forgetTransaction() {
        written = []
        cursor = nil
        block = .none
    }

    func fail(_ sqlstate: String, _ text: String, routine: String? = nil) {
        buffer.complaint("E", severity: "ERROR", sqlstate, text, routine: routine)
        skips = true
        written = []
        cursor = nil
        block = block == .open || block == .failed ? .failed : .none
    }

    /// The server ends the session with a reason.
    func end(_ sqlstate: String, _ text: String) {
        buffer.complaint("E", severity: "FATAL", sqlstate, text)
        flush()
        forgetTransaction()
        isEnding = true
    }
}
