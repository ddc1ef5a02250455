import Testing

@testable import Postgres

@Suite struct ConnectionStringTests {
    private func read(_ url: String) throws(PostgresError) -> ConnectionString {
        try ConnectionString(PoolConfiguration(url: url))
    }

    @Test func `every host has its address and its port`() throws {
        let hosts = try read("host=a,/tmp,,c hostaddr=192.0.2.1,,, port=1,2,,4").hosts
        #expect(hosts.map(\.name) == ["a", "/tmp", "", "c"])
        #expect(hosts.map(\.address) == ["192.0.2.1", "", "", ""])
        #expect(hosts.map(\.port) == ["1", "2", "", "4"])
        #expect(try read("postgresql://a,b:2/db").hosts.map(\.port) == ["", "2"])
        #expect(try read("host=a,b port=7").hosts.map(\.port) == ["7", "7"])
        #expect(try read("hostaddr=::1,127.0.0.1").hosts.map(\.address) == ["::1", "127.0.0.1"])
        #expect(try read("dbname=x").hosts.map(\.name) == [""])
    }

    @Test(arguments: [
        ("host=a", ["any"]), ("host=a,b", ["read-write"]),
        ("host=a,b target_session_attrs=any", ["any"]),
        ("host=a target_session_attrs=primary", ["primary"]),
        ("host=a,b target_session_attrs=standby", ["standby"]),
        ("host=a,b target_session_attrs=prefer-standby", ["standby", "any"]),
    ])
    func `of several hosts one that takes writes is wanted, or what the string says`(
        url: String, rounds: [String]
    ) throws {
        #expect(try read(url).rounds == rounds)
    }

    @Test func `what it says goes before what we would have`() throws {
        let string = try read("host=a application_name=mine client_encoding=LATIN1")
        let settings = string.settings(for: string.hosts[0], asking: "any")
        #expect(settings["application_name"] == "mine")
        #expect(settings["client_encoding"] == "UTF8")
        #expect(settings["keepalives_idle"] == "10")
        #expect(settings["ssl_min_protocol_version"] == nil)
        #expect(try read("connect_timeout=7").patience == .seconds(7))
        #expect(try read("connect_timeout=0").patience == .seconds(2))
        #expect(try read("connect_timeout=600").patience == .seconds(600))
        #expect(try read("connect_timeout=10000000000").patience == .seconds(600))
    }

    @Test func `each host of a string is had alone, as a standby`() throws {
        let each = ConnectionString.oneForEachHost(
            of: "host=a,b,/tmp port=1,2,3 user=u password='p\\'q\\\\r'")
        #expect(each.map(\.name) == ["a:1", "b:2", "/tmp:3"])
        for (index, one) in each.enumerated() {
            let string = try read(one.url)
            #expect(string.hosts.map(\.name) == [["a", "b", "/tmp"][index]])
            #expect(string.hosts.map(\.port) == ["\(index + 1)"])
            #expect(string.rounds == ["standby"])
            #expect(string.settings(for: string.hosts[0], asking: "")["password"] == "p'q\\r")
        }
        let addresses = ConnectionString.oneForEachHost(of: "hostaddr=::1,192.0.2.1 port=7")
        #expect(addresses.map(\.name) == ["::1:7", "192.0.2.1:7"])
        #expect(
            try addresses.flatMap { try read($0.url).hosts.map(\.address) } == ["::1", "192.0.2.1"])
        let any = ConnectionString.oneForEachHost(of: "postgresql://a/db?target_session_attrs=any")
        #expect(try any.map { try read($0.url).rounds } == [["any"]])
        // Half a password is no name.
        let unreadable = ConnectionString.oneForEachHost(of: "postgresql://u:p@q@host/db")
        #expect(unreadable.map(\.name) == ["of READ_DATABASE_URL"])
    }

    @Test func `lists that do not fit each other are refused`() {
        #expect(
            throws: PostgresError.unavailable(
                "the connection string has 2 hosts, 0 addresses and 3 ports")
        ) {
            try read("host=a,b port=1,2,3")
        }
        #expect(throws: PostgresError.self) { try read("host=a,b hostaddr=192.0.2.1") }
    }

    @Test(arguments: [
        "postgresql://me:se%zzcret@h/db", "postgresql://me:se@zzcret@h/db",
        "postgresql://me:se/zzcret@h/db", "postgresql://me:12/zzcret@h/db",
        "postgresql://me:se:zzcret/x@h/db", "host=h password='zzcret",
    ])
    func `a password that libpq would take for something else is not repeated`(url: String) {
        #expect(throws: PostgresError.unavailable("the connection string cannot be read")) {
            try read(url)
        }
        #expect(!ConnectionString.isReadable(url))
    }

    @Test(arguments: [
        "shop", "host=@abstract",
        "postgresql://me%40corp:se%40%2F%3Acret@h1,[::1]:5433/db?user=a@b",
        "password='a@b:c/d' host=h user=me@corp",
    ])
    func `what is encoded as it should be is read`(url: String) throws {
        #expect(ConnectionString.isReadable(url))
        #expect(throws: Never.self) { try read(url) }
    }

    @Test func `reading goes nowhere`() throws {
        let host = SilentHost(listens: true)
        #expect(try read("host=127.0.0.1 port=\(host.port)").hosts[0].address == "")
        #expect(host.takeCallers() == 0)
    }

    @Test func `a name has its addresses, and figures and paths are their own`() throws {
        let port = "5432"
        let local = try Host(name: "localhost", address: "", port: port).resolved()
        #expect(local.contains { $0.address == "127.0.0.1" })
        #expect(local.allSatisfy { $0.name == "localhost" && $0.port == port })
        for (name, address) in [("db", "192.0.2.1"), ("/tmp", ""), ("@x", ""), ("", "")] {
            let hosts = try Host(name: name, address: address, port: port).resolved()
            #expect(hosts.map(\.name) == [name])
            #expect(hosts.map(\.address) == [address])
        }
        let error = #expect(throws: PostgresError.self) {
            try Host(name: "no such host", address: "", port: port).resolved()
        }
        #expect(error?.reason.contains("no such host") == true)
    }
}
