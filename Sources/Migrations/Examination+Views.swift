extension Examination {
    func examineViews() throws(SQLFailure) {
        let views = Views(connection: connection)
        let unfit = try views.unfit()
        guard !unfit.isEmpty else { return }
        guard mends else {
            return report(
                .off(
                    "missing, or not over the tables that are there: \(unfit.joined(separator: ", ")): run cohort migrate"
                ))
        }
        report(.mended("views: \(try views.make(in: session).joined(separator: ", "))"))
    }
}
