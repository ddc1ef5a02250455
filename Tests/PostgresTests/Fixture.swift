import EventLoop
import Postgres
import Synchronization
import TestSupport
import Testing

/// A pool on a loop of its own.
final class Fixture: Sendable {
    let loop: EventLoop
    let pool: Pool
    let events = Events()

    init(_ url: String, _ configure: (inout PoolConfiguration) -> Void = { _ in }) throws {
        loop = try EventLoop(label: "test")
        var configuration = PoolConfiguration(url: url)
        // A busy machine must not fail a test that is not about time.
        configuration.unavailableGrace = .seconds(30)
        configuration.holdUpMax = .seconds(30)
        configuration.stuckWaitDeadline = .seconds(30)
        configuration.slowLockTimeout = .seconds(30)
        for lane in LaneKind.allCases {
            configuration[lane].waitDeadline = .seconds(30)
            configuration[lane].statementTimeout = .seconds(30)
        }
        configure(&configuration)
        configuration.log = { [events] event in events.add(event) }
        pool = Pool(loop: loop, configuration: configuration)
        loop.start()
        loop.perform { [pool] in pool.start() }
    }

    /// A pool that reaches the server through a network of the test's own.
    static func behindNetwork(
        _ cluster: PrivateCluster, _ configure: (inout PoolConfiguration) -> Void
    ) throws -> (Fixture, TCPProxy) {
        let network = try TCPProxy(to: #require(UInt16(cluster.port)))
        let url = "host=127.0.0.1 port=\(network.port) user=cohort dbname=postgres"
        return (try Fixture(url, configure), network)
    }

    /// Runs `body` on the loop.
    func run<T: Sendable>(
        _ body: @escaping @Sendable (Pool) async throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            loop.perform { [loop, pool] in
                loop.run {
                    do {
                        continuation.resume(returning: try await body(pool))
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
        }
    }

    func close() async {
        await withCheckedContinuation { continuation in
            loop.perform { [pool] in
                pool.close()
                continuation.resume()
            }
        }
        loop.stop()
    }
}

/// Runs `body` with a pool on a new database of the shared cluster.
func withPool<T: Sendable>(
    _ configure: @escaping @Sendable (inout PoolConfiguration) -> Void = { _ in },
    _ body: (Fixture, String) async throws -> T
) async throws -> T {
    try await PrivateCluster.shared.get().withDatabase { url in
        let fixture = try Fixture(url, configure)
        do {
            let value = try await body(fixture, url)
            await fixture.close()
            return value
        } catch {
            await fixture.close()
            throw error
        }
    }
}

/// The error of a body that must fail.
func failure(_ body: () async throws -> Void) async -> PostgresError? {
    do {
        try await body()
        return nil
    } catch TransactionError<PostgresError>.body(let error) {
        return error
    } catch TransactionError<PostgresError>.postgres(let error) {
        return error
    } catch {
        return error as? PostgresError
    }
}

final class Events: Sendable {
    private let events = Mutex<[PoolEvent]>([])

    func add(_ event: PoolEvent) { events.withLock { $0.append(event) } }
    var all: [PoolEvent] { events.withLock { $0 } }
}
