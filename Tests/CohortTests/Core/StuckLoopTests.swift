import Dispatch
import Glibc
import HTTP
import Synchronization
import Testing

@testable import Cohort

/// What Prometheus is told of a loop that does not come to its work.
@Suite struct StuckLoopTests {
    /// Keeps a loop to itself until it is let go.
    private enum Block: Endpoint {
        static let route: StaticString = "GET /block"
        static let access = Access.open
        private static let end = DispatchSemaphore(value: 0)
        private static let begun = Atomic(0)

        static func parse(_ call: Call) throws(APIError) {}

        static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
            hold()
            return .text(200, "done")
        }

        private static func hold() {
            begun.add(1, ordering: .relaxed)
            end.wait()
        }

        /// Asks for it, and returns when it has a loop.
        static func begin(at port: UInt16) -> Threads<Int> {
            let count = begun.load(ordering: .relaxed)
            let asked = Threads(1) { _ in try Client(.port(port)).send("GET", "/block").status }
            #expect(Waiting.until(seconds: 30) { begun.load(ordering: .relaxed) > count })
            return asked
        }

        static func letGo() { end.signal() }
    }

    @Test func `a loop that is stuck or late is told, and that it goes on`() async throws {
        var configuration = Configuration()
        configuration.http.loops = 2
        configuration.database.url = "host=/nonexistent"
        configuration.log.requests = false
        configuration.metrics.host = "127.0.0.1"
        configuration.metrics.port = 0
        let service = try Service(
            configuration, routes: [Route(Block.self)], log: Log(configuration.log))
        let ports = try service.start()
        let metrics = UInt16(try #require(ports.metrics))
        @Sendable func page() throws -> PrometheusText {
            try PrometheusText(Client(.port(metrics)).send("GET", "/metrics").text)
        }
        func responding(_ page: PrometheusText) -> [Double?] {
            ["0", "1"].map { page.sum("cohort_loop_responding", ["loop": $0]) }
        }
        func delay(_ page: PrometheusText) -> Double {
            ["0", "1"].compactMap { page.sum("cohort_loop_delay_seconds", ["loop": $0]) }.max() ?? 0
        }
        func expectAllIsWell() {
            // The bound is the alert's.
            let isWell = Waiting.until(seconds: 30) {
                guard let page = try? page() else { return false }
                return responding(page) == [1, 1] && delay(page) < 0.5
            }
            #expect(isWell)
        }
        expectAllIsWell()

        // For longer than a scrape waits: the other loop answers, and what this one said last is known.
        let stuck = Block.begin(at: UInt16(ports.http))
        let during = try page()
        #expect(responding(during).compactMap { $0 }.sorted() == [0, 1])
        for loop in ["0", "1"] {
            #expect(during.sum("cohort_loop_delay_seconds", ["loop": loop]) != nil)
        }
        Block.letGo()
        #expect(try stuck.join().map { try $0.get() } == [200])
        expectAllIsWell()

        // For a while that a scrape waits out, unless it came late by itself.
        let isTold = Waiting.until(seconds: 60) {
            let late = Block.begin(at: UInt16(ports.http))
            let scrape = Threads(1) { _ in try page() }
            usleep(1_000_000)
            Block.letGo()
            _ = late.join()
            guard let page = try? scrape.join()[0].get() else { return false }
            return responding(page) == [1, 1] && delay(page) > 0.5
        }
        #expect(isTold)
        expectAllIsWell()
        await service.stop()
    }
}
