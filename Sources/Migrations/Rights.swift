/// What the role of a connection may do in the schema, and who else may do there what only its owner should.
struct Rights {
    let connection: BlockingConnection

    /// Looks, before anything is applied, whether all of it may be: what stops half-way is of no use to the role that
    /// would have to go on.
    ///
    /// - Returns: what is in the way, in a line; nil when nothing is.
    func obstacle(to pending: [MigrationFile]) throws(SQLFailure) -> String? {
        let place = try connection.query(
            "SELECT current_user, current_schema(), has_schema_privilege(current_schema(), 'CREATE')"
        )[0]
        let role = place[0] ?? ""
        guard let schema = place[1] else {
            return "no schema of the search_path is there for the role \(role) to use"
        }
        guard place[2] == "t" else {
            return "the role \(role) may not create tables in the schema \(schema)"
        }
        if let owner = try strangerWithHistory() {
            return
                "the table cohort_migration belongs to \(owner), whose triggers would run with the rights of"
                + " \(role): migrate as \(owner), or drop the table if it is not meant"
        }
        let foreign = try connection.query(
            """
            SELECT relname || ' (of ' || pg_get_userbyid(relowner) || ')'
            FROM unnest(string_to_array($1, ' ')) AS wanted (name)
            JOIN pg_class ON oid = to_regclass(quote_ident(wanted.name))
            WHERE NOT pg_has_role(relowner, 'USAGE') ORDER BY relname
            """, [Set(pending.flatMap(\.alteredTables)).sorted().joined(separator: " ")]
        ).compactMap { $0[0] }
        guard foreign.isEmpty else {
            return
                "the role \(role) may not make indexes and triggers on \(foreign.joined(separator: ", "));"
                + " migrate as the owner"
        }
        return nil
    }

    /// Whoever owns the record of migrations has code run by all who write to it: that must be the role itself, one that
    /// it is a member of, or one that could do so anyway. A superuser is everybody's member, and trusts none for that.
    private func strangerWithHistory() throws(SQLFailure) -> String? {
        try connection.query(
            """
            SELECT owner.rolname FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_roles owner ON owner.oid = c.relowner
            JOIN pg_roles own ON own.rolname = current_user
            JOIN pg_database d ON d.datname = current_database()
            WHERE c.oid = to_regclass('cohort_migration') AND NOT owner.rolsuper
                AND owner.oid NOT IN (own.oid, n.nspowner, d.datdba)
                AND (own.rolsuper OR NOT pg_has_role(owner.oid, 'USAGE'))
            """
        ).first?[0]
    }

    /// Those besides its owner and superusers who may create in the schema. They can have functions and operators of
    /// their own taken for PostgreSQL's by the functions of our triggers, which have their owner's rights.
    func strangersWhoMayCreate() throws(SQLFailure) -> [(role: String, remedy: String)] {
        try connection.query(
            """
            SELECT name, format('REVOKE CREATE ON SCHEMA %I FROM %s', nspname, name)
            FROM pg_namespace n, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS acl
            LEFT JOIN pg_roles r ON r.oid = grantee,
            LATERAL (SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(rolname) END) AS x (name)
            WHERE nspname = current_schema() AND privilege_type = 'CREATE' AND grantee <> nspowner
                AND NOT coalesce(rolsuper, false) AND rolname IS DISTINCT FROM current_user
                -- Who owns the tables needs no detour.
                AND grantee NOT IN (SELECT relowner FROM pg_class
                    WHERE oid IN (to_regclass('customer_group'), to_regclass('cohort_migration')))
            ORDER BY grantee
            """
        ).map { ($0[0] ?? "", $0[1] ?? "") }
    }
}

extension MigrationFile {
    /// Tables that the file changes if they are there, which only their owner may.
    var alteredTables: [String] {
        let indexed = needsNoTransaction ? statements.compactMap(\.indexedTable) : []
        let altered = text.split(separator: "\n").filter { $0.hasPrefix("ALTER TABLE ") }
            .map { String($0.dropFirst("ALTER TABLE ".count).prefix { $0 != " " }) }
        return (indexed + triggers.map(\.table) + altered).map { $0.filter { $0 != "\"" } }
    }
}

extension MigrationStatement {
    /// The table of the index that it builds.
    fileprivate var indexedTable: String? {
        guard case .build = work else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        return words.firstIndex(of: "ON").map { String(words[$0 + 1]) }
    }
}
