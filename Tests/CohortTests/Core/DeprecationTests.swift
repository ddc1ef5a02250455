import HTTP
import Testing

@testable import Cohort

@Suite struct DeprecationTests {
    private enum Old: FixedEndpoint {
        static let route: StaticString = "GET /old"
        static let deprecation: Deprecation? = Deprecation(
            since: 1_688_169_599, sunset: 1_730_419_199, document: "/docs#old")

        static func answer() -> Response { .text(200, "still here") }
    }

    private enum Older: Endpoint {
        static let route: StaticString = "GET /older"
        static let access = Access.open
        static let deprecation: Deprecation? = Deprecation(since: 0)

        static func parse(_ call: Call) throws(APIError) {}
        static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
            throw .notFound("gone")
        }
    }

    private enum New: FixedEndpoint {
        static let route: StaticString = "GET /new"

        static func answer() -> Response { .text(200, "here") }
    }

    @Test func `a route on its way out says so in every answer`() async throws {
        var configuration = Configuration()
        configuration.http.port = 0
        configuration.http.loops = 1
        configuration.log.requests = false
        let service = try Service(
            configuration, routes: [Route(Old.self), Route(Older.self), Route(New.self)],
            log: Log(configuration.log))
        let client = Client(.port(UInt16(try service.start().http)))
        let old = try client.send("GET", "/old")
        #expect(old.status == 200)
        #expect(old["deprecation"] == "@1688169599")
        #expect(old["sunset"] == "Thu, 31 Oct 2024 23:59:59 GMT")
        #expect(old["link"] == #"</docs#old>; rel="deprecation"; type="text/html""#)
        // Composed anew, and composed once.
        #expect(
            try client.send("GET", "/old", headers: [("if-none-match", "\"x\"")])["deprecation"]
                == "@1688169599")
        let older = try client.send("GET", "/older")
        #expect(older.status == 404)
        #expect(older["deprecation"] == "@0")
        #expect(older["sunset"] == nil)
        #expect(try client.send("GET", "/new")["deprecation"] == nil)
        client.close()
        await service.stop()
    }
}
