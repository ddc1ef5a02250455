import TestSupport

@testable import HTTP

extension Property {
    /// A chunked body is the same however it is cut, and the same to a reader that goes by whole lines.
    static let chunkedBodies = Property(
        "chunked-bodies",
        seeds: HostileCase.all.map(\.bytes).filter { $0.count < 2_000 }.compactMap(body),
        words: [
            "\r\n", "\n", "\r", ";", "=", "\"", "\\", " ", "\t", "0\r\n\r\n", "0", "1\r\na\r\n",
            "a=b", "A: b\r\n", "ffffffffffffffff", "\0",
        ]
    ) { bytes in
        let whole = decode([bytes[...]])
        var dice = dice(for: bytes)
        let cut = dice.below(bytes.count + 1)
        guard decode([bytes[..<cut], bytes[cut...]]) == whole,
            decode(bytes.indices.map { bytes[$0...$0] }) == whole
        else { return .broken("another body when it is cut") }
        guard case .whole(let body, let used) = whole else { return .refused }
        guard body.count <= chunkedBytesMax else { return .broken("a body beyond its bound") }
        guard let (other, length) = readByLines(bytes) else {
            return .broken("no body to another reader")
        }
        return .taken(if: other == body && length == used, else: "another body to another reader")
    }

    private static let chunkedBytesMax = 4_096

    private enum Decoded: Equatable {
        case whole([UInt8], used: Int)
        case unfinished
        case refused(RequestRefusal)
    }

    /// What follows the head of a chunked case.
    private static func body(_ request: [UInt8]) -> [UInt8]? {
        let text = String(decoding: request, as: UTF8.self)
        guard text.lowercased().contains("chunked"), let head = text.firstRange(of: "\r\n\r\n")
        else { return nil }
        return Array(text.utf8[head.upperBound...])
    }

    private static func decode(_ pieces: [ArraySlice<UInt8>]) -> Decoded {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        var used = 0
        for piece in pieces where !decoder.isDone {
            do throws(RequestRefusal) {
                used += try decoder.decode(
                    Array(piece).span, into: &body, bodyBytesMax: chunkedBytesMax,
                    overheadBytesMax: 512)
            } catch {
                return .refused(error)
            }
        }
        return decoder.isDone ? .whole(body, used: used) : .unfinished
    }

    private static func readByLines(_ bytes: [UInt8]) -> (body: [UInt8], length: Int)? {
        var rest = bytes[...]
        func line() -> ArraySlice<UInt8>? {
            guard
                let end = rest.indices.dropLast().first(where: {
                    rest[$0...].starts(with: [13, 10])
                })
            else { return nil }
            defer { rest = rest[(end + 2)...] }
            return rest[..<end]
        }
        var body: [UInt8] = []
        while let sizeLine = line() {
            let digits = sizeLine.prefix { ASCII.hexValue($0) != nil }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
                return nil
            }
            if size == 0 {
                while let trailer = line() {
                    if trailer.isEmpty { return (body, rest.startIndex) }
                }
                return nil
            }
            guard rest.count >= size + 2, rest.dropFirst(size).starts(with: [13, 10]) else {
                return nil
            }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }

    /// A packed body never unpacks beyond the bound, and what is packed again unpacks to the same.
    static let packedBodies = Property(
        "packed-bodies",
        seeds: ["", "hello", String(repeating: "a", count: 3_000)].flatMap { text in
            [ContentCoding.gzip, .deflate].map { Deflate.pack(Array(text.utf8), $0) }
        }, words: ["\u{1F}", "\0\0\0", "\u{3}"]
    ) { bytes in
        var verdict = Verdict.refused
        for coding in [ContentCoding.gzip, .deflate] {
            guard let body = try? Inflater.inflate(bytes, coding, bytesMax: 4_000), !body.isEmpty
            else { continue }
            guard body.count <= 4_000 else { return .broken("a body beyond its bound") }
            let again = try? Inflater.inflate(
                Deflate.pack(body, coding), coding, bytesMax: body.count)
            guard again == body else { return .broken("another body when it is packed again") }
            verdict = .taken
        }
        return verdict
    }
}
