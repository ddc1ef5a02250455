/// Looks whether a database is as this program left it (migrations, indexes, triggers, counters, price lists), and whether the server
/// can bear the service.
///
/// Others may have restored tables without their triggers, switched triggers off, or broken off an index that
/// was being built. What it mends it mends beside running writers.
package struct Doctor {
    /// One thing that was looked at, in a line for an operator.
    package enum Finding: Equatable, Sendable {
        case fine(String)
        /// Worth knowing, and no fault.
        case note(String)
        case off(String)
        /// Was off, and is not any more.
        case mended(String)
    }

    private let databaseURL: String
    private let files: [MigrationFile]
    private let surroundings: Surroundings?
    private let statements: [(name: String, sql: String)]

    /// - Parameters:
    ///   - databaseURL: any libpq connection string; for mending one that leads through no pooler.
    ///   - surroundings: nil to look at nothing but the database.
    ///   - statements: that the service sends, by name.
    package init(
        databaseURL: String, files: [MigrationFile] = MigrationFile.all,
        surroundings: Surroundings? = nil, statements: [(name: String, sql: String)] = []
    ) {
        self.databaseURL = databaseURL
        self.files = files
        self.surroundings = surroundings
        self.statements = statements
    }

    /// - Parameters:
    ///   - mends: whether to mend what can be mended, or only to look.
    ///   - report: told each finding at once.
    ///   - progress: told how far a step is that takes long; each text takes the place of the one before.
    /// - Throws: `.cannotConnect`, `.pooled`, `.noTransactions`, or `.failed` for what could not be looked at or mended.
    package func examine(
        mends: Bool = false, report: @escaping (Finding) -> Void,
        progress: ((String) -> Void)? = nil
    ) throws(MigrationError) {
        let session = try MigrationSession(
            databaseURL, lockTimeout_ms: 500, pause_ms: 1000, report: { report(.note($0)) },
            progress: progress)
        guard !mends || !session.isPooled else { throw .pooled }
        try session.tryTransaction()
        let history = try History(of: files, in: session.connection)
        let examination = Examination(
            session: session, files: history.applied(of: files), mends: mends, report: report)
        do throws(SQLFailure) {
            if mends { try session.takeLock() }
            defer { session.end() }
            if let surroundings {
                try ServerExamination(
                    connection: session.connection, surroundings: surroundings, report: report
                ).examine()
            }
            try examination.examineMigrations(history, of: files)
            try examination.examineRights(history.pending)
            try examination.goOn(behind: examination.examineViews)
            if history.pending.isEmpty { try examination.examine(statements) }
            for look in [
                examination.examineNulls, examination.examineIndexes,
                examination.examineOpenedPriceLists, examination.examineTriggers,
                examination.examinePriceTies, examination.examineCounters,
                examination.examinePriceLists,
            ] { try examination.goOn(behind: look) }
        } catch {
            throw .failed(file: "doctor", error)
        }
    }
}

/// One look at a database, or one round of mending it.
struct Examination {
    let session: MigrationSession
    /// Those that the database went through.
    let files: [MigrationFile]
    let mends: Bool
    let report: (Doctor.Finding) -> Void

    var connection: BlockingConnection { session.connection }

    func examineMigrations(_ history: History, of all: [MigrationFile]) throws(SQLFailure) {
        guard history.unrecorded.isEmpty else {
            return report(.off("\(MigrationError.unrecorded(history.unrecorded))"))
        }
        var isFine = true
        for status in history.statuses {
            let file = all.first { $0.name == status.name }
            switch status.state {
            case .applied: continue
            case .pending:
                // Before anything is migrated nobody has tried to make it yet.
                if let name = file?.optionalExtension, !files.isEmpty,
                    try !connection.hasExtension(name)
                {
                    report(
                        .note(
                            "\(status.name) waits for the extension \(name): CREATE EXTENSION \(name) as a role that may, then cohort migrate"
                        ))
                    continue
                }
                report(.off("\(status.name) is not applied: run cohort migrate"))
            case .edited: report(.off("\(status.name) is not the file that was applied"))
            case .unknown: report(.off("\(status.name) was applied by a newer program"))
            }
            isFine = false
        }
        if isFine { report(.fine("migrations: \(files.count) applied")) }
    }

    // MARK: - Rights

    func examineRights(_ pending: [MigrationFile]) throws(SQLFailure) {
        let rights = Rights(connection: connection)
        if !pending.isEmpty, let obstacle = try rights.obstacle(to: pending) {
            report(.off("what is not applied cannot be: \(obstacle)"))
        }
        for (role, remedy) in try rights.strangersWhoMayCreate() {
            let text =
                "\(role) may create in the schema, and so have our triggers run functions of theirs with the rights of"
                + " the tables' owner: \(remedy)"
            report(role == "PUBLIC" ? .off(text) : .note(text))
        }
    }

    /// A table that is missing is one finding, and no end of the others.
    func goOn(behind look: () throws(SQLFailure) -> Void) throws(SQLFailure) {
        do {
            try look()
        } catch  where error.isOfSchema {
            report(.off("\(error)"))
            try connection.run("ROLLBACK")
        }
    }

