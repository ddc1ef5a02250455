import EventLoop

/// One client connection.
final class Connection: IOHandler, @unchecked Sendable {
    let server: HTTPServer
    let watch = ClientWatch()

    init(fd: Int32, server: HTTPServer) {
        self.server = server
        super.init(fd: fd)
    }

    func respond(_ response: consuming Response, _ exchange: Exchange) {
        fatalError("not yet")
    }

    func leftUnanswered(startedAt: MonotonicTime) {
        fatalError("not yet")
    }

    func writePiece(_ bytes: [UInt8], _ exchange: Exchange) async throws(ClientGone) {
        fatalError("not yet")
    }
}
