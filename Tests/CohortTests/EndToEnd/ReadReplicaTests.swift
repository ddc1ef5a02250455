import TestSupport
import Testing

/// Two instances behind nginx on one primary with two streaming replicas; a client's requests take turns between them.
@Suite(.serialized) struct ReadReplicaTests {
    private struct Installation {
        let primary: PrivateCluster
        let replicas: [PrivateCluster]
        let shop: Shop
        let second: ServiceProcess
        let proxy: Proxy

        /// - Parameter delay: how long the second replica waits before it replays a commit.
        init(delay: String) throws {
            let (primary, database) = try Shop.ownCluster()
            self.primary = primary
            replicas = try ["0", delay].map {
                try PrivateCluster(
                    replicaOf: primary, options: ["recovery_min_apply_delay": $0])
            }
            let url = PrivateCluster.url(database.name, on: replicas)
            shop = try Shop(database, nil, ["READ_DATABASE_URL": url])
            try shop.service.waitUntilReady()
            second = try shop.anotherInstance()
            proxy = try Proxy(to: shop.service.port, second.port)
        }

        /// Those replicas whose sessions of the service have run a search.
        func searched() throws -> [Bool] {
            try replicas.map { replica in
                let searches = """
                    SELECT count(*) > 0 FROM pg_stat_activity
                    WHERE application_name = 'cohort' AND query LIKE '%customer%ILIKE%'
                    """
                return try replica.execute(searches, in: "postgres") == [["t"]]
            }
        }
    }

    private static let key = [("x-medusa-access-token", Seed.token)]
    private static let json = key + [("content-type", "application/json")]

    private func count(_ client: Client, _ query: String) throws -> Int? {
        let answer = try client.send("GET", "/admin/customers?\(query)", headers: Self.key)
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json?["count"]?.int
    }

    @Test func `a client finds what it has just written, whichever instance and replica it meets`()
        async throws
    {
        let installation = try Installation(delay: "150ms")
        let client = installation.proxy.client()
        for number in 1...100 {
            let body =
                #"{"email":"n\#(number)@example.com","first_name":"Nia","last_name":"A","password":""}"#
            let made = try client.send(
                "POST", "/admin/customers", headers: Self.json, body: Array(body.utf8))
            #expect(made.status == 201, "\(made.text)")
            #expect(try count(client, "q=nia&limit=1") == number)
            #expect(try count(client, "q=n\(number)@example&limit=1") == 1)
        }
        let id = try #require(
            try client.send("GET", "/admin/customers?q=n50@example", headers: Self.key)
                .json?["customers"]?.items.first?["id"]?.text)
        let renamed = try client.send(
            "POST", "/admin/customers/\(id)", headers: Self.json,
            body: Array(#"{"first_name":"Otto"}"#.utf8))
        #expect(renamed.status == 200)
        #expect(try count(client, "q=nia&limit=1") == 99)
        #expect(try count(client, "q=otto&limit=1") == 1)
        #expect(try installation.searched()[0])
    }

    @Test func `searches go on while replicas stand still or are gone, and go back to them`()
        async throws
    {
        let installation = try Installation(delay: "0")
        let client = installation.proxy.client()
        let isShared = Waiting.until(seconds: 30) {
            _ = try? count(client, "q=nobody")
            return (try? installation.searched()) == [true, true]
        }
        #expect(isShared)
        let pause = "SELECT pg_wal_replay_pause()"
        try installation.replicas[0].execute(pause, in: "postgres")
        installation.replicas[1].kill()
        for number in 1...20 {
            let body =
                #"{"email":"\#(number)@example.com","first_name":"Ada","last_name":"B","password":""}"#
            let made = try client.send(
                "POST", "/admin/customers", headers: Self.json, body: Array(body.utf8))
            #expect(made.status == 201, "\(made.text)")
            #expect(try count(client, "q=ada&limit=1") == number)
        }
        try installation.replicas[0].execute("SELECT pg_wal_replay_resume()", in: "postgres")
        try installation.replicas[1].start()
        let isBack = Waiting.until(seconds: 30) {
            #expect((try? count(client, "q=ada&limit=1")) == 20)
            return (try? installation.searched()) == [true, true]
        }
        #expect(isBack, "\(installation.second.output.suffix(2000))")
        let line = installation.shop.service.line {
            $0["event"]?.text?.hasPrefix("replica \(installation.replicas[0].host)") == true
        }
        #expect(line != nil)
    }
}
