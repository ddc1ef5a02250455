import Glibc
import TestSupport
import Testing

/// The network between the service and PostgreSQL fails under load and heals; the service is never restarted.
@Suite struct NetworkFaultTests {
    private static let groups = "/admin/customer-groups"

    /// A shop that reaches its database through a network of the test's own.
    private func shop(_ settings: [String: String] = [:]) throws -> (Shop, TCPProxy) {
        let (cluster, database) = try Shop.ownCluster(tcp: .init())
        let network = try TCPProxy(to: #require(UInt16(cluster.port)))
        let url = "host=127.0.0.1 port=\(network.port) user=cohort dbname=\(database.name)"
        let settings = settings.merging(WriteLoad.settings) { $1 }
        let shop = try Shop(database, nil, settings.merging(["DATABASE_URL": url]) { $1 })
        try shop.service.waitUntilReady()
        return (shop, network)
    }

    /// Has clients write while `fault` does its work, and holds what they were told against what is there.
    private func underLoad(
        _ shop: Shop, _ network: TCPProxy, _ name: String, _ fault: (WriteLoad) throws -> Void
    ) throws -> [Int: Int] {
        let load = WriteLoad(on: shop, name: name)
        let isOver = Flag()
        let health = Threads(1) { _ in
            var statuses: Set<Int> = []
            while !isOver.isSet {
                statuses.insert(try shop.client().send("GET", "/health").status)
                usleep(5_000)
            }
            return statuses
        }
        defer {
            isOver.set()
            load.stop()
        }
        try fault(load)
        network.pass()
        expectService(by: shop)
        isOver.set()
        for outcome in health.join() { #expect(try outcome.get() == [200]) }
        load.stop()
        // What arrives late may be done late.
        #expect(Waiting.until(seconds: 30) { network.isSettled })
        let statuses = try load.check(against: shop.sql())
        print("\(name): \(statuses)")
        return statuses
    }

    private func expectService(by shop: Shop) {
        let hasRecovered = Waiting.until(seconds: 30) {
            (try? shop.client().send("GET", "/ready"))?.status == 200
                && (try? shop.signedIn().create("after \(UInt32.random(in: 0...(.max)))")) != nil
        }
        #expect(hasRecovered, "\(shop.service.output.suffix(2000))")
        #expect(shop.service.isRunning)
    }

    @Test(arguments: ["reset", "end to the service", "end to the server"])
    func `connections that break lose no write and double none`(fault: String) throws {
        let (shop, network) = try shop()
        _ = try underLoad(shop, network, fault) { load in
            for _ in 1...3 {
                load.expect(20, acknowledged: true)
                try load.expectLoss {
                    switch fault {
                    case "reset": network.reset()
                    case "end to the service": network.closeHalf(.toClient)
                    default: network.closeHalf(.toServer)
                    }
                }
                expectService(by: shop)
            }
        }
    }

    /// A server, or the way to it, that takes what is said and says nothing. What it has taken it may do when the service
    /// has long given it up.
    @Test(arguments: ["to the server", "to the service", "both ways", "and refuses"])
    func `a network that stalls is given up, and used again when it heals`(stalled: String) throws {
        let (shop, network) = try shop([
            "COHORT_FAST_STATEMENT_TIMEOUT_MS": "500", "COHORT_WRITE_STATEMENT_TIMEOUT_MS": "500",
        ])
        let statuses = try underLoad(shop, network, "stalled \(stalled)") { load in
            for _ in 1...2 {
                load.expect(20, acknowledged: true)
                switch stalled {
                case "to the server": network.stall([.toServer])
                case "to the service": network.stall([.toClient])
                default: network.stall()
                }
                if stalled == "and refuses" { network.refuse() }
                for answer in concurrently(4, { _ in try shop.signedIn().send("GET", Self.groups) })
                {
                    let answer = try answer.get()
                    #expect(answer.status == 503)
                    #expect(answer["retry-after"] != nil)
                }
                let reasons = shop.service.reasons(become: ["database_unreachable"])
                #expect(reasons == ["database_unreachable"])
                network.pass()
                expectService(by: shop)
            }
        }
        #expect(statuses[503] ?? 0 > 0, "\(statuses)")
    }

    @Test
    func
        `searches that were left keep no connection, and no stop, though they cannot be cancelled`()
        throws
    {
        // A search takes two at a time: each shall have all it can get.
        let (shop, network) = try shop(["COHORT_LOOPS": "1", "COHORT_SLOW_CONNECTIONS": "2"])
        let search = "/admin/customers?q=ada"
        // Makes what connections it has to make.
        #expect(try shop.signedIn().send("GET", search).status == 200)
        let other = try shop.sql()
        try other.run("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE")
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        let left = (1...2).map { _ in Client(.port(shop.service.port), of: shop) }
        for client in left {
            try client.write(
                "GET \(search) HTTP/1.1\r\nhost: a\r\nx-medusa-access-token: \(Seed.token)\r\n\r\n")
        }
        #expect(Waiting.until(seconds: 30) { (try? shop.sql().number(waiting)) == 2 })
        let accepted = network.accepted
        network.stallNew(true)
        for client in left { client.close() }
        #expect(Waiting.until(seconds: 30) { network.accepted >= accepted + 2 })
        network.stallNew(false)
        try other.run("ROLLBACK")
        #expect(
            Waiting.until(seconds: 60) {
                (try? shop.signedIn().send("GET", search))?.status == 200
            })
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit(seconds: 10) == 0)
    }

    /// Each time some bytes later, from before the first of the server's answers to a write to behind the last: that of its
    /// COMMIT.
    @Test(arguments: ["customer-groups", "price-lists"])
    func `a write is done once, and said to be done, wherever the server's answer is cut`(
        kind: String
    ) throws {
        let (shop, network) = try shop()
        let lists = kind == "price-lists" ? try PriceListShop(shop) : nil
        let table = lists == nil ? "customer_group" : "price_list"
        let before = try shop.sql().number("SELECT count(*) FROM \(table)")
        var cuts = 0
        while true {
            let name = JSON.string("write \(cuts)")
            network.cut(after: cuts * 5, onceSent: "write \(cuts)")
            let answer = try shop.signedIn().send(
                "POST", "/admin/\(kind)",
                json: lists == nil
                    ? ["name": name]
                    : [
                        "name": name, "description": "", "type": "sale",
                        "prices": [PriceListShop.price(1), PriceListShop.price(2)],
                    ])
            #expect(answer.status == 200, "\(cuts): \(answer.text)")
            guard network.cuts > cuts else { break }
            cuts += 1
        }
        print("\(kind): \(cuts) cuts")
        #expect(cuts > 20)
        #expect(
            try shop.sql().number("SELECT count(*) FROM \(table)") == before + cuts + 1)
        #expect(
            try shop.sql().number(
                "SELECT count(DISTINCT name) FROM \(table) WHERE name LIKE 'write %'") == cuts + 1)
        if lists != nil {
            #expect(try shop.sql().number("SELECT count(*) FROM money_amount") == 2 * (cuts + 1))
        }
    }

    @Test func `answers of the server that are cut under load lose no write and double none`()
        throws
    {
        let (shop, network) = try shop()
        _ = try underLoad(shop, network, "cut") { _ in
            for cuts in 0..<30 {
                network.cut(after: cuts * 9, onceSent: "cut-w")
                #expect(Waiting.until(seconds: 30) { network.cuts > cuts }, "\(cuts)")
            }
        }
    }
}
