/// An answer: status, fields and a body that is ready, or the code that will write it.
///
/// The connection adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection` where it
/// matters; a `Content-Length` set here wins. HEAD, 204 and 304 send no body whatever is in it.
package struct Response: Sendable {
    package typealias Field = (name: StaticString, value: String)

    package enum Body: Sendable {
        case bytes([UInt8])
        case stream(@Sendable (BodyWriter) async throws -> Void)
    }

    package var status: Int
    package var contentType: StaticString?
    package var headers: [Field]
    package var body: Body
    /// Sent as `ETag`. A value of its own: nearly every answer has one, and so costs no text for it.
    package var tag: EntityTag?
    /// Sent as `X-Request-Id`, in 16 hexadecimal digits, unless 0; a value of its own for the same reason.
    package var requestNumber = UInt64(0)
    /// Further field lines of our source, each with its line end, sent as they are.
    package var literalFields: StaticString = ""

    package init(
        status: Int, headers: [Field] = [], contentType: StaticString? = nil, body: [UInt8] = []
    ) {
        self.status = status
        self.headers = headers
        self.contentType = contentType
        self.body = .bytes(body)
    }

    /// An answer whose length is not known when it begins: chunked, or until close for HTTP/1.0.
    ///
    /// `produce` runs on the connection's loop after the call that responds. Nothing is sent before its
    /// first write: an error until then becomes ``Handler/failure(_:_:)``'s answer, a later one cuts the
    /// connection, so that the client cannot take the part for the whole.
    package static func stream(
        status: Int, headers: [Field] = [], contentType: StaticString? = nil,
        produce: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> Response {
        var response = Response(status: status, headers: headers, contentType: contentType)
        response.body = .stream(produce)
        return response
    }

    /// The value of the first field of that name, in any case.
    package func header(_ name: StaticString) -> String? {
        headers.first {
            unsafe $0.name.bytes.elementsEqual(name.bytes) {
                ASCII.lowercased($0) == ASCII.lowercased($1)
            }
        }?
        .value
    }

    /// Adds a field line; several of one name stay several.
    package mutating func append(_ name: StaticString, _ value: String) {
        headers.append((name, value))
    }

    /// The body when it is ready; nil for a stream.
    package var bytes: [UInt8]? {
        if case .bytes(let bytes) = body { bytes } else { nil }
    }
}
