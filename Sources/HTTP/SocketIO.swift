import CLinux
import Glibc

/// The system calls on a client's socket, with what they mean.
enum SocketIO {
    enum Result {
        case bytes(Int)
        case wouldBlock
        /// The other side has finished sending.
        case end
        case failed
    }

    static func receive(_ fd: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Result {
        while true {
            let count = unsafe recv(fd, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed
            }
        }
    }

    /// Bytes that were sent and that the other side has not taken yet.
    static func untaken(_ fd: Int32) -> Int {
        var count: Int32 = 0
        return unsafe ioctl(fd, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    static func resetAtClose(_ fd: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            fd, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// Sends the rest of two arrays in one call.
    static func send(
        _ fd: Int32, _ bytes: [UInt8], from offset: Int, _ tail: [UInt8], from tailOffset: Int
    ) -> Result {
        while true {
            let count =
                tailOffset >= tail.count
                ? sendOne(fd, bytes, offset)
                : offset >= bytes.count
                    ? sendOne(fd, tail, tailOffset) : sendTwo(fd, bytes, offset, tail, tailOffset)
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed
            }
        }
    }

    private static func sendOne(_ fd: Int32, _ bytes: [UInt8], _ offset: Int) -> Int {
        unsafe bytes.withUnsafeBytes { buffer in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
            return unsafe Glibc.send(fd, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        }
    }

    private static func sendTwo(
        _ fd: Int32, _ bytes: [UInt8], _ offset: Int, _ tail: [UInt8], _ tailOffset: Int
    ) -> Int {
        unsafe bytes.withUnsafeBytes { first in
            unsafe tail.withUnsafeBytes { second in
                let head = unsafe UnsafeMutableRawBufferPointer(
                    mutating: UnsafeRawBufferPointer(rebasing: first[offset...]))
                let body = unsafe UnsafeMutableRawBufferPointer(
                    mutating: UnsafeRawBufferPointer(rebasing: second[tailOffset...]))
                var parts = unsafe (
                    iovec(iov_base: head.baseAddress, iov_len: head.count),
                    iovec(iov_base: body.baseAddress, iov_len: body.count)
                )
                return unsafe withUnsafeMutableBytes(of: &parts) { parts in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = parts.bindMemory(to: iovec.self).baseAddress
                    unsafe message.msg_iovlen = 2
                    return unsafe sendmsg(fd, &message, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }
}
