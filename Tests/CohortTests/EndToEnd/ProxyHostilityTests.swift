import Foundation
import Synchronization
import TestSupport
import Testing

/// Every hostile case sent to nginx, with the file that `deploy/` ships: what nginx forwards is one request to Cohort
/// too, with the same method, target and body, or is refused; and nothing reaches Cohort of which nginx does not know.
@Suite struct ProxyHostilityTests {
    private static let behind = Array(
        "GET /behind HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)

    /// Sends every case on a connection of its own, a request behind it. Returns when nginx has closed or says nothing
    /// any more, as it waits for the rest of a request.
    private func sendAll(to proxy: Proxy) {
        let next = Mutex(0)
        let threads = Threads(8) { _ in
            while true {
                let index = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard index < HostileCase.all.count else { return }
                let client = proxy.client(timeoutSeconds: 1)
                try? client.write(HostileCase.all[index].bytes + Self.behind)
                while (try? client.read()) != nil {}
            }
        }
        _ = threads.join()
    }

    @Test func `Cohort reads what nginx forwards as nginx does`() throws {
        let recorder = try Recorder()
        let proxy = try Proxy(to: recorder.port, isLogging: true)
        sendAll(to: proxy)
        // Where the first line was refused, Cohort has not read the name that nginx gave the request.
        let nameless = recorder.events.filter { $0.id == nil }
        #expect(nameless.allSatisfy { $0.refusal != nil }, "a request that nginx did not send")
        let events = Dictionary(grouping: recorder.events.filter { $0.id != nil }) { $0.id ?? "" }
        let isLogged = Waiting.until(seconds: 20) {
            Set(proxy.log.compactMap { $0["id"]?.text }).isSuperset(of: events.keys)
                && proxy.log.count { $0["status"]?.text != "" } >= recorder.events.count
        }
        #expect(isLogged, "a request of which nginx does not know")
        let forwarded = proxy.log.filter { $0["status"]?.text != "" }
        #expect(forwarded.count == recorder.events.count)
        var refusedCount = 0
        var takenCount = 0
        for line in forwarded {
            let named = events[try #require(line["id"]?.text)] ?? []
            guard let event = named.first else {
                #expect(["400", "414"].contains(line["status"]?.text), "\(line)")
                refusedCount += 1
                continue
            }
            #expect(named.count == 1, "\(line)")
            #expect(line["status"]?.text == "\(event.status)", "\(line)")
            guard event.refusal == nil else { continue }
            takenCount += 1
            #expect(line["method"]?.text == event.method, "\(line)")
            // An absolute target without a path gets its slash on the way.
            let target = try #require(line["target"]?.text)
            #expect((target.hasPrefix("?") ? "/" : "") + target == event.target, "\(line)")
            if let body = line["body"]?.text, !body.isEmpty {
                #expect(Array(body.utf8) == event.body, "\(line)")
            }
        }
        #expect(refusedCount == nameless.count)
        #expect(takenCount > 150)
    }

    @Test func `the service answers once for each request that nginx forwards`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port, isLogging: true)
        func requests() -> [JSON] { shop.service.log.filter { $0["message"] == "request" } }
        // Cohort's own names have 16 digits, nginx's 32. The test itself asks whether it is ready. What HTTP itself refuses
        // (its line has the source) may be refused before the name is read.
        func own() -> [JSON] {
            requests().filter {
                $0["id"]?.text?.count == 16 && $0["route"] != "/ready" && $0["source"] == nil
            }
        }
        sendAll(to: proxy)
        #expect(try proxy.client().send("GET", "/health").text == "OK")
        func lines() -> [JSON] { requests().filter { $0["id"]?.text?.count == 32 } }
        func forwarded() -> [JSON] { proxy.log.filter { $0["status"]?.text?.isEmpty == false } }
        func ids(_ lines: [JSON]) -> Set<String> { Set(lines.compactMap { $0["id"]?.text }) }
        // Both write their logs a little later.
        let isLogged = Waiting.until(seconds: 20) {
            let handled = forwarded().filter {
                ["200", "401", "404"].contains($0["status"]?.text ?? "")
            }
            return ids(handled).isSubset(of: ids(lines()))
                && ids(lines()).isSubset(of: ids(forwarded()))
        }
        #expect(isLogged, "an answer without a request, or a request of which nginx does not know")
        let statuses = Dictionary(
            forwarded().map { ($0["id"]?.text ?? "", $0["status"]?.text ?? "") },
            uniquingKeysWith: { "\($0), \($1)" })
        #expect(!statuses.values.contains { $0.hasPrefix("5") && $0 != "501" && $0 != "505" })
        var seen: Set<String> = []
        for line in lines() {
            let id = try #require(line["id"]?.text)
            #expect(seen.insert(id).inserted, "twice: \(line)")
            #expect(statuses[id] == line["status"]?.int.map(String.init), "\(line)")
        }
        #expect(seen.count > 150)
        #expect(own().isEmpty, "a request that nginx did not name")
    }
}
