import JSON
import Postgres

/// The free-form object that a shop may attach to a record.
package enum Metadata {
    /// What a create stores: verbatim, or SQL NULL where the client sent nothing or null.
    static func created(_ field: Optionality<JSONObject>) -> Value {
        field.value.map { .jsonb($0.encoded()) } ?? .null
    }

    /// What an update does to the stored object: a shallow merge.
    ///
    /// - Source: Medusa 1.20.10, `utils/set-metadata.ts`.
    package struct Patch: Sendable {
        /// Members to set, null among the values.
        let set: Value
        /// Members to remove: those that the client sent as `""`.
        let removed: Value

        /// nil where the client sent nothing or null: the stored object stays as it is.
        init?(_ field: Optionality<JSONObject>) {
            guard let object = field.value else { return nil }
            var kept = JSONObject()
            var names: [String] = []
            for member in object.members {
                if case .string("") = member.value {
                    names.append(member.name)
                } else {
                    kept[member.name] = member.value
                }
            }
            set = .jsonb(kept.encoded())
            removed = .texts(names)
        }
    }

    /// What is stored of `column` with a ``Patch``, of which `set` and `removed` are the parameters.
    static func merged(_ column: SQL, set: SQL, removed: SQL) -> SQL {
        "CASE WHEN " + set + "::jsonb IS NULL THEN " + column
            + " ELSE (CASE jsonb_typeof(" + column + ") WHEN 'object' THEN " + column
            + " ELSE '{}' END || " + set + "::jsonb) - " + removed + "::text[] END"
    }
}
