import EventLoop
import HTTP
import Synchronization
import Testing

@testable import Cohort

/// A request under way.
private final class Asked: Sendable {
    private let outcome = Mutex<Result<String, APIError>?>(nil)

    func end(_ outcome: Result<String, APIError>) { self.outcome.withLock { $0 = outcome } }

    /// What it is answered; nil when it is not.
    var value: Result<String, APIError>? {
        get async {
            await until { outcome.withLock { $0 } != nil }
            return outcome.withLock { $0 }
        }
    }
}

/// What takes long to read. It counts how often it is read, and each time takes until it is told to end.
private final class Table: Sendable {
    private struct State {
        var begun: [String] = []
        var reading: CheckedContinuation<Result<Response, APIError>, Never>?
        var isReadTwiceAtOnce = false
    }

    private let state = Mutex(State())

    func read(_ name: String) async throws(APIError) -> Response {
        let outcome = await withCheckedContinuation { continuation in
            state.withLock { state in
                state.begun.append(name)
                if state.reading != nil { state.isReadTwiceAtOnce = true }
                state.reading = continuation
            }
        }
        return try outcome.get()
    }

    /// Ends what is being read, once it has begun.
    func end(_ outcome: Result<Response, APIError>) async {
        var reading: CheckedContinuation<Result<Response, APIError>, Never>?
        await until {
            reading = state.withLock { $0.reading.take() }
            return reading != nil
        }
        reading?.resume(returning: outcome)
    }

    func end(_ text: String) async { await end(.success(.text(200, text))) }

    /// Waits until this many reads have begun; the names of all.
    func begun(_ count: Int) async -> [String] {
        await until { state.withLock { $0.begun.count } >= count }
        return state.withLock { $0.begun }
    }

    var isReadTwiceAtOnce: Bool { state.withLock { $0.isReadTwiceAtOnce } }
}

/// Confined to a loop, hence the unchecked conformance.
private final class Visitor: @unchecked Sendable {
    let watch = ClientWatch()
}

@Suite struct SingleFlightTests {
    private let table = Table()

    private func ask(_ turns: SingleFlight, _ name: String) -> Asked {
        let asked = Asked()
        Task {
            do throws(APIError) {
                let response = try await turns.answer(
                    name, to: ClientWatch()
                ) { () throws(APIError) in try await table.read(name) }
                let text = response.bytes.map { String(decoding: $0, as: UTF8.self) }
                asked.end(.success(text ?? ""))
            } catch {
                asked.end(.failure(error))
            }
        }
        return asked
    }

    /// Asks, and returns when that waits for its turn.
    private func wait(_ turns: SingleFlight, _ name: String) async -> Asked {
        let count = turns.waitersCount
        let asked = ask(turns, name)
        await until { turns.waitersCount > count }
        return asked
    }

    /// Asks, and returns when that is being read.
    private func begin(_ turns: SingleFlight, _ name: String) async -> Asked {
        let asked = ask(turns, name)
        _ = await table.begun(1)
        return asked
    }

    private let overloaded = Result<String, APIError>.failure(.overloaded(retryAfterSeconds: 1))

    @Test func `reads are done one at a time, in the order of their first request`() async {
        let turns = SingleFlight()
        let first = await begin(turns, "a")
        let second = await wait(turns, "b")
        let third = await wait(turns, "c")
        let fourth = await wait(turns, "b")
        for number in 1...3 { await table.end("\(number)") }
        #expect(await table.begun(3) == ["a", "b", "c"])
        #expect(await first.value == .success("1"))
        #expect(await second.value == .success("2"))
        #expect(await fourth.value == .success("2"))
        #expect(await third.value == .success("3"))
        #expect(!table.isReadTwiceAtOnce)
        // Nothing is left behind.
        let last = ask(turns, "b")
        await table.end("4")
        #expect(await last.value == .success("4"))
    }

