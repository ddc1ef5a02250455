package import EventLoop
package import HTTP
package import Postgres

/// One route of the API: what it reads from a request, the SQL it sends, the answer it makes.
///
/// A new endpoint is one file with a type of this protocol and one line in ``Routes``.
package protocol Endpoint: Sendable {
    associatedtype Input: Sendable
    /// `"GET /admin/customer-groups/:id"`
    static var route: StaticString { get }
    static var access: Access { get }
    /// Set where clients should go elsewhere.
    static var deprecation: Deprecation? { get }
    /// Whether ``Context/principal`` is needed; such a read waits for the look-up.
    static var needsPrincipal: Bool { get }
    /// Whose password it takes, `users` or `customers`, if it signs somebody in: 401 is a wrong one then.
    static var signsIn: String? { get }
    /// The longest request body.
    static var body: BodyBound { get }
    /// How the one record that this reads is held, for writes at the same path with `If-Match`; nil for other routes.
    static var lock: RecordLock? { get }
    /// Whether the answer to a write may be kept for who sends it again; not where it holds a credential.
    static var isAnswerKept: Bool { get }
    /// Where what a write answers can be read, where that may be too long to be kept.
    static func source(of input: Input) -> AnswerSource
    /// How many rows a write touches that takes its turn when they are many.
    static func rows(of input: Input) -> Int
    /// Every statement with a fixed text, so that tests can prepare them all.
    static var statements: [Statement] { get }
    /// Reads and checks the request. Runs before any work, so bad input costs no connection.
    static func parse(_ call: Call) throws(APIError) -> Input
    /// Does it. Runs on the loop; awaits the database and nothing else.
    static func run(_ input: Input, in context: Context) async throws(APIError) -> Response
}

extension Endpoint {
    package static var access: Access { .admin }
    package static var body: BodyBound { .ordinary }
    package static var deprecation: Deprecation? { nil }
    package static var needsPrincipal: Bool { false }
    package static var signsIn: String? { nil }
    package static var lock: RecordLock? { nil }
    package static var isAnswerKept: Bool { true }
    package static func source(of input: Input) -> AnswerSource { .none }
    package static func rows(of input: Input) -> Int { 0 }
    package static var statements: [Statement] { [] }
}

/// An endpoint for everybody whose answer depends on nothing, neither on the request nor on the database. It
/// is composed once.
package protocol FixedEndpoint: Endpoint where Input == Void {
    static func answer() -> Response
}

extension FixedEndpoint {
    package static var access: Access { .open }
    package static var body: BodyBound { .ignored }
    package static func parse(_ call: Call) throws(APIError) {}
    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        answer()
    }
}

/// An endpoint that reads one record by its id. Where nothing was asked to hang on the record, it is answered
/// without a task, and together with others: see ``RecordBatches``.
package protocol RecordEndpoint: Endpoint where Input == RecordRead {}

extension RecordEndpoint {
    package static func run(
        _ input: RecordRead, in context: Context
    ) async throws(APIError) -> Response {
        try await input.answer(on: context.db)
    }
}

/// Who may call a route.
package enum Access: Sendable {
    /// Anybody.
    case open
    /// Somebody with an admin credential.
    case admin
    /// Anybody; a customer's credential is recognised, and no other.
    case store
}

/// Which of the two configured bounds a route's body has.
package enum BodyBound: Sendable {
    case ordinary
    /// As ``ordinary``, and not looked at: whatever it holds, the answer is the same.
    case ignored
    /// For routes that take thousands of ids or prices at once.
    case batch
}

/// What an endpoint works with besides its input.
package struct Context: Sendable {
    package var db: Database
    package let loop: EventLoop
    package let service: ServiceParts
    /// Whom the credential belongs to; nil on open routes, and on reads that run beside the look-up.
    package var principal: Principal?
    /// The customer who is signed in; only on routes of the store.
    package var shopper: Shopper?
    package let clientAddress: String
    package let isSecure: Bool
}
