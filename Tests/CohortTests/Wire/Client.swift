import Foundation
import Glibc

/// A blocking HTTP/1.1 client of one connection, kept alive. Not `URLSession`: the tests must see what is on the wire.
final class Client {
    enum Fault: Error {
        case cannotConnect(errno: Int32)
        /// The connection ended before a whole answer was there.
        case closed(afterBytes: Int)
        case timedOut
        case notHTTP(String)
    }

    let address: Address
    private let timeoutSeconds: Int
    private let repeats: Bool
    private var descriptor: Int32 = -1
    private var buffer: [UInt8] = []
    private let server: (any AnyObject)?

    enum Address: Sendable, Hashable {
        case port(UInt16)
        case unix(String)
    }

    /// - Parameters:
    ///   - server: what has to live as long as somebody talks to it.
    ///   - repeats: whether a request that only reads is sent again when its connection turns out to be closed.
    init(
        _ address: Address, of server: (any AnyObject)? = nil, timeoutSeconds: Int = 20,
        repeats: Bool = true
    ) {
        self.address = address
        self.server = server
        self.timeoutSeconds = timeoutSeconds
        self.repeats = repeats
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
        buffer = []
    }

    /// Sends a request and reads its answer. For one that only reads, a kept-alive connection that the server closed
    /// meanwhile is opened again, once, as browsers do, unless something of an answer had come. Whoever writes is told:
    /// a write that was dropped would look like one that was answered.
    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if body != nil || ["POST", "PUT", "PATCH"].contains(method) {
            head += "content-length: \(body?.count ?? 0)\r\n"
        }
        let bytes = Array(head.utf8) + Array("\r\n".utf8) + (body ?? [])
        let isFresh = descriptor < 0
        do {
            return try exchange(bytes, isHead: method == "HEAD")
        } catch Fault.closed(afterBytes: 0)
            where !isFresh && repeats && ["GET", "HEAD"].contains(method)
        {
            close()
            return try exchange(bytes, isHead: method == "HEAD")
        }
    }

    private func exchange(_ bytes: [UInt8], isHead: Bool) throws -> Answer {
        do {
            try write(bytes)
        } catch Fault.closed {
            // Refused while it was being sent: the answer may be there to read.
        }
        do {
            let answer = try read(isHead: isHead)
            if answer.isLast { close() }
            return answer
        } catch {
            close()
            throw error
        }
    }

    // MARK: - Bytes

    func connect() throws {
        guard descriptor < 0 else { return }
        let fd = address.open()
        guard fd.descriptor >= 0 else { throw Fault.cannotConnect(errno: fd.error) }
        descriptor = fd.descriptor
        var patience = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    /// Writes as is; for requests that are no good HTTP, or pipelined ones.
    func write(_ bytes: [UInt8]) throws {
        try connect()
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.send(
                    descriptor, raw.baseAddress.map { unsafe $0 + sent }, raw.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            let error = errno
            if count < 0, error == EINTR { continue }
            guard count > 0 else { throw error == EAGAIN ? Fault.timedOut : .closed(afterBytes: 0) }
            sent += count
        }
    }

    func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    /// Says that nothing more will be sent.
    func finishWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Whether the server closes within the time without another byte.
    func isClosedByServer() -> Bool {
        do {
            return try fill() == 0 && buffer.isEmpty
        } catch Fault.closed {
            return true
        } catch {
            return false
        }
    }

    /// - Returns: how many bytes came; 0 at the end.
    private func fill() throws -> Int {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { raw in
                unsafe recv(descriptor, raw.baseAddress, raw.count, 0)
            }
            let error = errno
            if count < 0, error == EINTR { continue }
            if count < 0, error == EAGAIN { throw Fault.timedOut }
            if count < 0 { throw Fault.closed(afterBytes: buffer.count) }
            buffer += chunk[..<count]
            return count
        }
    }

    private func need(_ count: Int) throws {
        while buffer.count < count {
            guard try fill() > 0 else { throw Fault.closed(afterBytes: buffer.count) }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        try need(count)
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func line() throws -> String {
        var scanned = 0
        while true {
            if let end = buffer[scanned...].firstIndex(of: 0x0A) {
                let line = try take(end + 1)
                guard line.suffix(2) == [0x0D, 0x0A] else {
                    throw Fault.notHTTP("a bare line feed")
                }
                return String(decoding: line.dropLast(2), as: UTF8.self)
            }
            scanned = buffer.count
            try need(buffer.count + 1)
        }
    }

    // MARK: - Answers

    /// Reads one answer; interim ones (100) are skipped.
    func read(isHead: Bool = false) throws -> Answer {
        while true {
            let answer = try readOne(isHead: isHead)
            if answer.status >= 200 { return answer }
        }
    }

    private func readOne(isHead: Bool) throws -> Answer {
        var answer = Answer()
        let status = try line().split(separator: " ", maxSplits: 2)
        guard status.count >= 2, status[0].hasPrefix("HTTP/1."), let code = Int(status[1]) else {
            throw Fault.notHTTP(status.joined(separator: " "))
        }
        answer.status = code
        while case let field = try line(), !field.isEmpty {
            guard let colon = field.firstIndex(of: ":") else { throw Fault.notHTTP(field) }
            let value = field[field.index(after: colon)...].trimming(" ")
            answer.headers.append((field[..<colon].lowercased(), String(value)))
        }
        answer.isLast =
            answer["connection"]?.lowercased() == "close" || status[0] == "HTTP/1.0"
        if isHead || code < 200 || code == 204 || code == 304 { return answer }
        if answer["transfer-encoding"] == "chunked" {
            answer.body = try chunks()
        } else if let length = answer["content-length"] {
            guard let count = Int(length), count >= 0 else { throw Fault.notHTTP(length) }
            answer.body = try take(count)
        } else {
            while try fill() > 0 {}
            answer.body = try take(buffer.count)
            answer.isLast = true
        }
        return answer
    }

    private func chunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            guard let size = Int(try line(), radix: 16), size >= 0 else {
                throw Fault.notHTTP("a chunk without its size")
            }
            if size == 0 {
                while try !line().isEmpty {}
                return body
            }
            body += try take(size)
            guard try take(2) == [0x0D, 0x0A] else {
                throw Fault.notHTTP("a chunk without its end")
            }
        }
    }
}

extension Client.Address {
    fileprivate func open() -> (descriptor: Int32, error: Int32) {
        switch self {
        case .port(let port):
            let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return finish(fd, &name)
        case .unix(let path):
            let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &name.sun_path) {
                unsafe $0.copyBytes(from: path.utf8)
            }
            return finish(fd, &name)
        }
    }

    private func finish<Name>(_ fd: Int32, _ name: inout Name) -> (Int32, Int32) {
        _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
        let size = socklen_t(MemoryLayout<Name>.size)
        let outcome = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(fd, pointer, size)
            }
        }
        let error = errno
        if outcome == 0 { return (fd, 0) }
        _ = close(fd)
        return (-1, error)
    }
}
