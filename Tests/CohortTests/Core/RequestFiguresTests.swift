import HTTP
import Testing

@testable import Cohort

@Suite struct RequestFiguresTests {
    @Test func `every status that an error has is told apart`() {
        let errors: [APIError] = [
            .invalidData(""), .unsupportedCharset(""), .bodyTooLarge, .unauthorized, .crossSite,
            .staleToken(""),
            .notFound(""), .conflict, .changed, .keyReused, .duplicate(""),
            .throttled(retryAfterSeconds: 1), .overloaded(retryAfterSeconds: 1), .clientGone,
            .internalFault(cause: ""),
        ]
        for error in errors {
            // A new error belongs into the list above.
            switch error {
            case .invalidData, .unsupportedCharset, .bodyTooLarge, .unauthorized, .crossSite,
                .staleToken,
                .notFound,
                .conflict, .changed, .keyReused, .duplicate, .throttled, .overloaded, .clientGone,
                .internalFault:
                #expect(RequestFigures.statuses.contains(error.wire.status), "\(error)")
            }
        }
    }

    @Test func `every status of what HTTP refuses is told apart`() {
        let refusals: [RequestRefusal] = [
            .malformed(""), .undecodableBody, .tooSlow, .bodyTooLarge, .targetTooLong,
            .unsupportedCoding(""), .unknownExpectation, .headTooLarge, .notImplemented,
            .tooManyConnections, .tooMuchHeld, .unanswered, .unsupportedVersion,
        ]
        for refusal in refusals {
            #expect(RequestFigures.statuses.contains(refusal.status), "\(refusal)")
        }
    }
}
