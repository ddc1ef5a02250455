import JSON
import Postgres

/// A relation of every row of a list to the same one record.
package struct CommonMember: Sendable {
    let name: StaticString
    let entity: Entity

    /// - Parameter rows: one row, which begins with the record's columns.
    func read(_ rows: borrowing Rows) -> any ComputedMembers {
        var json = JSONWriter()
        json.array { json in
            json.object { json in json.members(of: rows, row: 0, all: entity.columns) }
        }
        return Known(name: name, json: json.take())
    }

    private struct Known: ComputedMembers, LoadedMembers {
        let name: StaticString
        let json: [UInt8]
        var count = 0

        var isComplete: Bool { true }
        var memoryBytes: Int { count * json.count }

        func load(for ids: [String], on db: Database) -> any LoadedMembers {
            Known(name: name, json: json, count: ids.count)
        }

        func write(_ position: Int, to sink: Sink, on db: Database) {
            sink.json.key(name)
            sink.json.raw(json)
        }
    }
}
