@testable import Migrations

/// A database's tables as text, a line for each thing in them, sorted: what tests compare.
enum Catalog {
    /// Columns, constraints, indexes, enumerations, triggers and sequences of the public schema.
    static func lines(_ connection: BlockingConnection) throws -> [String] {
        try connection.query(
            """
            SELECT line FROM (SELECT format('column %s.%s %s%s%s', c.relname, attname, format_type(atttypid, atttypmod),
                CASE WHEN attnotnull THEN ' not null' END, ' default ' || pg_get_expr(adbin, adrelid)) AS line
            FROM pg_class c
            JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
            LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            UNION ALL
            SELECT format('constraint %s %s: %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL
            SELECT format('index %s%s', indexdef, CASE WHEN NOT indisvalid THEN ' (invalid)' END)
            FROM pg_indexes JOIN pg_index ON indexrelid = format('%I', indexname)::regclass
            WHERE schemaname = 'public'
            UNION ALL
            SELECT format('enum %s: %s', typname, string_agg(enumlabel, ' ' ORDER BY enumsortorder))
            FROM pg_type t JOIN pg_enum ON enumtypid = t.oid
            WHERE typnamespace = 'public'::regnamespace GROUP BY typname
            UNION ALL
            SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL
            SELECT 'sequence ' || oid::regclass FROM pg_class
            WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
            ) AS everything ORDER BY line COLLATE "C"
            """
        ).map { $0[0] ?? "" }
    }

    /// A digest of all rows of all tables, by table.
    static func rows(_ connection: BlockingConnection) throws -> [String: String] {
        var digests: [String: String] = [:]
        let tables = try connection.query(
            """
            SELECT quote_ident(relname) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            """)
        for case let table? in tables.map(\.[0]) {
            digests[table] =
                try connection.query(
                    "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \(table) t")[0][
                    0] ?? ""
        }
        return digests
    }
}