    // MARK: - Columns

    /// Adopting looks at the types of columns only.
    func examineNulls() throws(SQLFailure) {
        let wanted = files.flatMap(\.filledColumns)
        let found = try connection.query(
            """
            SELECT attrelid::regclass, quote_ident(attname) FROM pg_attribute
            JOIN unnest(string_to_array($1, ' '), string_to_array($2, ' ')) AS wanted (relation, name)
                ON attrelid = to_regclass(quote_ident(relation)) AND attname = name
            WHERE NOT attnotnull ORDER BY relation, name
            """,
            [
                wanted.map(\.table).joined(separator: " "),
                wanted.map(\.column).joined(separator: " "),
            ]
        ).map { $0.compactMap { $0 } }
        for column in found {
            let holds = try connection.query(
                "SELECT EXISTS (SELECT FROM \(column[0]) WHERE \(column[1]) IS NULL)")
            let text = "column \(column[0]).\(column[1]) may be NULL, as in Medusa it may not"
            report(
                holds == [["t"]]
                    ? .off("\(text), and is")
                    : .off("\(text): ALTER TABLE \(column[0]) ALTER \(column[1]) SET NOT NULL"))
        }
    }

    // MARK: - Indexes

    func examineIndexes() throws(SQLFailure) {
        var wanted: [(name: String, statement: String)] = []
        for statement in files.filter(\.needsNoTransaction).flatMap(\.statements) {
            switch statement.work {
            case .build(let index): wanted.append((index, statement.text))
            case .drop(let index): wanted.removeAll { $0.name == index }
            case .call, .other: break
            }
        }
        var isFine = true
        for (name, statement) in wanted {
            let isValid = try connection.isValidIndex(name)
            if isValid == true { continue }
            isFine = false
            let text = "index \(name): \(isValid == nil ? "missing" : "unfinished")"
            guard mends else {
                report(.off(text))
                continue
            }
            try session.outsideTransaction { () throws(SQLFailure) in
                try session.build(name, statement)
            }
            report(.mended(text))
        }
        if isFine { report(.fine("indexes: \(wanted.count) in place")) }
        let others = try connection.query(
            """
            SELECT i.indexrelid::regclass, i.indrelid::regclass
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
                AND c.relname <> ALL (string_to_array($1, ' '))
            ORDER BY 1
            """, [wanted.map(\.name).joined(separator: " ")])
        for row in others {
            report(
                .note(
                    "index \(row[0] ?? "") of \(row[1] ?? "") is unfinished: being built, or left by what built it"
                ))
        }
    }

    // MARK: - Triggers

    func examineTriggers() throws(SQLFailure) {
        let wanted = files.flatMap(\.triggers)
        var isFine = true
        for trigger in wanted {
            let name = "trigger \(trigger.name) of \(trigger.table)"
            let state = try connection.query(
                "SELECT tgenabled FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = $2",
                [trigger.table, trigger.name])
            switch state.first?[0] {
            case "O", "A": continue
            case nil:
                try mend("\(name): missing", by: trigger.statement)
            default:
                try mend(
                    "\(name): switched off",
                    by: "ALTER TABLE \(trigger.table) ENABLE TRIGGER \(trigger.name)")
            }
            isFine = false
        }
        if isFine { report(.fine("triggers: \(wanted.count) in place")) }
    }

    private func mend(_ fault: String, by statement: String) throws(SQLFailure) {
        guard mends else { return report(.off(fault)) }
        try session.transaction(fault) { () throws(SQLFailure) in try connection.run(statement) }
        report(.mended(fault))
    }

    // MARK: - Counters

    func examineCounters() throws(SQLFailure) {
        guard try connection.query("SELECT to_regclass('cohort_counter')") != [[nil]] else {
            return
        }
        for fault in try missingKeys() { report(.off(fault)) }
        try fill()
        try shorten()
        let found = try Counters(connection)
        guard !found.differences.isEmpty else {
            return report(.fine("counters: \(found.summary)"))
        }
        guard mends else { return list(found.differences) { .off($0) } }
        for difference in found.differences { try recount(difference) }
        list(found.differences) { .mended($0) }
        // Another look: what goes wrong again at once is not mended.
        list(try Counters(connection).differences) { .off($0) }
    }

    private func list(_ differences: [Counters.Difference], as finding: (String) -> Doctor.Finding)
    {
        let most = 20
        for difference in differences.prefix(most) { report(finding("\(difference)")) }
        if differences.count > most {
            report(finding("and \(differences.count - most) more counters"))
        }
    }

    /// The members that are counted are rows; each must be one live or deleted customer, once.
    private func missingKeys() throws(SQLFailure) -> [String] {
        let keys = try connection.query(
            """
            SELECT
                bool_or(contype = 'p' AND cardinality(conkey) = 2),
                bool_or(contype = 'f' AND convalidated AND confrelid = 'customer'::regclass),
                bool_or(contype = 'f' AND convalidated AND confrelid = 'customer_group'::regclass)
            FROM pg_constraint WHERE conrelid = 'customer_group_customers'::regclass
            """)
        let names = ["primary key", "foreign key to customer", "foreign key to customer_group"]
        return zip(names, keys.first ?? []).filter { $1 != "t" }.map { name, _ in
            "customer_group_customers has no \(name): its rows may not be what they are counted as"
        }
    }

