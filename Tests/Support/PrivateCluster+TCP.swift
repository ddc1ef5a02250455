import Foundation

extension PrivateCluster {
    /// How a server is reached on 127.0.0.1 besides its unix socket.
    package struct TCP: Sendable {
        /// Lines of `pg_hba.conf`; unix sockets stay open to everybody.
        var access: [String]
        /// For TLS: a certificate and its key, as PEM.
        var certificate: (chain: String, key: String)?

        package init(
            access: [String] = ["host all all 127.0.0.1/32 trust"],
            certificate: (chain: String, key: String)? = nil
        ) {
            self.access = access
            self.certificate = certificate
        }
    }

    /// Makes a file that the server may read and nobody else. Returns its path.
    @discardableResult
    static func write(_ text: String, to name: String, in home: URL) throws -> String {
        let file = home.appending(path: name)
        try Data(text.utf8).write(to: file)
        var attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        if isRoot { attributes[.ownerAccountName] = "postgres" }
        try FileManager.default.setAttributes(attributes, ofItemAtPath: file.path)
        return file.path
    }

    /// A port of 127.0.0.1 that nobody has. Below those that the kernel gives away by itself, so that it is still
    /// free a moment later.
    package static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000..<30_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let outcome = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if outcome == 0 { return port }
        }
        throw Failure(description: "no port of 127.0.0.1 is free")
    }
}
