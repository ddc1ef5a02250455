import Cohort
import HTTP
import Testing

struct RoutesTests {
    /// `/a/:id` as `/a/{id}`.
    private func documentedPath(of route: Route) -> String {
        "/"
            + route.pattern.split(separator: "/")
            .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
            .joined(separator: "/")
    }

    @Test func `the routes and the document name the same operations`() throws {
        let served = Routes.all.map { "\($0.method.name) \(documentedPath(of: $0))" }
        let documented = try Document.load().operations.map { "\($0.method) \($0.path)" }
        #expect(Set(served).subtracting(documented) == [], "served and not documented")
        #expect(Set(documented).subtracting(served) == [], "documented and not served")
        #expect(served.count == Set(served).count)
    }

    @Test func `the document says which routes are open`() throws {
        for route in Routes.all {
            let operation = try Document.load().operations.first {
                $0.path == documentedPath(of: route) && $0.method == "\(route.method.name)"
            }
            #expect(
                (operation?.json["security"] == []) == (route.access == .open), "\(route.pattern)")
        }
    }
}
