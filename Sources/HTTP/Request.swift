/// A whole request, readable only while ``Handler/handle(_:_:)`` runs: it is a view of the buffer that
/// the next request will overwrite. Copy out what is needed later; the compiler sees to it.
package struct Request: ~Copyable, ~Escapable {
    private let bytes: Span<UInt8>
    private let head: Head
    /// The whole body, without its chunks and its content coding; empty when there is none, and where it is
    /// ``packedBody``.
    package let body: [UInt8]
    /// The whole body under its content coding, where that stands for more than a loop should unpack.
    package let packedBody: PackedBody?
    /// Whether the request announced a body of at least one byte (or a chunked one, whatever its size).
    package let hasBody: Bool

    @_lifetime(copy bytes)
    init(bytes: Span<UInt8>, head: Head, body: [UInt8], packedBody: PackedBody? = nil) {
        self.bytes = bytes
        self.head = head
        self.body = body
        self.packedBody = packedBody
        hasBody = head.hasBody
    }

    package var method: Method { head.method }

    /// The method as sent, which for ``Method/other`` is the only way to know it.
    package var methodName: String {
        head.method == .other
            ? bytes.extracting(head.methodName).text : "\(head.method.name)"
    }

    /// As sent, before any decoding, without the query; `*` for `OPTIONS *`.
    package var path: String { head.pathIsImplied ? "/" : bytes.extracting(head.path).text }

    /// The bytes of ``path``, to match without making a string of them.
    package var pathBytes: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(head.path) }
    }

    /// What follows the first `?`, as sent; nil without one, empty for a bare one.
    package var query: String? {
        guard let query = head.query else { return nil }
        return bytes.extracting(query).text
    }

    /// Whether the client speaks HTTP/1.0.
    package var isHTTP10: Bool { head.minorVersion == 0 }

    /// The value of a field, its lines joined; nil when there is none.
    ///
    /// - Parameters:
    ///   - name: in lower case.
    ///   - separator: what `Cookie` needs another one than all others for (RFC 9113, section 8.2.3).
    package func header(_ name: StaticString, joinedBy separator: String = ", ") -> String? {
        head.text(of: name, in: bytes, joinedBy: separator)
    }

    /// The host and port that were asked: those of the target, where it has any, count before the field `Host`.
    ///
    /// - Source: RFC 9112, section 3.2.2.
    package var host: String? {
        head.authority.map { bytes.extracting($0).text } ?? header("host")
    }

    /// Whether the field is there, whatever its value. Cheaper than reading it.
    ///
    /// - Parameter name: in lower case.
    package func hasHeader(_ name: StaticString) -> Bool {
        head.index(of: name, in: bytes) != nil
    }

    /// Whether the field has this value, which saves making a text of it. It may be a secret: the time of the comparison
    /// does not tell where another value differs.
    ///
    /// - Parameter name: in lower case.
    package func header(_ name: StaticString, equals value: [UInt8]) -> Bool {
        guard let index = head.index(of: name, in: bytes),
            head.index(of: name, in: bytes, from: index + 1) == nil
        else { return false }
        return head.value(index, in: bytes).equalsInConstantTime(value.span)
    }

    /// Whether `Accept` names this media type, and not only a range that it is in.
    ///
    /// - Parameter type: in lower case.
    package func accepts(_ type: StaticString) -> Bool {
        head.accepts(type, in: bytes)
    }

    /// Who asks: the address of the connection, or the last one in `X-Forwarded-For` that is not
    /// itself a trusted proxy when the connection comes from one. Empty for a unix socket without that field.
    package var clientAddress: String {
        guard head.peer.isTrusted else { return head.peer.text }
        guard let chain = header("x-forwarded-for") else { return head.peer.text }
        return head.peer.proxies.client(in: chain) ?? head.peer.text
    }

    /// Whether the client spoke TLS to the proxy: the first value of `X-Forwarded-Proto` is `https`.
    /// False when the connection does not come from a trusted proxy.
    package var isSecure: Bool {
        guard head.peer.isTrusted, let index = head.index(of: "x-forwarded-proto", in: bytes)
        else { return false }
        return head.value(index, in: bytes).firstListElement.equalsIgnoringCase("https")
    }

    /// The `x-request-id`, when it is 1 to 128 printable ASCII characters and can be logged as it is.
    package var id: String? {
        head.requestID(in: bytes)
    }

    /// Where in a distributed trace it belongs, when it says so and that is well-formed.
    package var traceParent: TraceParent? {
        guard let index = head.index(of: "traceparent", in: bytes),
            head.index(of: "traceparent", in: bytes, from: index + 1) == nil
        else { return nil }
        return TraceParent(head.value(index, in: bytes))
    }
}

extension Head {
    func requestID(in bytes: Span<UInt8>) -> String? {
        guard let index = index(of: "x-request-id", in: bytes) else { return nil }
        let value = value(index, in: bytes)
        guard (1...128).contains(value.count) else { return nil }
        for position in 0..<value.count where !(0x21...0x7E).contains(value[position]) {
            return nil
        }
        return value.text
    }

    /// What a refusal may know of a request whose head was read this far.
    func glimpse(in bytes: Span<UInt8>) -> RefusedRequest {
        guard !methodName.isEmpty else { return RefusedRequest(clientAddress: peer.text) }
        return RefusedRequest(
            method: method,
            methodName: bytes.extracting(methodName).text,
            path: pathIsImplied ? "/" : bytes.extracting(path).text,
            origin: text(of: "origin", in: bytes),
            acceptsProblem: accepts("application/problem+json", in: bytes),
            id: requestID(in: bytes),
            clientAddress: peer.text)
    }
}

extension Span<UInt8> {
    /// The same bytes? The time tells nothing but whether there are as many.
    fileprivate func equalsInConstantTime(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count { difference |= self[index] ^ other[index] }
        return difference == 0
    }

    /// The bytes before the first comma, without blanks around them.
    var firstListElement: Span<UInt8> {
        @_lifetime(copy self)
        get { prefix(upTo: ASCII.comma).trimmed }
    }

    /// The bytes before the first such byte, or all.
    @_lifetime(copy self)
    func prefix(upTo byte: UInt8) -> Span<UInt8> {
        var end = 0
        while end < count, self[end] != byte { end += 1 }
        return extracting(0..<end)
    }

    /// Without blanks and tabs at both ends.
    var trimmed: Span<UInt8> {
        @_lifetime(copy self)
        get {
            var start = 0
            var end = count
            while start < end, self[start] == ASCII.space || self[start] == ASCII.tab { start += 1 }
            while end > start, self[end - 1] == ASCII.space || self[end - 1] == ASCII.tab {
                end -= 1
            }
            return extracting(start..<end)
        }
    }
}