    private func fill() throws(SQLFailure) {
        // Somebody may have emptied that table, too.
        let unfilled = try connection.query(
            """
            SELECT w.relation
            FROM unnest(string_to_array($1, ' ')) AS w (relation)
            WHERE NOT EXISTS (
                SELECT FROM cohort_counter c WHERE c.relation = w.relation AND c.filled_at IS NOT NULL)
            ORDER BY w.relation
            """, [Counters.relations])
        guard !unfilled.isEmpty else { return }
        let names = unfilled.compactMap(\.[0]).joined(separator: ", ")
        let fault = "counters of \(names): not filled, so that lists count"
        guard mends else { return report(.off(fault)) }
        _ = try connection.query(
            """
            INSERT INTO cohort_counter (relation) SELECT unnest(string_to_array($1, ' '))
            ON CONFLICT DO NOTHING
            """, [Counters.relations])
        try session.outsideTransaction { () throws(SQLFailure) in
            try session.call("CALL cohort_fill_counters()")
        }
        report(.mended(fault))
    }

    /// Puts together what nobody put together, as of a group that was filled row by row and then left alone.
    private func shorten() throws(SQLFailure) {
        let long = try connection.query(
            """
            SELECT 'customers', count(*), 'SELECT cohort_fold_customer()'
            FROM cohort_customer_count HAVING count(*) > 1000
            UNION ALL
            SELECT 'groups', count(*), 'SELECT cohort_fold_customer_group()'
            FROM cohort_customer_group_count HAVING count(*) > 1000
            UNION ALL
            SELECT 'members of ' || customer_group_id, count(*),
                format('SELECT cohort_fold_members(ARRAY[%L])', customer_group_id)
            FROM cohort_member_count GROUP BY customer_group_id HAVING count(*) > 1000
            """
        ).map { $0.compactMap { $0 } }
        for row in long {
            let text = "\(row[0]): a counter of \(row[1]) rows"
            guard mends else {
                report(.note(text))
                continue
            }
            // Those of transactions that were under way a moment ago stay.
            while try connection.query(row[2]) == [["10000"]] {}
            report(.mended(text))
        }
    }

    // MARK: - Price lists

    /// Whom the lists are for that have no groups: those that lost them are for nobody, the others for everybody. Which of
    /// these lost theirs while triggers were off, nobody can know any more.
    func examinePriceLists() throws(SQLFailure) {
        guard try connection.query("SELECT to_regclass('cohort_price_list_closed')") != [[nil]]
        else { return }
        try forgetGoneLists()
        let lists = try connection.query(
            """
            SELECT l.id, EXISTS (SELECT FROM cohort_price_list_closed c WHERE c.price_list_id = l.id)
            FROM price_list l
            WHERE l.deleted_at IS NULL AND l.status = 'active'
                AND NOT EXISTS (SELECT FROM price_list_customer_groups x WHERE x.price_list_id = l.id)
            ORDER BY l.id
            """)
        func names(_ isClosed: String) -> (count: Int, list: String) {
            let found = lists.filter { $0[1] == isClosed }.compactMap(\.[0])
            let most = 5
            return (
                found.count,
                found.prefix(most).joined(separator: ", ") + (found.count > most ? ", …" : "")
            )
        }
        let closed = names("t")
        if closed.count > 0 {
            report(
                .note(
                    "price lists: \(closed.count) lost their groups and are for nobody until they get others (\(closed.list))"
                ))
        }
        let open = names("f")
        if open.count > 0 {
            report(
                .note(
                    "price lists: \(open.count) active ones have no groups and are for everybody (\(open.list)); is that meant?"
                ))
        }
    }

    /// What closes a list must not outlive it: one may come back under its id.
    private func forgetGoneLists() throws(SQLFailure) {
        let gone =
            "FROM cohort_price_list_closed c WHERE NOT EXISTS (SELECT FROM price_list l WHERE l.id = c.price_list_id)"
        let count = try connection.query("SELECT count(*) \(gone)")[0][0] ?? "0"
        guard count != "0" else { return }
        let fault = "price lists: \(count) that are gone would be for nobody if they came back"
        guard mends else { return report(.off(fault)) }
        try session.transaction(fault) { () throws(SQLFailure) in
            _ = try connection.query("DELETE \(gone)")
        }
        report(.mended(fault))
    }

    private func recount(_ difference: Counters.Difference) throws(SQLFailure) {
        try session.transaction("\(difference)") { () throws(SQLFailure) in
            switch difference.counter {
            case .customers: _ = try connection.query("SELECT cohort_recount_customer()")
            case .groups: _ = try connection.query("SELECT cohort_recount_customer_group()")
            case .members(let group):
                _ = try connection.query("SELECT cohort_recount_members(ARRAY[$1::text])", [group])
            }
        }
    }
}
