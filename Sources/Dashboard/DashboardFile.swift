import HTTP

/// A file as it is sent: as it stands or compressed, and what says that the client has it already.
struct DashboardFile: Sendable {
    /// `/app/assets/main.js`
    let path: [UInt8]
    private let plain: Form
    /// nil where compressing gains nothing.
    private let compressed: Form?

    /// The bytes in one coding. Its tag is strong, so each coding has one of its own.
    private struct Form {
        let tag: EntityTag
        let whole: PreparedAnswer
        let notModified: PreparedAnswer

        init(_ body: [UInt8], type: StaticString, coding: Compression?) {
            tag = EntityTag(strongOf: body)
            var response = Response(
                status: 304, headers: [("Vary", "Accept-Encoding")])
            response.tag = tag
            response.literalFields = Dashboard.fields
            notModified = PreparedAnswer(response)
            response.status = 200
            response.contentType = type
            if let coding { response.append("Content-Encoding", coding.name) }
            response.body = .bytes(body)
            whole = PreparedAnswer(response)
        }
    }

    init(path: String, _ bytes: [UInt8]) {
        guard let type = Self.type(of: path) else {
            preconditionFailure("no content type is known for \(path)")
        }
        self.path = Array(path.utf8)
        plain = Form(bytes, type: type, coding: nil)
        compressed = Compression.gzip.encode(bytes).flatMap { coded in
            coded.count < bytes.count ? Form(coded, type: type, coding: .gzip) : nil
        }
    }

    func answer(acceptsGzip: Bool, ifNoneMatch: String?) -> PreparedAnswer {
        let form = acceptsGzip ? compressed ?? plain : plain
        return form.tag.matches(ifNoneMatch) ? form.notModified : form.whole
    }

    private static func type(of path: String) -> StaticString? {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json": "application/json; charset=utf-8"
        case "svg": "image/svg+xml"
        case "webmanifest": "application/manifest+json"
        default: nil
        }
    }
}
