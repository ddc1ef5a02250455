import Cohort
import Glibc

/// A file read line by line, however long it is. Used by one command on one loop at a time (hence the
/// unchecked conformance).
@safe final class LineFile: @unchecked Sendable {
    private let descriptor: Int32
    private let name: String
    /// nil where it cannot be known, as of a pipe.
    let size: Int64?
    private(set) var position: Int64 = 0
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// How many lines were read.
    private var lines = 0

    private static let chunkBytes = 65_536
    /// Longer than any record; what has no line ends should not fill the memory.
    private static let lineBytesMax = 1_048_576

    /// - Parameter name: a path, or `-` for standard input.
    init(_ name: String) throws(CommandFailure) {
        self.name = name
        descriptor = name == "-" ? 0 : unsafe open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure("\(name): \(lastError())")
        }
        var status = stat()
        let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int64(status.st_size) : nil
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// The next line without its end; nil behind the last.
    func next() throws -> [UInt8]? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer {
                    start = end + 1
                    lines += 1
                }
                return Array(buffer[start..<end])
            }
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Array(buffer[start...])
            }
            guard buffer.count - start < Self.lineBytesMax else {
                throw CommandFailure(
                    "\(name): line \(lines + 1) is longer than \(Self.lineBytesMax) bytes; nothing is stored"
                )
            }
            try fill()
        }
    }

    private func fill() throws {
        buffer.removeFirst(start)
        start = 0
        let length = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunkBytes))
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe read(descriptor, bytes.baseAddress.map { unsafe $0 + length }, Self.chunkBytes)
        }
        let failure = errno
        buffer.removeLast(Self.chunkBytes - max(count, 0))
        guard count >= 0 else {
            if failure == EINTR { return }
            throw CommandFailure("\(name): \(unsafe String(cString: strerror(failure)))")
        }
        position += Int64(count)
        isAtEnd = count == 0
    }
}
