import Testing

@Suite(.oneShop()) struct ErrorFormTests {
    private static let problem = [("accept", "application/problem+json")]

    @Test(arguments: [
        "application/problem+json", "application/json, application/problem+json;q=0.5",
        "text/html,Application/Problem+JSON ; charset=utf-8", "*/*, application/problem+json; q=1",
    ])
    func `whoever asks for a problem gets one`(_ accept: String) async throws {
        let shop = try Shop.ofSuite()
        let answer = try shop.signedIn().send(
            "GET", "/admin/customer-groups/cgrp_x", headers: [("accept", accept)])
        #expect(answer.status == 404)
        #expect(answer["content-type"] == "application/problem+json")
        #expect(answer["vary"]?.contains("Accept") == true)
        #expect(
            answer.json == [
                "type": "about:blank", "title": "Not Found", "status": 404,
                "detail": "CustomerGroup with id cgrp_x was not found", "error": "not_found",
            ])
    }

    @Test(arguments: [
        "*/*", "application/*", "application/json", "application/problem+json;q=0",
        "application/json, application/problem+json ; Q=0.00", "application/problem+jsonx",
        "application/problem+xml", "text/html, application/xhtml+xml, application/xml;q=0.9, */*",
    ])
    func `others get Medusa's envelope`(_ accept: String) async throws {
        let shop = try Shop.ofSuite()
        let answer = try shop.signedIn().send(
            "GET", "/admin/customer-groups/cgrp_x", headers: [("accept", accept)])
        #expect(answer["content-type"] == "application/json; charset=utf-8")
        #expect(
            answer.json == [
                "type": "not_found", "message": "CustomerGroup with id cgrp_x was not found",
            ])
    }

    @Test func `every kind of refusal has that form`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_BODY_BYTES_MAX": "1024"])
        let client = shop.signedIn()
        func check(
            _ answer: Answer, _ status: Int, _ error: String?,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(
                answer["content-type"] == "application/problem+json", sourceLocation: sourceLocation
            )
            #expect(answer.json?["status"] == .number("\(status)"), sourceLocation: sourceLocation)
            #expect(answer.status == status, sourceLocation: sourceLocation)
            #expect(answer.json?["error"]?.text == error, sourceLocation: sourceLocation)
            #expect(answer.json?["detail"]?.text?.isEmpty == false, sourceLocation: sourceLocation)
        }
        // Plain text without it.
        check(try shop.client().send("GET", "/admin/users", headers: Self.problem), 401, nil)
        check(
            try client.send(
                "POST", "/admin/customer-groups", json: [:], headers: Self.problem), 400,
            "invalid_data")
        check(
            try client.send("GET", "/nowhere", headers: Self.problem), 404, "not_found")
        _ = try client.create("Taken")
        let duplicate = try client.send(
            "POST", "/admin/customer-groups", json: ["name": "Taken"], headers: Self.problem)
        check(duplicate, 422, "duplicate_error")
        #expect(duplicate.json?["code"] == "invalid_request_error")
        // What HTTP itself refuses.
        check(
            try client.send(
                "POST", "/admin/customer-groups",
                json: ["name": .string(String(repeating: "x", count: 2000))],
                headers: Self.problem), 413, "invalid_data")
        check(
            try shop.client().send(
                "GET", "/health", headers: Self.problem + [("expect", "the worst")]), 417,
            "invalid_data")
    }
}
