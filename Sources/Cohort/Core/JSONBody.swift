import HTTP
import JSON

/// A request's body as it was sent, when that was as JSON.
///
/// - Source: Medusa 1.20.10, `loaders/api.ts` (the `body-parser` package).
struct JSONBody: Sendable {
    /// Empty while it is packed.
    let bytes: [UInt8]
    private let packed: PackedBody?
    private let encoding: TextEncoding

    /// nil for no body, and for one of another type.
    ///
    /// - Throws: `.unsupportedCharset`.
    init?(_ request: borrowing Request) throws(APIError) {
        guard !request.body.isEmpty || request.packedBody != nil,
            let type = request.header("content-type")
        else { return nil }
        var parts = type.split(separator: ";", omittingEmptySubsequences: false)[...]
        guard let essence = parts.popFirst(),
            essence.trimmingBlanks().lowercased() == "application/json"
        else { return nil }
        encoding = try Self.encoding(parts)
        bytes = request.body
        packed = request.packedBody
    }

    private init(unpacking body: JSONBody, _ packed: PackedBody) throws(APIError) {
        do throws(RequestRefusal) {
            bytes = try packed.unpacked()
        } catch {
            throw error == .bodyTooLarge ? .bodyTooLarge : .invalidData(error.message)
        }
        self.packed = nil
        encoding = body.encoding
    }

    private static func encoding(_ parameters: ArraySlice<Substring>) throws(APIError)
        -> TextEncoding
    {
        var encoding = TextEncoding.utf8
        for parameter in parameters {
            let pair = parameter.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].trimmingBlanks().lowercased() == "charset" else {
                continue
            }
            let charset = pair[1].trimmingBlanks().filter { $0 != "\"" }.lowercased()
            if charset.isEmpty { continue }
            guard let known = TextEncoding(charset: charset) else {
                throw .unsupportedCharset(charset.uppercased())
            }
            encoding = known
        }
        return encoding
    }

    /// In a body of this size what takes longest, a hundred thousand values or some ten thousand names,
    /// keeps a loop for 1.5 ms, a list of ids for 0.6 ms; and ordinary routes take no larger one (100 KiB).
    private static let bytesOnLoopMax = 131_072

    /// Whether it should be read away from the loop.
    var isLarge: Bool { packed != nil || bytes.count > Self.bytesOnLoopMax }

    /// The same without its content coding.
    ///
    /// - Throws: `.invalidData` where that is not what it is said to be; `.bodyTooLarge`.
    func unpacked() throws(APIError) -> JSONBody {
        guard let packed else { return self }
        return try JSONBody(unpacking: self, packed)
    }

    /// Of a body that is not packed.
    ///
    /// - Throws: `.invalidData` for what is not JSON.
    func value() throws(APIError) -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONReader.parse(try encoding.utf8(bytes))
        } catch {
            throw .invalidData("\(error)")
        }
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
