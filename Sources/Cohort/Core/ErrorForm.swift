import HTTP
import JSON

/// The two forms in which the client may have an error's body.
enum ErrorForm {
    /// Medusa's: `{"type":"not_found","message":"…"}`, or plain text.
    case envelope
    /// `{"type":"about:blank","title":"Not Found","status":404,"detail":"…","error":"not_found"}`, for who asks for it.
    ///
    /// - Source: RFC 9457; `error` and `code` are the envelope's `type` and `code`.
    case problem

    static let problemType: StaticString = "application/problem+json"
}

extension APIError.Wire {
    /// Errors are rare, so this builds what it needs.
    func response(_ form: ErrorForm) -> Response {
        var response: Response
        switch (form, type) {
        case (.problem, _):
            response = .json(status) { json in
                json.object { json in
                    json.member("type", literal: "about:blank")
                    json.member("title", literal: Response.reason(status))
                    json.member("status", Int64(status))
                    json.member("detail", message)
                    if let type { json.member("error", type) }
                    if let code { json.member("code", code) }
                }
            }
            response.contentType = ErrorForm.problemType
            response.append("Vary", "Accept")
        case (.envelope, let type?):
            response = .json(status) { json in
                json.object { json in
                    if let code { json.member("code", code) }
                    json.member("type", type)
                    json.member("message", message)
                }
            }
        case (.envelope, nil):
            response = .text(status, message)
        }
        if let retryAfterSeconds { response.append("Retry-After", "\(retryAfterSeconds)") }
        return response
    }
}
