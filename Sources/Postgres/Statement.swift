import Synchronization

/// Which connections a statement runs on: those for what is quick, what changes something, what takes long.
package enum LaneKind: Sendable, CaseIterable {
    /// Point reads and indexed pages. Many share a connection, and those of one turn share a segment.
    case fast
    /// What changes something. Each statement, or each transaction, has a connection for itself.
    case write
    /// Searches, exact counts, exports: one at a time on a connection, so nothing quick waits behind them.
    case slow
}

/// An SQL text with a name, prepared once on each connection that meets it.
///
/// Values travel as `$n` only. Their types are what PostgreSQL infers from the text, so a placeholder in a
/// place that does not tell carries a cast (`$1::int8`). The fast and slow lanes are read-only: a statement
/// there that writes is refused by the server.
package final class Statement: Sendable {
    /// Tells statements apart, also those with equal names.
    package let id: Int
    /// For people: the log, and the name of the prepared statement on the server.
    package let name: String
    package let sql: String
    package let lane: LaneKind
    /// False for texts that are used once.
    let isPrepared: Bool

    private static let lastID = Atomic<Int>(0)

    package init(_ name: StaticString, _ sql: StaticString, lane: LaneKind = .fast) {
        self.id = Self.nextID()
        self.name = name.description
        self.sql = sql.description
        self.lane = lane
        isPrepared = true
    }

    /// A text joined from fixed pieces. Whoever joins them answers for there being no value among them.
    package init(
        composed sql: String, for subject: StaticString, _ detail: StaticString? = nil,
        lane: LaneKind = .fast
    ) {
        self.id = Self.nextID()
        self.name = detail.map { "\(subject).\($0)" } ?? subject.description
        self.sql = sql
        self.lane = lane
        isPrepared = true
    }

    /// A text that is sent whole each time.
    init(unprepared sql: String, name: String, lane: LaneKind) {
        self.id = Self.nextID()
        self.name = name
        self.sql = sql
        self.lane = lane
        isPrepared = false
    }

    private static func nextID() -> Int {
        lastID.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
