/// A shop to try Cohort with: 2,000 customers in 40 groups, products, price lists and a discount.
///
/// All of it is a function of the files in `Demo/`: each load gives the same rows, ids included.
package enum DemoShop {
    /// The one user, who may do everything.
    package struct Admin: Sendable {
        package var email: String
        /// Medusa's format; the caller knows the password.
        package var passwordHash: String
        package var apiToken: String

        package init(
            email: String = "admin@cohort.example", passwordHash: String, apiToken: String
        ) {
            self.email = email
            self.passwordHash = passwordHash
            self.apiToken = apiToken
        }
    }

    /// Loads the shop into a migrated database, all or nothing.
    ///
    /// - Returns: false when something is there already: a shop of somebody's is not mixed with this one.
    package static func load(databaseURL: String, admin: Admin) throws(MigrationError) -> Bool {
        let connection = try BlockingConnection(databaseURL)
        var file = "demo shop"
        do throws(SQLFailure) {
            try connection.run("BEGIN")
            // Days begin at midnight in the same place everywhere; compiling expressions takes longer
            // than running them. The lock lets one of two loaders find the other's rows.
            try connection.run(
                """
                SET LOCAL timezone = 'UTC'; SET LOCAL jit = off; SET LOCAL statement_timeout = 0;
                LOCK TABLE customer_group IN SHARE ROW EXCLUSIVE MODE
                """)
            let isTaken = try connection.query(
                """
                SELECT EXISTS (SELECT FROM customer_group) OR EXISTS (SELECT FROM customer)
                    OR EXISTS (SELECT FROM product) OR EXISTS (SELECT FROM "user")
                """)
            guard isTaken == [["f"]] else { return false }
            for (name, value) in [
                ("email", admin.email), ("password_hash", admin.passwordHash),
                ("api_token", admin.apiToken),
            ] {
                _ = try connection.query(
                    "SELECT set_config($1, $2, true)", ["cohort_demo.\(name)", value])
            }
            for part in DemoFiles.files {
                file = "\(part.name)"
                try connection.run("\(part.text)")
            }
            file = "demo shop"
            try connection.run("COMMIT")
            // So that the first requests are planned as well as later ones, and use the search indexes.
            try connection.run("VACUUM ANALYZE")
            return true
        } catch {
            throw .failed(file: file, error)
        }
    }
}
