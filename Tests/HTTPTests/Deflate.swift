import CZlib

@testable import HTTP

/// Packs test bodies.
enum Deflate {
    static func pack(_ bytes: [UInt8], _ coding: ContentCoding) -> [UInt8] {
        var stream = unsafe z_stream()
        let bits: Int32 = coding == .gzip ? 31 : 15
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard
            unsafe deflateInit2_(
                &stream, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                == Z_OK
        else { return [] }
        defer { unsafe deflateEnd(&stream) }
        var input = bytes
        var output: [UInt8] = Array(repeating: 0, count: bytes.count + 1_000)
        let room = output.count
        return unsafe input.withUnsafeMutableBufferPointer { from in
            unsafe output.withUnsafeMutableBufferPointer { to in
                unsafe stream.next_in = from.baseAddress
                unsafe stream.avail_in = UInt32(from.count)
                unsafe stream.next_out = to.baseAddress
                unsafe stream.avail_out = UInt32(room)
                _ = unsafe deflate(&stream, Z_FINISH)
                return unsafe Array(to[..<(room - Int(stream.avail_out))])
            }
        }
    }
}
