import Glibc

/// A blocking client that says exactly what it is told to. One thread may send while another receives.
final class RawClient: @unchecked Sendable {
    let fd: Int32
    private var buffer: [UInt8] = []
    /// The server has closed its side, or reset the connection.
    private(set) var hasEnded = false
    private(set) var wasReset = false

    /// Long enough never to be the reason on a busy machine; a test that waits for it fails.
    static let patienceSeconds = 20

    init(port: UInt16, receiveBufferBytes: Int32? = nil) throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBufferBytes {
            _ = unsafe setsockopt(
                fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(text: "connect: \(errno)") }
        try setPatience()
    }

    init(path: String) throws {
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array(path.utf8))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(text: "connect: \(errno)") }
        try setPatience()
    }

    private func setPatience() throws {
        var limit = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        guard unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, size) == 0 else {
            throw Failure(text: "setsockopt: \(errno)")
        }
        var one: Int32 = 1
        _ = unsafe setsockopt(
            fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { _ = close(fd) }

    struct Failure: Error {
        let text: String
    }

    struct Answer {
        var status: Int
        var statusLine: String
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        subscript(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Waits a tenth of a second and takes some bytes of whatever comes; false where nothing more does.
    func takes(_ count: Int) -> Bool {
        usleep(100_000)
        var piece = [UInt8](repeating: 0, count: count)
        return unsafe recv(fd, &piece, count, 0) > 0
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends all of it, or as much as the server takes.
    func send(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                return unsafe Glibc.send(fd, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            offset += count
        }
    }

    /// Makes the close an abort, as when a process is killed with unread input.
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            fd, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    func finishSending() { _ = shutdown(fd, Int32(SHUT_WR)) }

    /// Receives once; false at the end of the stream.
    private func more() throws -> Bool {
        var piece: [UInt8] = Array(repeating: 0, count: 65_536)
        let room = piece.count
        let count = unsafe piece.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, room, 0) }
        if count > 0 {
            buffer.append(contentsOf: piece[..<count])
            return true
        }
        if count < 0, errno == EINTR { return try more() }
        if count < 0, errno == EAGAIN { throw Failure(text: "the server said nothing") }
        wasReset = count < 0
        hasEnded = true
        return false
    }

    /// Everything until the server closes.
    func readToEnd() throws -> [UInt8] {
        while !hasEnded { _ = try more() }
        defer { buffer = [] }
        return buffer
    }

    private func line() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return String(
                    decoding: line.last == 13 ? line.dropLast() : line[...], as: UTF8.self)
            }
            guard try more() else { return nil }
        }
    }

    private func exactly(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try more() else { throw Failure(text: "the answer ended early") }
        }
        let bytes = Array(buffer[..<count])
        buffer.removeFirst(count)
        return bytes
    }

    /// The next answer; nil when the server closed instead.
    func answer(toHead: Bool = false) throws -> Answer? {
        guard let statusLine = try line() else { return nil }
        let parts = statusLine.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
            throw Failure(text: "not a status line: \(statusLine)")
        }
        var answer = Answer(status: status, statusLine: statusLine, headers: [], body: [])
        while let field = try line(), !field.isEmpty {
            guard let colon = field.firstIndex(of: ":") else {
                throw Failure(text: "not a field: \(field)")
            }
            var value = field[field.index(after: colon)...]
            while value.first == " " { value.removeFirst() }
            answer.headers.append((String(field[..<colon]), String(value)))
        }
        if toHead || status == 204 || status == 304 || status < 200 { return answer }
        if answer["Transfer-Encoding"] == "chunked" {
            while true {
                guard let size = try line(), let count = Int(size, radix: 16) else {
                    throw Failure(text: "the answer ended early")
                }
                answer.body += try exactly(count)
                guard try exactly(2) == [13, 10] else { throw Failure(text: "a bad chunk") }
                if count == 0 { return answer }
            }
        }
        if let length = answer["Content-Length"].flatMap(Int.init) {
            answer.body = try exactly(length)
        } else {
            answer.body = try readToEnd()
        }
        return answer
    }
}
