import Testing

@Suite struct `A connection` {
    @Test func `answers a request`() throws {
        let service = try TestService()
        let answer = try #require(try service.exchange("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"))
        #expect(answer.status == 200)
        #expect(answer.text == "GET /a?b")
        #expect(answer["Content-Length"] == "8")
        #expect(answer["Connection"] == nil)
        #expect(answer["Date"] != nil)
    }
}
