import Dispatch
import EventLoop
import JSON
import Postgres
import Testing

@testable import Cohort
@testable import HTTP

/// Says where its body was read.
private enum Probe: Endpoint {
    static let route: StaticString = "POST /probe"
    static let onLoop = DispatchSpecificKey<Bool>()

    static func parse(_ call: Call) throws(APIError) -> Bool {
        var fields = try Fields(call.body)
        _ = fields.string("name")
        try fields.finish()
        return DispatchQueue.getSpecific(key: onLoop) ?? false
    }

    static func run(_ wasOnLoop: Bool, in context: Context) async throws(APIError) -> Response {
        Response.text(wasOnLoop ? 200 : 202, "")
    }
}

@Suite struct LargeBodyTests {
    private let queue = ComputeQueue(
        label: "test.bodies", limits: .init(width: 1, waitersMax: 1), retryAfterSeconds: 1)

    private func call(
        _ body: String, type: String = "application/json"
    ) throws(APIError) -> Call {
        try Call.made("POST /probe", body: body, type: type)
    }

    /// One that no endpoint could do much with.
    private static func context(_ loop: EventLoop) -> Context {
        let log = Log(Configuration.Log())
        let pool = Pool(
            loop: loop, configuration: PoolConfiguration(Configuration.Database(), log: log))
        return Context(
            db: Database(pool: pool, watch: ClientWatch(), shapes: ShapeCache()), loop: loop,
            service: ServiceParts(Configuration(), log: log), principal: nil, clientAddress: "",
            isSecure: false)
    }

    private func object(bytes: Int) -> String {
        let frame = #"{"name":"x"}"#
        return frame.dropLast() + String(repeating: " ", count: bytes - frame.utf8.count) + "}"
    }

    @Test func `a body is large from a size on that ordinary routes do not take`() throws {
        let largest = try call(object(bytes: 131_072))
        #expect(!largest.hasLargeBody)
        #expect(largest.body != nil)
        let large = try call(object(bytes: 131_073))
        #expect(large.hasLargeBody)
        #expect(large.body == nil)
        #expect(try large.readingBody().body == call(object(bytes: 131_073)).readingBody().body)
        #expect(try large.readingBody().body != nil)
        #expect(try !call(object(bytes: 131_073), type: "text/plain").hasLargeBody)
    }

    @Test func `a large body is read and checked away from the loop`() async throws {
        let loop = try EventLoop(label: "test.loop")
        loop.queue.setSpecific(key: Probe.onLoop, value: true)
        loop.start()
        defer { loop.stop() }
        let call = try call(object(bytes: 200_000))
        let statuses = await withCheckedContinuation {
            (continuation: CheckedContinuation<[Int?], Never>) in
            loop.perform { [queue] in
                loop.run {
                    let route = Route(Probe.self)
                    let context = Self.context(loop)
                    let here = try? await route.perform(call.readingBody(), context).status
                    let away = try? await route.reading(call, on: queue)(call, context).status
                    context.db.pool.close()
                    continuation.resume(returning: [here, away])
                }
            }
        }
        #expect(statuses == [200, 202])
    }

    @Test func `32 large bodies wait, and the next is told to come later`() async throws {
        let bodies = ServiceParts(Configuration(), log: Log(Configuration.Log())).largeBodies
        let isFree = DispatchSemaphore(value: 0)
        let reading = (0...32).map { _ in
            Task { try await bodies.run { () throws(APIError) in isFree.wait() } }
        }
        #expect(Waiting.until(seconds: 30) { bodies.waitingCount() == 32 })
        await #expect(throws: APIError.overloaded(retryAfterSeconds: 1)) {
            try await bodies.run { () throws(APIError) in }
        }
        for _ in reading { isFree.signal() }
        for task in reading { try await task.value }
        try await bodies.run { () throws(APIError) in }
    }
}
