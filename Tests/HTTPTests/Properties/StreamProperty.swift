import TestSupport

extension Property {
    /// However a stream is cut, it means the same; what is taken holds to the rules when read in another way than the
    /// parser does.
    static let requests = Property(
        "requests", seeds: HostileCase.all.map(\.bytes).filter { $0.count < 2_000 },
        words: [
            "\r\n", "\n", "\r", " ", "\t", ":", ";", ",", "=", "\"", "\\", "0", "5", "\0", "%", "/",
            "?", "\r\n\r\n", "Host: y\r\n", "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n", "HTTP/1.1", "0\r\n\r\n", "5\r\nhello\r\n", "\u{FF}",
            "Connection: close\r\n", "Expect: 100-continue\r\n", " HTTP/1.0", "http://x",
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        ]
    ) { bytes in
        let whole = ParsedStream.events(bytes)
        var dice = dice(for: bytes)
        let cuts = (0..<dice.below(6)).map { _ in dice.below(bytes.count + 1) }
        guard ParsedStream.events(bytes, cuts: cuts) == whole else {
            return .broken("other requests when it is cut at \(cuts)")
        }
        if bytes.count < 120 {
            guard ParsedStream.events(bytes, cuts: Array(0..<bytes.count)) == whole else {
                return .broken("other requests byte by byte")
            }
        }
        var isTaken = false
        for case .request(_, let path, let query, let fields, let body) in whole {
            isTaken = true
            if let objection = objection(toHead: fields) { return .broken(objection) }
            guard !"\(path)\(query ?? "")".utf8.contains(where: { $0 <= 32 || $0 >= 127 }) else {
                return .broken("a target with what must be encoded")
            }
            guard body.count <= 102_400 else { return .broken("a body beyond its bound") }
        }
        return isTaken ? .taken : .refused
    }

    private static func objection(toHead fields: [String]) -> String? {
        var lengths = 0
        var codings = 0
        var hosts = 0
        for field in fields {
            let scalars = Array(field.unicodeScalars)
            if scalars.contains(where: { $0.value < 32 && $0 != "\t" || $0.value == 127 }) {
                return "a control character in \(field)"
            }
            guard let colon = field.firstIndex(of: ":"), colon > field.startIndex else {
                return "no name in \(field)"
            }
            let name = field[..<colon].lowercased()
            if name.contains(where: { " \t()<>@,;\\\"/[]?={}".contains($0) || !$0.isASCII }) {
                return "a bad name in \(field)"
            }
            if name == "content-length" { lengths += 1 }
            if name == "transfer-encoding" { codings += 1 }
            if name == "host" { hosts += 1 }
        }
        if fields.count > 128 { return "too many fields" }
        if lengths + codings > 1 { return "two ways to find the end" }
        return hosts > 1 ? "two hosts" : nil
    }
}