    @Test
    func `who comes while it is read waits for the next, which all share who came until then`()
        async
    {
        let turns = SingleFlight()
        let first = await begin(turns, "a")
        let second = [
            await wait(turns, "a"), await wait(turns, "a"), await wait(turns, "a"),
        ]
        await table.end("old")
        _ = await table.begun(2)
        let third = [await wait(turns, "a"), await wait(turns, "a")]
        await table.end("new")
        await table.end("newer")
        #expect(await first.value == .success("old"))
        for asked in second { #expect(await asked.value == .success("new")) }
        for asked in third { #expect(await asked.value == .success("newer")) }
        #expect(await table.begun(3) == ["a", "a", "a"])
    }

    @Test func `only so many different reads wait`() async {
        let turns = SingleFlight(.init(waitingMax: 2))
        var asked = [
            await begin(turns, "a"), await wait(turns, "a"), await wait(turns, "b"),
        ]
        #expect(await ask(turns, "c").value == overloaded)
        // One more for what waits already costs nothing.
        asked.append(await wait(turns, "b"))
        for _ in 1...3 { await table.end("done") }
        for asked in asked { #expect(await asked.value == .success("done")) }
        #expect(await table.begun(3) == ["a", "a", "b"])
    }

    @Test func `only so many requests wait`() async {
        let turns = SingleFlight(.init(waitersMax: 2))
        let asked = [
            await begin(turns, "a"), await wait(turns, "a"), await wait(turns, "b"),
        ]
        #expect(await ask(turns, "a").value == overloaded)
        #expect(await ask(turns, "c").value == overloaded)
        for _ in 1...3 { await table.end("done") }
        for asked in asked { #expect(await asked.value == .success("done")) }
    }

    @Test func `who has waited too long is told so, and nobody else`() async {
        let turns = SingleFlight(.init(waitDeadline: .seconds(60)))
        let first = await begin(turns, "a")
        let start = MonotonicTime.now()
        let second = await wait(turns, "a")
        let third = await wait(turns, "b")
        let end = MonotonicTime.now()
        turns.tick(start + .milliseconds(59_999))
        #expect(turns.waitersCount == 2)
        turns.tick(end + .seconds(60))
        #expect(await second.value == overloaded)
        #expect(await third.value == overloaded)
        await table.end("done")
        #expect(await first.value == .success("done"))
        #expect(await table.begun(1) == ["a"])
    }

    @Test(arguments: [
        APIError.overloaded(retryAfterSeconds: 1), .internalFault(cause: "broken"), .conflict,
    ])
    func `what fails fails for all who wait for it, and for nobody else`(error: APIError) async {
        let turns = SingleFlight()
        let first = await begin(turns, "a")
        let second = await wait(turns, "a")
        let third = await wait(turns, "a")
        let fourth = await wait(turns, "b")
        await table.end("done")
        await table.end(.failure(error))
        await table.end("done")
        #expect(await first.value == .success("done"))
        #expect(await second.value == .failure(error))
        #expect(await third.value == .failure(error))
        #expect(await fourth.value == .success("done"))
        #expect(await table.begun(3) == ["a", "a", "b"])
    }

    /// The reader's client goes away; or the answer is a stream.
    @Test(arguments: [false, true])
    func `what is the reader's alone is read again for the others`(isStream: Bool) async {
        let turns = SingleFlight()
        let stream = Response.stream(status: 200) { _ in }
        let own: Result<Response, APIError> = isStream ? .success(stream) : .failure(.clientGone)
        let expected: Result<String, APIError> = isStream ? .success("") : .failure(.clientGone)
        let asked = [
            await begin(turns, "a"), await wait(turns, "b"), await wait(turns, "b"),
            await wait(turns, "b"), await wait(turns, "c"),
        ]
        // Those whose own is a stream too let others go before.
        let order = isStream ? [0, 1, 4, 2, 3] : [0, 1, 2, 3, 4]
        for place in order { await table.end(place == 3 ? .success(.text(200, "done")) : own) }
        #expect(await table.begun(5) == order.map { ["a", "b", "b", "b", "c"][$0] })
        for place in [0, 1, 2, 4] { #expect(await asked[place].value == expected) }
        #expect(await asked[3].value == .success("done"))
    }

    @Test func `who waits for a stream of his own waits no longer than others`() async {
        let turns = SingleFlight(.init(waitDeadline: .seconds(60)))
        let first = await begin(turns, "a")
        let others = [
            await wait(turns, "b"), await wait(turns, "b"), await wait(turns, "c"),
        ]
        let end = MonotonicTime.now()
        let stream = Response.stream(status: 200) { _ in }
        for _ in 1...2 { await table.end(.success(stream)) }
        #expect(await table.begun(3) == ["a", "b", "c"])
        // Who comes now for the same comes behind who waits for it.
        let late = await wait(turns, "b")
        #expect(turns.waitersCount == 2)
        turns.tick(end + .seconds(60))
        #expect(await others[1].value == overloaded)
        await table.end("done")
        await table.end("done")
        #expect(await first.value == .success(""))
        #expect(await others[0].value == .success(""))
        #expect(await others[2].value == .success("done"))
        #expect(await late.value == .success("done"))
    }

    @Test func `nothing is read for a client who has left`() async throws {
        let loop = try EventLoop(label: "test.loop")
        loop.start()
        defer { loop.stop() }
        let turns = SingleFlight()
        let first = await begin(turns, "a")
        let other = await wait(turns, "c")
        let client = Visitor()
        let asked = Asked()
        loop.perform {
            loop.run {
                do throws(APIError) {
                    let key = "b"
                    _ = try await turns.answer(key, to: client.watch) { Response(status: 200) }
                    asked.end(.success(""))
                } catch {
                    asked.end(.failure(error))
                }
            }
        }
        await until { turns.waitersCount == 2 }
        loop.perform { client.watch.clientLeft() }
        #expect(await asked.value == .failure(.clientGone))
        #expect(turns.waitersCount == 1)
        await table.end("done")
        await table.end("done")
        #expect(await first.value == .success("done"))
        #expect(await other.value == .success("done"))
    }
}
