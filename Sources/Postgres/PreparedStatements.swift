/// Which statements one connection has prepared, and under which names.
///
/// A name is never used twice on a connection: whatever became of an earlier preparation or of its
/// DEALLOCATE, the next one cannot clash with it.
struct PreparedStatements {
    private struct Entry {
        let name: [CChar]
        var lastUse: UInt64
        /// The server has said that it has it.
        var isConfirmed = false
    }

    private let max: Int
    private var entries: [Int: Entry] = [:]
    private var uses: UInt64 = 0
    /// Names that the server may still hold and that are of no use any more.
    private(set) var discarded: [[CChar]] = []

    init(max: Int) {
        self.max = Swift.max(max, 1)
    }

    var count: Int { entries.count }

    /// The name of a prepared statement; counts as a use of it.
    mutating func name(of statement: Statement) -> [CChar]? {
        uses += 1
        guard let index = entries.index(forKey: statement.id) else { return nil }
        entries.values[index].lastUse = uses
        return entries.values[index].name
    }

    /// Chooses a name for a statement that will be prepared now. The one not used for longest goes.
    mutating func add(_ statement: Statement) -> [CChar] {
        uses += 1
        // One that is under way may come to nothing, and then there is nothing to deallocate. It stays for now.
        while entries.count >= max,
            let oldest = entries.lazy.filter(\.value.isConfirmed)
                .min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
            discarded.append(oldest.value.name)
        }
        let name = Array("\(statement.name)#\(uses)".utf8CString)
        entries[statement.id] = Entry(name: name, lastUse: uses)
        return name
    }

    /// The server has prepared it under this name.
    mutating func confirm(_ statement: Statement, name: [CChar]) {
        if entries[statement.id]?.name == name { entries[statement.id]?.isConfirmed = true }
    }

    /// The server has not prepared it under this name.
    mutating func forget(_ statement: Statement, name: [CChar]) {
        if entries[statement.id]?.name == name { entries[statement.id] = nil }
    }

    /// The server refused to run it: either it no longer has it, or what it has fits the tables no more.
    mutating func forget(_ statement: Statement, isOnServer: Bool) {
        guard let entry = entries.removeValue(forKey: statement.id) else { return }
        if isOnServer { discarded.append(entry.name) }
    }

    /// It fits the tables no more, as was said on another connection. One that is just being prepared will be told itself.
    mutating func forgetIfConfirmed(_ statement: Statement) {
        if entries[statement.id]?.isConfirmed == true { forget(statement, isOnServer: true) }
    }

    mutating func nextDiscarded() -> [CChar]? {
        discarded.popLast()
    }

    /// The DEALLOCATE of a name was not carried out.
    mutating func keepDiscarded(_ name: [CChar]) {
        discarded.append(name)
    }
}
