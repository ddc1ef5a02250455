import Testing

@testable import HTTP

@Suite struct `Hostile input` {
    @Test(arguments: HostileCase.all)
    func `is refused, its look-alike taken, however it is cut`(_ item: HostileCase) {
        let whole = ParsedStream.events(item.bytes)
        if item.isGood {
            #expect(whole.count == 1)
            guard case .request(_, let path, _, _, _)? = whole.first else {
                Issue.record("refused: \(whole)")
                return
            }
            #expect(path == "/first" || path == "*")
        } else {
            guard case .refused(let refusal)? = whole.first else {
                Issue.record("taken: \(whole)")
                return
            }
            #expect(item.statuses.contains(refusal.status), "\(refusal)")
        }
        // Long ones are cut at every byte of their two ends only; between, they repeat themselves.
        for cut in 1..<item.bytes.count where cut < 300 || item.bytes.count - cut < 100 {
            #expect(ParsedStream.events(item.bytes, cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(ParsedStream.events(item.bytes, cuts: Array(1..<item.bytes.count)) == whole)
    }

    @Test func `never lets a request behind it through`() throws {
        let smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
        let seen = Seen()
        let service = try TestService { request, exchange in
            seen.add(request.path)
            exchange.respond(Response(status: 200))
        }
        for item in HostileCase.all where !item.isGood {
            let client = try service.client()
            client.send(item.bytes + Array(smuggled.utf8))
            client.finishSending()
            let answer = try client.answer()
            #expect(
                answer.map { item.statuses.contains($0.status) } == true, "\(item.testDescription)")
            #expect(answer?["Connection"] == "close", "\(item.testDescription)")
            #expect(try client.readToEnd().isEmpty, "\(item.testDescription)")
        }
        #expect(seen.all.isEmpty)
        for item in HostileCase.all where item.isGood {
            let client = try service.client()
            client.send(item.bytes + Array(smuggled.utf8))
            #expect(try client.answer()?.status == 200, "\(item.testDescription)")
            #expect(try client.answer()?.status == 200, "\(item.testDescription)")
            #expect(seen.takeAll().last == "/smuggled")
        }
    }
}
