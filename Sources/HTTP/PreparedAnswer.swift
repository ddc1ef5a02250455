/// An answer that is always the same, composed once but for its date.
package final class PreparedAnswer: Sendable {
    /// What is sent where the composed bytes do not fit the request: HEAD, HTTP/1.0, a last answer.
    package let response: Response
    let beforeDate: [UInt8]
    let afterDate: [UInt8]
    let bodyBytes: Int

    /// - Parameter response: with a body that is ready.
    package init(_ response: Response) {
        guard let body = response.bytes else { preconditionFailure("a stream is not ready") }
        self.response = response
        (beforeDate, afterDate) = AnswerComposer.halves(of: response, body: body)
        bodyBytes = body.count
    }
}
