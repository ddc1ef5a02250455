import Testing

@testable import Postgres

@Suite struct HostMemoryTests {
    private let host = Host(name: "db1", address: "", port: "5432")
    private let patience = Duration.seconds(2)

    @Test func `a host that was never silent has all the time`() {
        var memory = HostMemory()
        #expect(memory.patience(for: host, atMost: patience) == patience)
        memory.answered(host, after: .milliseconds(3))
        #expect(memory.patience(for: host, atMost: patience) == patience)
    }

    @Test(arguments: [(3, 250), (25, 250), (26, 260), (150, 1500), (900, 2000)])
    func `one that was gets ten times what it took before`(_ took: Int, _ wait: Int) {
        var memory = HostMemory()
        memory.answered(host, after: .milliseconds(took))
        memory.saidNothing(host)
        #expect(memory.patience(for: host, atMost: patience) == .milliseconds(wait))
        memory.saidNothing(host)
        #expect(memory.patience(for: host, atMost: patience) == .milliseconds(wait))
        memory.answered(host, after: .milliseconds(took))
        #expect(memory.patience(for: host, atMost: patience) == patience)
    }

    @Test func `one that never answered may be far away`() {
        var memory = HostMemory()
        memory.saidNothing(host)
        #expect(memory.patience(for: host, atMost: patience) == patience)
    }

    @Test func `others are not meant`() {
        var memory = HostMemory()
        for port in ["5432", "5433"] {
            memory.answered(Host(name: "db1", address: "", port: port), after: .zero)
        }
        memory.saidNothing(host)
        #expect(
            memory.patience(for: Host(name: "db1", address: "", port: "5433"), atMost: patience)
                == patience)
    }
}
