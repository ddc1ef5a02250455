import HTTP
import JSON
import Postgres

/// What routes that change conditions answer: the discount.
extension Discount {
    static let find = Statement(
        "discount.find",
        composing: "SELECT " + entity.columns(of: "e")
            + " FROM discount e WHERE e.id = $1 AND e.deleted_at IS NULL")

    /// The `expand` and `fields` of such a route.
    static func selection(_ call: Call) throws(APIError) -> Selection {
        var query = try call.query(splittingSingleElements: true)
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        try query.finish()
        return try Selection(
            of: entity, expand: expand.flatMap { $0.isEmpty ? nil : $0 } ?? usualExpansion,
            fields: fields, fieldsBegin: entity.columnNames)
    }

    /// What routes answer that have changed a condition.
    ///
    /// - Parameter deleted: a condition that is gone, named beside the discount.
    static func answer(
        _ id: String, _ selection: Selection, deleted: String? = nil, on db: Database
    ) async throws(APIError) -> Response {
        try await db.afterWrite { () throws(APIError) in
            try await .record(
                "discount", entity, id: id, selection, found: db.start(find, [.text(id)]),
                on: db, missing: missing(id)
            ) { json in
                guard let deleted else { return }
                json.member("id", deleted)
                json.member("object", literal: "discount-condition")
                json.member("deleted", true)
            }
        }
    }
}
