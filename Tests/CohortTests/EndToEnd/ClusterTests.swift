import TestSupport
import Testing

struct ClusterTests {
    @Test func `a killed server keeps what was committed, and starts again`() throws {
        let cluster = try PrivateCluster()
        let url = cluster.url(try cluster.createDatabase())
        let open = try SQL(url)
        try open.run("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (NULL)")
        cluster.kill()
        #expect(throws: SQL.Failure.self) { try open.run("SELECT 1") }
        #expect(throws: SQL.Failure.self) { try SQL(url) }
        try cluster.start()
        #expect(try SQL(url).run("SELECT n FROM t ORDER BY n") == [["1"], [nil]])
    }
}
