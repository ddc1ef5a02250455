import TestSupport

@testable import HTTP

extension Property {
    /// What is decoded can be encoded and decoded again, and holds no NUL that an escape brought.
    static let escapes = Property(
        "escapes",
        seeds: [
            "", "a", "/admin/a%2Fb", "%41", "%", "%4", "%zz", "%00", "%C3%A4", "%C3", "ä", "%25",
        ]
        .map { Array($0.utf8) }, words: ["%", "%2F", "%E2%82%AC", "%F0%9F%98%80", "%ff", "%25"]
    ) { bytes in
        guard let text = Percent.decode(bytes.span) else { return .refused }
        if bytes.contains(0x25), !bytes.contains(0), text.utf8.contains(0) {
            return .broken("a NUL out of an escape")
        }
        let encoded = text.utf8.flatMap { byte in
            [0x25] + Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
        }
        guard !text.utf8.contains(0) else { return .refused }
        return .taken(
            if: Percent.decode(encoded.span) == text, else: "another text when it is encoded again")
    }

    /// A host that is taken holds nothing that another reader could take for the end of it.
    static let hosts = Property(
        "hosts",
        texts: [
            "x", "x:80", "a.b.example", "[::1]", "[::1]:80", "127.0.0.1:9000", "a%20b", "x:", ":80",
            "u@x", "a,b", "x/a", "[::1", "x:65536",
        ], words: [":", "[", "]", "::", "%20", "@", "/", ",", ".", "65535", "[::1]"]
    ) { text in
        guard Host.isValid(Array(text.utf8).span) else { return .refused }
        guard
            !text.utf8.contains(where: { $0 <= 32 || $0 >= 127 || "/\\?#@,<>\"".utf8.contains($0) })
        else { return .broken("a character that ends a host elsewhere") }
        let colons = text.utf8.filter { $0 == ASCII.colon }.count
        return .taken(
            if: colons <= 1 || text.hasPrefix("[") && text.contains("]"),
            else: "colons outside of []")
    }

    /// Who is named as the client is an address that stands in the chain.
    static let forwardedChains = Property(
        "forwarded-chains",
        texts: [
            "9.9.9.9", "8.8.8.8, 9.9.9.9", "::1", "[::1]:80", "10.0.0.1", "9.9.9.9, 10.0.0.1", "",
            ",", "unknown", "1.2.3.4:5", "::ffff:1.2.3.4", "[::1", "2001:DB8::1",
        ],
        words: [",", " ", "\t", "[", "]", ":", "::", "10.0.0.9", "1.2.3.4", "unknown", ".", "\0"]
    ) { text in
        guard let proxies = try? TrustedProxies(["10.0.0.0/8", "::1"]) else {
            return .broken("no proxies")
        }
        guard let client = proxies.client(in: text) else { return .refused }
        guard let address = IPAddress(client) else { return .broken("no address: \(client)") }
        let elements = text.split(separator: ",").compactMap(IPAddress.init(forwarded:))
        return .taken(if: elements.contains(address), else: "\(client) is not in the chain")
    }

    /// A coding that is chosen was named and not forbidden alone; a tag that matches stands in the field.
    static let negotiation = Property(
        "negotiation",
        texts: [
            "gzip", "deflate", "gzip, deflate, br", "*", "identity", "gzip;q=0", "gzip;q=0.5,*;q=1",
            "deflate;q=1.0, gzip;q=0.001", ";q=1", "q=", "*;q=0", negotiatedTag.text,
            "W/\"a\", \(negotiatedTag.text)", "\"\"", "d eflate, gz\tip",
        ], words: ["gzip", "deflate", "*", ";q=", "0", "1", ",", " ", "W/", "\"", "nan", "inf"]
    ) { text in
        var verdict = Verdict.refused
        if let coding = Compression(acceptedBy: text) {
            let field = text.lowercased()
            guard field.contains(coding.name) || field.contains("*") else {
                return .broken("\(coding.name), which nobody named")
            }
            verdict = .taken
        }
        if negotiatedTag.matches(text) {
            let opaque = negotiatedTag.text.dropFirst(2)
            guard text.contains(opaque) || text.contains("*") else {
                return .broken("a match with another tag")
            }
            verdict = .taken
        }
        return verdict
    }

    private static let negotiatedTag = EntityTag(weakOf: Array("hello".utf8))

    static let ofHTTP = [
        requests, chunkedBodies, packedBodies, escapes, hosts, forwardedChains, negotiation,
    ]
}
