/// The views on tables that Medusa may have, as `0026_views_made_anew.sql` has them.
///
/// Such a table can be changed only while none is there; and it may have come after they were made.
struct Views {
    let connection: BlockingConnection

    /// Names of those that are missing, or are not over the tables that there are now.
    func unfit() throws(SQLFailure) -> [String] {
        guard try connection.query("SELECT to_regprocedure('cohort_view()')") != [[nil]] else {
            return []
        }
        return try connection.query("SELECT name FROM cohort_view() WHERE NOT fits ORDER BY name")
            .compactMap(\.[0])
    }

    /// Makes these, and answers their names.
    func make(in session: MigrationSession) throws(SQLFailure) -> [String] {
        var names: [String] = []
        try session.transaction("views") { () throws(SQLFailure) in
            names = try connection.query("SELECT cohort_make_views()").compactMap(\.[0])
        }
        return names
    }
}
