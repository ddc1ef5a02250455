import CZlib

/// The content codings that answers can be sent in.
package enum Compression: Sendable, CaseIterable {
    case gzip, deflate

    /// The name in `Content-Encoding`.
    package var name: String {
        switch self {
        case .gzip: "gzip"
        case .deflate: "deflate"
        }
    }

    /// The coding to use for a client's `Accept-Encoding`; nil when it takes none of them.
    ///
    /// - Parameter offered: what there is, the best first: it is taken where the client has no preference.
    /// - Source: RFC 9110, section 12.5.3.
    package init?(acceptedBy field: String, among offered: [Compression] = allCases) {
        var weights: [Substring: Double] = [:]
        for item in field.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { part in
                var text = part.drop { $0 == " " || $0 == "\t" }
                while text.last == " " || text.last == "\t" { text.removeLast() }
                return text
            }
            guard let name = parts.first else { continue }
            weights[name] =
                parts.dropFirst().first { $0.hasPrefix("q=") }
                .map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        }
        var best: (coding: Compression?, weight: Double) = (nil, 0)
        for coding in offered {
            let weight = weights[coding.name[...]] ?? weights["*"] ?? 0
            if weight > best.weight { best = (coding, weight) }
        }
        guard let coding = best.coding else { return nil }
        self = coding
    }

    /// The coded bytes, at zlib's level 6; nil when there is no memory for it.
    package func encode(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        // 15 bits of window; 16 more ask for gzip's header and trailer instead of zlib's.
        let windowBits: Int32 = self == .gzip ? 15 + 16 : 15
        guard
            unsafe deflateInit2_(
                &stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { unsafe _ = deflateEnd(&stream) }
        let bound = unsafe Int(deflateBound(&stream, uLong(bytes.count)))
        let coded = unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe stream.next_in = unsafe UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(bound)
                let outcome = unsafe CZlib.deflate(&stream, Z_FINISH)
                count = unsafe outcome == Z_STREAM_END ? bound - Int(stream.avail_out) : 0
            }
        }
        return coded.isEmpty ? nil : coded
    }
}
