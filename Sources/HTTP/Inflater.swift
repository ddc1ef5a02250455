import CZlib

/// Unpacks request bodies, never beyond a bound.
enum Inflater {
    /// - Throws: ``RequestRefusal/bodyTooLarge`` when the result would be longer than `bytesMax`;
    ///   ``RequestRefusal/undecodableBody`` when it is broken, cut short or followed by something else.
    static func inflate(
        _ packed: [UInt8], _ coding: ContentCoding, bytesMax: Int
    ) throws(RequestRefusal) -> [UInt8] {
        let windowBits: Int32
        switch coding {
        case .identity: return packed
        case .gzip: windowBits = 15 + 16
        // RFC 9110, section 8.4.1.2: deflate in the zlib format; the raw one is a known mistake that
        // Express does not take either.
        case .deflate: windowBits = 15
        }
        guard !packed.isEmpty else { return packed }
        var stream = unsafe z_stream()
        guard
            unsafe inflateInit2_(
                &stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .undecodableBody }
        defer { unsafe inflateEnd(&stream) }

        var result: [UInt8] = []
        var piece: [UInt8] = Array(repeating: 0, count: min(bytesMax + 1, 65_536))
        var status = Z_OK
        var packed = packed
        unsafe packed.withUnsafeMutableBufferPointer { input in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(input.count)
            while status == Z_OK, result.count <= bytesMax {
                let room = UInt32(piece.count)
                let made = unsafe piece.withUnsafeMutableBufferPointer { output in
                    unsafe stream.next_out = output.baseAddress
                    unsafe stream.avail_out = room
                    status = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
                    return unsafe Int(room - stream.avail_out)
                }
                result.append(contentsOf: piece[..<made])
                // A gzip body may be several members one after the other (RFC 1952, section 2.2).
                if status == Z_STREAM_END, coding == .gzip, unsafe stream.avail_in > 0 {
                    status = unsafe inflateReset(&stream)
                }
            }
        }
        guard result.count <= bytesMax else { throw .bodyTooLarge }
        guard status == Z_STREAM_END, unsafe stream.avail_in == 0 else { throw .undecodableBody }
        return result
    }
}

/// A body as it was sent under its content coding.
package struct PackedBody: Sendable {
    let bytes: [UInt8]
    let coding: ContentCoding
    let bytesMax: Int

    /// Takes long: up to 30 ms for 8 MiB, which may be 8 KiB packed.
    ///
    /// - Throws: as ``Inflater/inflate(_:_:bytesMax:)``.
    package func unpacked() throws(RequestRefusal) -> [UInt8] {
        try Inflater.inflate(bytes, coding, bytesMax: bytesMax)
    }
}
