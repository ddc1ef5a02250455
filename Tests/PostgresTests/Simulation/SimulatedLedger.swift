import Postgres

/// What callers were told, to be held against what the server has.
struct SimulatedLedger {
    private(set) var acknowledged: Set<Int64> = []
    /// With what they were told.
    private(set) var refused: [Int64: String] = [:]
    private(set) var unknown: Set<Int64> = []
    /// Answers that must never be given.
    private(set) var wrong: [String] = []
    private var onPurpose: Set<Int64> = []
    private(set) var readsAnswered = 0
    private(set) var readsRefused: [String] = []

    mutating func wrote(_ id: Int64, _ error: PostgresError?) {
        switch error {
        case nil: acknowledged.insert(id)
        case .outcomeUnknown: unknown.insert(id)
        case .some(let error):
            refused[id] = "\(error)"
            judge(error, of: "write \(id)")
        }
    }

    mutating func read(_ what: String, _ error: PostgresError?) {
        guard let error else {
            readsAnswered += 1
            return
        }
        readsRefused.append("\(what): \(error)")
        if error == .outcomeUnknown { wrong.append("\(what): \(error)") }
        judge(error, of: what)
    }

    mutating func failedOnPurpose(_ id: Int64) {
        onPurpose.insert(id)
        refused[id] = "on purpose"
    }

    mutating func isWrong(_ text: String) { wrong.append(text) }

    /// No caller may meet what another left behind on a connection.
    private mutating func judge(_ error: PostgresError, of what: String) {
        switch error {
        case .notSent: wrong.append("\(what): \(error)")
        case .server(let server):
            let ours = ["25P02", "25P01", "25001", "42P05", "34000"]
            if ours.contains(server.sqlstate) { wrong.append("\(what): \(error)") }
        default: break
        }
    }

    /// Nobody but who failed on purpose, and who had been shown a part of a cursor's rows, is refused anything.
    var findingsOfNoCost: [String] {
        refused.filter { !onPurpose.contains($0.key) }.map { "\($0) was refused: \($1)" }
            + readsRefused.filter { !$0.hasPrefix("cursor") }
    }

    /// What is not as it should be; empty when all is well.
    func findings(comparedWith rows: [Int64]) -> [String] {
        var findings = wrong
        let present = Set(rows)
        for id in present where rows.count(where: { $0 == id }) > 1 {
            findings.append("\(id) was written twice")
        }
        for id in acknowledged.subtracting(present).sorted() {
            findings.append("\(id) was acknowledged and is not there")
        }
        for (id, why) in refused.sorted(by: { $0.key < $1.key }) where present.contains(id) {
            findings.append("\(id) was refused and is there: \(why)")
        }
        for id in present.sorted() {
            let told = abs(id)
            if !acknowledged.contains(told), !unknown.contains(told), refused[told] == nil {
                findings.append("\(id) is there, and nobody was told anything of it")
            }
            if id < 0, !present.contains(-id) { findings.append("half of \(-id) is there") }
        }
        return findings
    }
}
