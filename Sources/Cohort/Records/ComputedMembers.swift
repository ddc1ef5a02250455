/// Members of a record that take more than its row and its relations, such as what a variant costs.
package protocol ComputedMembers: Sendable {
    /// Reads what they take, for records by id.
    func load(for ids: [String], on db: Database) async throws(APIError) -> any LoadedMembers
}

/// Computed members of some records, ready to be written.
package protocol LoadedMembers: Sendable {
    /// Whether they are all here, so that writing asks for nothing.
    var isComplete: Bool { get }
    /// What they take while they wait, and what is written of each again and again.
    var memoryBytes: Int { get }
    /// Writes those of the record at a position among the ids; records come in order.
    func write(_ position: Int, to sink: Sink, on db: Database) async throws(APIError)
}
