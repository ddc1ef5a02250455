import HTTP
import Postgres

/// The answer to a write with an `Idempotency-Key`, kept in the transaction of the write itself: it is there if and only
/// if that was done.
struct KeptAnswer: Sendable {
    /// Larger ones are not kept; what they show is read again.
    static let bytesMax = 1_048_576

    static let lock = Statement(
        "idempotency.lock", "SELECT pg_try_advisory_xact_lock($1::int8)", lane: .write)

    static let waitForLock = Statement(
        "idempotency.wait_for_lock", "SELECT true FROM pg_advisory_xact_lock($1::int8)",
        lane: .write)

    static let find = Statement(
        "idempotency.find",
        """
        SELECT created_at > now() - make_interval(secs => $2::float8), fingerprint, status, content_type, answer,
            source
        FROM cohort_idempotency_key
        WHERE key = $1
        """, lane: .write)

    static let forget = Statement(
        "idempotency.forget", "DELETE FROM cohort_idempotency_key WHERE key = $1", lane: .write)

    static let keep = Statement(
        "idempotency.keep",
        """
        INSERT INTO cohort_idempotency_key (key, fingerprint, status, content_type, answer, source)
        VALUES ($1, $2, $3, $4, $5, $6)
        """, lane: .write)

    static let prune = Statement(
        "idempotency.prune",
        """
        DELETE FROM cohort_idempotency_key
        WHERE key = ANY(ARRAY(
            SELECT key
            FROM cohort_idempotency_key
            WHERE created_at <= now() - make_interval(secs => $1::float8)
            ORDER BY created_at
            LIMIT $2::int8
            FOR UPDATE SKIP LOCKED))
        """, lane: .write)

    static let statements = [lock, waitForLock, find, forget, keep, prune]

    let status: Int
    private let contentType: StaticString?
    /// nil where it is read again at ``source``.
    let body: [UInt8]?
    /// Path and query of a GET.
    let source: String?

    /// - Parameters:
    ///   - source: where what a response shows can be read again.
    ///   - isKept: whether its body may be kept; not where it holds a credential.
    /// - Throws: `.invalidData` for one that can neither be kept nor read again.
    init(
        _ response: borrowing Response, shownAt source: String?, isKept: Bool
    ) throws(APIError) {
        status = response.status
        contentType = response.contentType
        if isKept, let bytes = response.bytes, bytes.count <= Self.bytesMax {
            body = bytes
            self.source = nil
        } else if let source {
            body = nil
            self.source = source
        } else {
            throw .invalidData(
                "The answer would be longer than \(Self.bytesMax) bytes, more than is kept for a request with"
                    + " Idempotency-Key or If-Match; ask for less with expand")
        }
    }

    var response: Response? {
        body.map { Response(status: status, contentType: contentType, body: $0) }
    }
}

extension KeptAnswer {
    fileprivate init(_ rows: borrowing Rows) {
        status = Int(rows.int4(0, 2))
        let name = rows.optionalText(0, 3)
        contentType = [Response.jsonType, Response.textType].first { "\($0)" == name }
        if rows.isNull(0, 4) {
            body = nil
        } else {
            var bytes: [UInt8] = []
            rows.appendBytes(0, 4, to: &bytes)
            body = bytes
        }
        source = rows.optionalText(0, 5)
    }

    /// Sent without waiting: it leaves with the COMMIT.
    fileprivate func start(_ place: [UInt8], _ fingerprint: [UInt8], on db: Database) {
        _ = db.start(
            Self.keep,
            [
                .bytea(place), .bytea(fingerprint), .int4(Int32(status)),
                contentType.map { .text("\($0)") } ?? .null, body.map { .bytea($0) } ?? .null,
                source.map { .text($0) } ?? .null,
            ])
    }
}

/// Where the answer to one keyed request is kept, and what the request was.
struct KeyedRequest: Sendable {
    private let place: [UInt8]
    private let fingerprint: [UInt8]
    /// In seconds.
    private let lifetime: Double

    init(userID: String, key: String, fingerprint: [UInt8], lifetime: Duration) {
        place = RequestDigest.place(userID: userID, key: key)
        self.fingerprint = fingerprint
        self.lifetime = Double(lifetime.components.seconds)
    }

    /// Takes the key for this transaction, unless the request was answered before.
    ///
    /// - Parameter again: whether this request had it before: what is left of that may hold it for a moment yet.
    /// - Returns: what was answered then.
    /// - Throws: `.conflict` while another has the key; `.keyReused` when that was another request.
    func claim(again: Bool, on db: Database) async throws(APIError) -> KeptAnswer? {
        let number = place.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        // One round trip. The second statement sees what was committed before the lock was had: who holds a lock shows
        // what it did before it lets go.
        let locking = db.start(
            again ? KeptAnswer.waitForLock : KeptAnswer.lock, [.int8(number)])
        let finding = db.start(KeptAnswer.find, [.bytea(place), .float8(lifetime)])
        let isMine = try await locking.answer().bool(0, 0)
        let rows = try await finding.answer()
        if rows.count == 1, rows.bool(0, 0) {
            guard rows.bytes(0, 1).holds(fingerprint) else { throw .keyReused }
            return KeptAnswer(rows)
        }
        guard isMine else { throw .conflict }
        if rows.count == 1 { _ = db.start(KeptAnswer.forget, [.bytea(place)]) }
        return nil
    }

    func keep(_ answer: KeptAnswer, on db: Database) {
        answer.start(place, fingerprint, on: db)
    }
}

extension RawSpan {
    fileprivate func holds(_ other: [UInt8]) -> Bool {
        guard byteCount == other.count else { return false }
        return other.indices.allSatisfy { index in
            unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self) == other[index]
        }
    }
}
