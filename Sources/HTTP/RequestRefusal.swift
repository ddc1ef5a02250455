/// Why HTTP itself will not hand a request on.
///
/// The connection always closes after the answer: where the next request begins is not known any more,
/// and guessing is how requests are smuggled.
///
/// - Source: RFC 9110 section 15.5 and 15.6, RFC 9112 sections 2 to 7, RFC 6585 section 5.
package enum RequestRefusal: Error, Equatable, Sendable {
    /// 400: not HTTP, or HTTP that two readers could read differently. The sentence says what is wrong.
    case malformed(String)
    /// 400: the body is not what its `Content-Encoding` says.
    case undecodableBody
    /// 408: the head or the body did not come in time.
    case tooSlow
    /// 413: the body is longer than the handler takes, before or after decoding.
    case bodyTooLarge
    /// 414
    case targetTooLong
    /// 415: a content coding other than gzip and deflate, in lower case as sent.
    case unsupportedCoding(String)
    /// 417: an expectation other than `100-continue`.
    case unknownExpectation
    /// 431
    case headTooLarge
    /// 501: a transfer coding beside chunked, or a method that asks for a tunnel.
    case notImplemented
    /// 503: no room for another connection.
    case tooManyConnections
    /// 503: too much of others' requests and answers is under way, and this one began before them.
    case tooMuchHeld
    /// 500: the handler let go of the exchange without an answer; a fault of ours.
    case unanswered
    /// 505
    case unsupportedVersion

    package var status: Int {
        switch self {
        case .malformed, .undecodableBody: 400
        case .tooSlow: 408
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .unsupportedCoding: 415
        case .unknownExpectation: 417
        case .headTooLarge: 431
        case .unanswered: 500
        case .notImplemented: 501
        case .tooManyConnections, .tooMuchHeld: 503
        case .unsupportedVersion: 505
        }
    }

    /// For the client, in the words of Express where it has some.
    package var message: String {
        switch self {
        case .malformed(let sentence): sentence
        case .undecodableBody: "the body does not match its content encoding"
        case .tooSlow: "the request took too long to arrive"
        case .bodyTooLarge: "request entity too large"
        case .targetTooLong: "the request line is too long"
        case .unsupportedCoding(let name): "unsupported content encoding \"\(name)\""
        case .unknownExpectation: "only 100-continue can be expected"
        case .headTooLarge: "the request head is too large"
        case .notImplemented: "the transfer coding or method is not implemented"
        case .tooManyConnections: "too many connections"
        case .tooMuchHeld: "too much is under way for the rest of this request to be waited for"
        case .unanswered: "the request was not answered"
        case .unsupportedVersion: "only HTTP/1.1 and HTTP/1.0 are spoken here"
        }
    }
}

/// What is known of a request that was refused: as much of its head as could be read.
package struct RefusedRequest: Sendable {
    package var method: Method?
    package var methodName: String?
    /// As sent, without the query.
    package var path: String?
    /// The `Origin` field, for the answer's CORS fields.
    package var origin: String?
    /// Whether `Accept` names `application/problem+json`.
    package var acceptsProblem: Bool
    /// The `x-request-id` when well-formed.
    package var id: String?
    package var clientAddress: String

    package init(
        method: Method? = nil, methodName: String? = nil, path: String? = nil,
        origin: String? = nil, acceptsProblem: Bool = false, id: String? = nil,
        clientAddress: String = ""
    ) {
        self.method = method
        self.methodName = methodName
        self.path = path
        self.origin = origin
        self.acceptsProblem = acceptsProblem
        self.id = id
        self.clientAddress = clientAddress
    }
}
