import Foundation
import Testing

/// nginx in front, with the very file that `deploy/` ships but for its addresses.
@Suite struct ProxyTests {
    @Test func `requests pass through untouched`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        let client = proxy.client()
        let key = [("x-medusa-access-token", Seed.token)]
        #expect(try client.send("GET", "/health").text == "OK")
        #expect(try client.send("GET", "/admin/customer-groups").status == 401)
        let group = try shop.signedIn().create("Behind a proxy")
        for path in [
            "/admin/customer-groups/\(group)?expand=customers&fields=name",
            "/admin/customer-groups?name%5B%5D=Behind%20a%20proxy&created_at%5Bgte%5D=2020-01-01",
            "/admin/customer-groups/a%2Fb", "/admin//customer-groups",
        ] {
            let through = try client.send("GET", path, headers: key)
            let direct = try shop.client().send("GET", path, headers: key)
            #expect(through.status == direct.status, "\(path)")
            #expect(through.body == direct.body, "\(path)")
            #expect(through["etag"] == direct["etag"])
        }
        let batch = try client.send(
            "DELETE", "/admin/customer-groups/\(group)/customers/batch",
            headers: key + [("content-type", "application/json")],
            body: Array(#"{"customer_ids":[]}"#.utf8))
        #expect(batch.status == 200)
        let tooLarge = try client.send(
            "POST", "/admin/customer-groups", headers: key + [("content-type", "application/json")],
            body: [UInt8](repeating: 0x20, count: 200_000))
        #expect(tooLarge.status == 413)
        #expect(
            tooLarge.json?["message"] == "request entity too large",
            "the service's refusal, not the proxy's")
    }

    @Test func `what a client claims about itself is not believed`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        let answer = try proxy.client().send(
            "POST", "/admin/auth",
            headers: [("content-type", "application/json"), ("x-forwarded-proto", "https")],
            body: Array(#"{"email":"ops@example.com","password":"supersecret"}"#.utf8))
        #expect(answer["set-cookie"]?.contains("Secure") == false)
    }

    @Test func `a rolling restart behind the proxy loses no request`() async throws {
        let shop = try await Shop.open()
        let second = try shop.anotherInstance()
        let proxy = try Proxy(to: shop.service.port, second.port)
        let isOver = Flag()
        let load = Threads(6) { _ -> [Int: Int] in
            let client = proxy.client()
            var statuses: [Int: Int] = [:]
            while !isOver.isSet {
                let answer = try client.send(
                    "GET", "/admin/customer-groups",
                    headers: [("x-medusa-access-token", Seed.token)])
                statuses[answer.status, default: 0] += 1
            }
            return statuses
        }
        var ports = [second.port]
        var instances = [second]
        _ = Waiting.until(seconds: 0.3) { false }
        for _ in 0..<3 {
            let old = instances.removeLast()
            old.signal(SIGTERM)
            #expect(old.waitForExit() == 0)
            // The address stays, as it would behind a service's name.
            let new = try ServiceProcess.serve(
                environment: shop.environment.merging(["PORT": "\(ports[0])"]) { $1 })
            instances.append(new)
            ports = [new.port]
            _ = Waiting.until(seconds: 0.2) { false }
        }
        isOver.set()
        for outcome in load.join() {
            let statuses = try outcome.get()
            #expect(Set(statuses.keys) == [200], "\(statuses)")
        }
    }

    @Test func `while no instance is there, the proxy says so in the API's shape`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        #expect(try proxy.client().send("GET", "/health").status == 200)
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 0)
        let answer = try proxy.client().send("GET", "/health")
        #expect(answer.status == 503)
        #expect(answer["retry-after"] != nil)
        #expect(answer.json?["type"] == "unknown_error")
    }
}
