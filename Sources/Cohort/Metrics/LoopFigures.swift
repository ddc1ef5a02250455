import EventLoop
import HTTP
import Postgres

/// The figures of one loop at one moment.
struct LoopFigures: Sendable {
    struct Replica: Sendable {
        let name: String
        let lane: LaneStatistics
        let isPassedOver: Bool
    }

    let requests: RequestFigures
    let http: HTTPFigures
    let connections: Int
    /// The same in the same order on every loop.
    let lanes: [(name: String, figures: LaneStatistics)]
    let replicas: [Replica]
    /// Large batches that wait for their turn.
    let batchesWaiting: Int
    /// How long the loop took to come to telling this.
    let delay: Duration
}

/// One loop as the metrics' listener sees it.
struct LoopSource: Sendable {
    let loop: EventLoop
    private let server: Server
    private let http: HTTPServer
    private let pool: Pool
    private let batches: SingleFlight

    init(
        _ loop: EventLoop, _ server: Server, _ http: HTTPServer, _ pool: Pool,
        _ batches: SingleFlight
    ) {
        self.loop = loop
        self.server = server
        self.http = http
        self.pool = pool
        self.batches = batches
    }

    /// Call on the loop.
    func figures(askedAt time: MonotonicTime) -> LoopFigures {
        LoopFigures(
            requests: server.figures, http: http.figures, connections: http.connectionCount,
            lanes: pool.lanes,
            replicas: pool.replicaStatistics.map {
                LoopFigures.Replica(name: $0.name, lane: $0.figures, isPassedOver: $0.isPassedOver)
            },
            batchesWaiting: batches.waitersCount, delay: .now() - time)
    }
}
