import Cohort
import HTTP
import Testing

struct RoutesTests {
    @Test func `the routes and the document name the same operations`() throws {
        let served = Routes.all.map { route in
            let path = route.pattern.split(separator: "/")
                .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
            return "\(route.method.name) /" + path.joined(separator: "/")
        }
        let documented = try Document.load().operations.map { "\($0.method) \($0.path)" }
        #expect(Set(served).subtracting(documented) == [], "served and not documented")
        #expect(Set(documented).subtracting(served) == [], "documented and not served")
        #expect(served.count == Set(served).count)
    }

    @Test func `the document says which routes are open`() throws {
        for route in Routes.all {
            let path = route.pattern.replacing("/:id", with: "/{id}")
            let operation = try Document.load().operations.first {
                $0.path == path && $0.method == "\(route.method.name)"
            }
            #expect(
                (operation?.json["security"] == []) == (route.access == .open), "\(route.pattern)")
        }
    }
}
