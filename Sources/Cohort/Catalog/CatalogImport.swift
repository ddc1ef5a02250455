import JSON
import Postgres

/// Loads regions, currencies, products, variants and default prices from a file of lines: all of it, or none
/// of it if any line is refused.
///
/// A line replaces the record with its id, so a file can be loaded again. What a line refers to has to be there
/// already, or on an earlier line. Format: `docs/catalog.md`.
package struct CatalogImport: Sendable {
    private let db: Database

    package init(db: Database) {
        self.db = db
    }

    package struct Report: Sendable {
        package fileprivate(set) var lines = 0
        package fileprivate(set) var records: [CatalogKind: Int] = [:]
        /// In order. More than ``refusalsMax`` are only counted.
        package fileprivate(set) var refusals: [Refusal] = []
        package fileprivate(set) var refused = 0
    }

    package struct Refusal: Sendable, CustomStringConvertible {
        package let line: Int
        package let reason: String

        package var description: String { "line \(line): \(reason)" }
    }

    /// Of a file that is not a catalogue at all, every line is wrong.
    package static let refusalsMax = 1000
    /// Lines of one kind that travel together.
    private static let batchMax = 500

    private static let statements: [CatalogKind: Statement] = [
        .currency: CatalogTable.currency.statement, .region: CatalogTable.region.statement,
        .product: CatalogTable.product.statement, .variant: CatalogTable.variant.statement,
        .price: CatalogTable.price,
    ]

    static let lookUp = Statement(
        "catalog.look_up", "SELECT set_config('enable_seqscan', 'off', true)", lane: .write)

    static var allStatements: [Statement] { [lookUp] + statements.values }

    /// - Parameters:
    ///   - nextLine: the file's lines without their ends, nil at the end. Empty ones are passed over.
    ///   - isRehearsal: whether to undo everything in the end.
    ///   - progress: is told how many lines were read, after each batch.
    /// - Throws: when the database fails; nothing was stored then.
    package func run(
        isRehearsal: Bool, nextLine: () throws -> [UInt8]?, progress: (Int) -> Void
    ) async throws -> Report {
        var report = Report()
        var failure: (any Error)?
        var isUndone = false
        do throws(APIError) {
            // A line that was read cannot be read again.
            try await db.transaction(attemptsMax: 1) { transaction throws(APIError) in
                _ = transaction.start(Self.lookUp)
                do {
                    try await load(in: transaction, &report, nextLine, progress)
                } catch let error as APIError {
                    throw error
                } catch {
                    failure = error
                    throw .conflict
                }
                // Leaving by an error undoes it all.
                isUndone = isRehearsal || report.refused > 0
                if isUndone { throw .conflict }
            }
        } catch {
            if let failure { throw failure }
            // The database may have ended it for a reason of its own, a deadlock for one.
            guard isUndone else { throw error }
        }
        return report
    }

    private func load(
        in transaction: Transaction, _ report: inout Report, _ nextLine: () throws -> [UInt8]?,
        _ progress: (Int) -> Void
    ) async throws {
        var batch: [CatalogRecord] = []
        while let text = try nextLine() {
            report.lines += 1
            guard text.contains(where: { $0 > UInt8(ascii: " ") }) else { continue }
            let record: CatalogRecord
            do throws(APIError) {
                record = try CatalogRecord(line: report.lines, text)
            } catch {
                report.refuse(report.lines, error.wire.message)
                continue
            }
            if let first = batch.first, first.kind != record.kind || batch.count == Self.batchMax {
                try await store(batch, in: transaction, &report)
                progress(report.lines)
                batch = []
            }
            batch.append(record)
        }
        try await store(batch, in: transaction, &report)
        progress(report.lines)
        report.refusals.sort { $0.line < $1.line }
    }

    private func store(
        _ batch: [CatalogRecord], in transaction: Transaction, _ report: inout Report
    ) async throws(APIError) {
        guard let kind = batch.first?.kind, let statement = Self.statements[kind] else { return }
        var json = JSONWriter(capacity: 256 * batch.count)
        json.array { json in
            for record in batch { record.write(to: &json) }
        }
        let refused = try await transaction.start(statement, [.jsonb(json.take())]).answer()
        for row in 0..<refused.count {
            report.refuse(Int(refused.int4(row, 0)), refused.text(row, 1))
        }
        report.records[kind, default: 0] += batch.count - refused.count
    }
}

extension CatalogImport.Report {
    fileprivate mutating func refuse(_ line: Int, _ reason: String) {
        refused += 1
        guard refusals.count < CatalogImport.refusalsMax else { return }
        refusals.append(CatalogImport.Refusal(line: line, reason: reason))
    }
}
