import Glibc

/// A port of 127.0.0.1 behind which nobody says a word.
@safe final class SilentHost {
    let port: UInt16
    private let descriptor: Int32

    /// - Parameter listens: connections are made, by the kernel alone; otherwise they are refused.
    init(listens: Bool) {
        let flags = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        descriptor = socket(AF_INET, Int32(flags), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let isBound = unsafe bind(descriptor, $0, length) == 0
                precondition(isBound, "127.0.0.1 has no free port")
                unsafe _ = getsockname(descriptor, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        if listens { _ = listen(descriptor, 64) }
    }

    deinit { close(descriptor) }

    /// How many connected since it was asked last; it hangs up on them.
    func takeCallers() -> Int {
        var count = 0
        while true {
            let caller = accept(descriptor, nil, nil)
            guard caller >= 0 else { return count }
            close(caller)
            count += 1
        }
    }
}
