import Dispatch
import EventLoop
import Glibc
import HTTP
import Testing

@Suite struct `A listening socket` {
    private static func path() -> String {
        "/tmp/cohort-http-\(UInt64.random(in: 0 ... .max)).sock"
    }

    private static func mode(_ path: String) -> UInt32? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return status.st_mode
    }

    @Test func `serves several loops`() throws {
        let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(socket.port)
        let handler = TestHandler(bodyBytesMax: 0, TestHandler.echo)
        let servers = try (0..<3).map { number in
            let loop = try EventLoop(label: "test.\(number)")
            loop.start()
            let server = HTTPServer(loop: loop, handler: handler)
            try loop.queue.sync { try server.listen(on: socket) }
            return server
        }
        let clients = try (0..<60).map { _ in try RawClient(port: port) }
        for client in clients { client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n") }
        for client in clients { #expect(try client.answer()?.text == "GET /a") }
        let count = servers.reduce(0) { sum, server in
            sum + server.loop.queue.sync { server.connectionCount }
        }
        #expect(count == 60)
        for server in servers {
            server.loop.perform { server.beginDrain(deadline: .zero) { _ in } }
        }
    }

    @Test func `is left alone by a server that was told to stop before`() async throws {
        let service = try TestService()
        await service.drain()
        let client: RawClient
        do {
            let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
            try service.loop.queue.sync { try service.server.listen(on: socket) }
            client = try RawClient(port: try #require(socket.port))
        }
        // Nobody owns the socket any more, so whoever waits in its queue is told.
        client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.answer() == nil)
    }

    @Test func `gives each loop as many connections as the others`() async throws {
        let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(socket.port)
        let servers = try (0..<3).map { number in
            let loop = try EventLoop(label: "test.\(number)")
            loop.start()
            return HTTPServer(
                loop: loop, handler: TestHandler(bodyBytesMax: 0, TestHandler.echo))
        }
        HTTPServer.shareOut(among: servers)
        for server in servers { try server.loop.queue.sync { try server.listen(on: socket) } }
        func counts() -> [Int] {
            servers.map { server in server.loop.queue.sync { server.connectionCount } }
        }
        var clients: [RawClient] = []
        for number in 1...60 {
            clients.append(try RawClient(port: port))
            clients[number - 1].send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try clients[number - 1].answer()?.text == "GET /a")
            #expect(counts().max() == (number + 2) / 3)
        }
        // Who leaves makes room for others where he was.
        clients.removeFirst(30)
        try await eventually { counts().reduce(0, +) == 30 }
        for _ in 0..<30 {
            let client = try RawClient(port: port)
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.answer()?.text == "GET /a")
            clients.append(client)
        }
        #expect(counts() == [20, 20, 20])
        // A loop that drains gets no more.
        servers[0].loop.perform { servers[0].beginDrain(deadline: .zero) { _ in } }
        try await eventually { counts()[0] == 0 }
        for _ in 0..<10 {
            let client = try RawClient(port: port)
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.answer()?.text == "GET /a")
            clients.append(client)
        }
        #expect(counts() == [0, 25, 25])
        for server in servers {
            server.loop.perform { server.beginDrain(deadline: .zero) { _ in } }
        }
    }

    @Test func `a client of a loop that does not listen itself has its deadline`() async throws {
        var limits = HTTPLimits()
        limits.firstByteDeadline = .seconds(1)
        let servers = try (0..<2).map { number in
            let loop = try EventLoop(label: "test.\(number)")
            loop.start()
            return HTTPServer(
                loop: loop, handler: TestHandler(bodyBytesMax: 0, TestHandler.echo), limits: limits)
        }
        HTTPServer.shareOut(among: servers)
        let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        try servers[0].loop.queue.sync { try servers[0].listen(on: socket) }
        let port = try #require(socket.port)
        func both(_ count: (HTTPServer) -> Int) -> [Int] {
            servers.map { server in server.loop.queue.sync { count(server) } }
        }
        let clients = [try RawClient(port: port), try RawClient(port: port)]
        try await eventually { both(\.figures.connectionsAccepted) == [1, 1] }
        try await eventually { both(\.connectionCount) == [0, 0] }
        for client in clients { #expect(try client.answer() == nil) }
        for server in servers {
            server.loop.perform { server.beginDrain(deadline: .zero) { _ in } }
        }
    }

    @Test func `is closed when its servers are drained`() async throws {
        let service = try TestService()
        await service.drain()
        let again = try ListeningSocket.tcp(host: "127.0.0.1", port: service.port)
        #expect(again.port == service.port)
    }

    @Test func `says when its port is taken`() throws {
        let first = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(first.port)
        let error = #expect(throws: SystemError.self) {
            try ListeningSocket.tcp(host: "127.0.0.1", port: port)
        }
        #expect(error?.number == EADDRINUSE)
        withExtendedLifetime(first) {}
    }

    @Test func `finds a host by its name, and says when there is none`() throws {
        #expect(try ListeningSocket.tcp(host: "localhost", port: 0).port != nil)
        #expect(throws: SystemError.self) {
            try ListeningSocket.tcp(host: "no such host", port: 0)
        }
    }

    @Test func `in a file has its mode, and leaves none behind`() throws {
        let path = Self.path()
        var socket: ListeningSocket? = try .unix(path: path, mode: 0o600)
        #expect(Self.mode(path).map { $0 & 0o777 } == 0o600)
        #expect(socket?.port == nil)
        socket = nil
        #expect(Self.mode(path) == nil)
    }

    @Test func `leaves a successor's file where it is`() throws {
        let path = Self.path()
        var first: ListeningSocket? = try .unix(path: path)
        _ = unsafe unlink(path)
        let second = try ListeningSocket.unix(path: path)
        withExtendedLifetime(first) {}
        first = nil
        #expect(Self.mode(path) != nil)
        withExtendedLifetime(second) {}
    }

    @Test func `replaces a file that nobody listens on, and no other`() throws {
        let path = Self.path()
        // What a killed process leaves behind: a bound socket, closed, its file still there.
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array(path.utf8))
        }
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(stale)
        #expect(Self.mode(path) != nil)
        let socket = try ListeningSocket.unix(path: path)
        #expect(throws: SystemError.self) { try ListeningSocket.unix(path: path) }
        withExtendedLifetime(socket) {}

        let file = Self.path()
        close(unsafe creat(file, 0o600))
        defer { unsafe unlink(file) }
        #expect(throws: SystemError.self) { try ListeningSocket.unix(path: file) }
        #expect(Self.mode(file) != nil)
    }

    @Test func `has a path of 107 bytes at most`() throws {
        let longest = "/tmp/" + String(repeating: "s", count: 102)
        #expect(longest.utf8.count == 107)
        #expect(throws: Never.self) { try ListeningSocket.unix(path: longest) }
        #expect(throws: SystemError.self) { try ListeningSocket.unix(path: longest + "s") }
        #expect(throws: SystemError.self) { try ListeningSocket.unix(path: "") }
    }
}
