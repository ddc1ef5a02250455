package import EventLoop

/// The PostgreSQL connections of one loop, confined to it.
package final class Pool: @unchecked Sendable {
    let loop: EventLoop
    let configuration: PoolConfiguration

    package init(loop: EventLoop, configuration: PoolConfiguration) {
        self.loop = loop
        self.configuration = configuration
    }

    /// Begins to connect; what is asked for before that waits.
    package func start() {
        fatalError()
    }

    package func start(
        _ statement: Statement, _ values: [Value] = [], watch: ClientWatch? = nil
    ) -> PendingRows {
        fatalError()
    }

    package func query(
        _ statement: Statement, _ values: [Value] = [], watch: ClientWatch? = nil
    ) async throws(PostgresError) -> Rows {
        try await start(statement, values, watch: watch).rows()
    }

    package func transaction<T, Failure: Error>(
        on lane: LaneKind = .write, watch: ClientWatch? = nil,
        _ body: (Transaction) async throws(Failure) -> T
    ) async throws(TransactionError<Failure>) -> T {
        fatalError()
    }

    package func cursor(
        _ statement: Statement, _ values: [Value] = [], chunkRows: Int = 1000,
        watch: ClientWatch? = nil
    ) -> Cursor {
        fatalError()
    }

    package func close() {
        fatalError()
    }

    package var isReachable: Bool { fatalError() }

    package func statistics(_ lane: LaneKind) -> LaneStatistics { fatalError() }
}
