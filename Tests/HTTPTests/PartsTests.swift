import Testing

@testable import HTTP

@Suite struct `A table of routes` {
    private static let routes: [(HTTP.Method, String, name: String)] = [
        (.get, "/", "root"),
        (.get, "/admin/customer-groups", "list"),
        (.post, "/admin/customer-groups", "create"),
        (.get, "/admin/customer-groups/:id", "get"),
        (.get, "/admin/customer-groups/batch", "batch"),
        (.get, "/admin/customer-groups/:id/customers", "members"),
        (.delete, "/admin/customer-groups/:id/customers/:customer", "remove"),
        (.head, "/special", "special head"),
        (.get, "/special", "special get"),
    ]
    private let table = try? RouteTable(Self.routes.map { ($0.0, $0.1) })

    private func found(_ method: HTTP.Method, _ path: String) -> String? {
        switch table?.match(method, path: path.utf8.span) {
        case .found(let index, _): Self.routes[index].name
        case .notFound: "-"
        case .badEscape: "%"
        case nil: nil
        }
    }

    private func parameter(_ path: String, _ name: StaticString = "id") -> String? {
        guard case .found(_, let parameters)? = table?.match(.get, path: path.utf8.span) else {
            return nil
        }
        return parameters[name]
    }

    @Test(arguments: [
        ("/", "root"), ("/admin/customer-groups", "list"), ("/ADMIN/Customer-Groups", "list"),
        ("/admin/customer-groups/", "list"), ("/admin/customer-groups//", "-"),
        ("//admin/customer-groups", "-"), ("/admin//customer-groups", "-"), ("//", "-"), ("", "-"),
        ("admin/customer-groups", "-"), ("*", "-"), ("/admin", "-"), ("/admin/", "-"),
        ("/admin/customer-group", "-"), ("/admin/customer-groupsx", "-"),
        ("/admin/customer-groups/x", "get"), ("/admin/customer-groups/x/", "get"),
        ("/admin/customer-groups/batch", "batch"), ("/admin/customer-groups/BATCH", "batch"),
        ("/admin/customer-groups/batch/customers", "members"),
        ("/admin/customer-groups//customers", "-"),
        ("/admin/customer-groups/x/customers", "members"),
        ("/admin/customer-groups/x/y", "-"), ("/admin/customer%2Dgroups", "-"),
        ("/admin/customer-groups/%zz", "%"), ("/admin/customer-groups/%", "%"),
        ("/admin/customer-groups/%4", "%"), ("/admin/customer-groups/%00", "%"),
        ("/admin/customer-groups/%ff", "%"), ("/admin/customer-groups/%C3%28", "%"),
        ("/admin/customer-groups/%ED%A0%80", "%"), ("/nowhere/%zz", "%"), ("/nowhere/%00", "%"),
        ("/nowhere/%41", "-"),
    ])
    func `matches paths as Express does`(_ path: String, _ target: String) {
        #expect(found(.get, path) == target)
    }

    @Test func `tells methods apart and lets HEAD have the GET route`() {
        #expect(found(.post, "/admin/customer-groups") == "create")
        #expect(found(.put, "/admin/customer-groups") == "-")
        #expect(found(.other, "/admin/customer-groups") == "-")
        #expect(found(.head, "/admin/customer-groups") == "list")
        #expect(found(.head, "/special") == "special head")
        #expect(found(.get, "/special") == "special get")
    }

    @Test func `decodes parameters once`() {
        #expect(parameter("/admin/customer-groups/a%2Fb") == "a/b")
        #expect(parameter("/admin/customer-groups/a%252Fb") == "a%2Fb")
        #expect(parameter("/admin/customer-groups/a+b") == "a+b")
        #expect(parameter("/admin/customer-groups/%C3%A4") == "ä")
        #expect(parameter("/admin/customer-groups/x%20y/customers") == "x y")
        #expect(parameter("/admin/customer-groups/X/Customers") == "X")
    }

    @Test func `refuses two routes for the same requests`() {
        #expect(throws: RouteClash.self) {
            try RouteTable([(.get, "/a/:id"), (.get, "/A/:other")])
        }
        #expect(throws: Never.self) {
            try RouteTable([(.get, "/a/:id"), (.post, "/a/:other"), (.get, "/a/b")])
        }
    }
}

@Suite struct `Forwarded addresses` {
    @Test(arguments: [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("made up, 203.0.113.9, 10.0.0.2, 10.0.0.3", "203.0.113.9"),
        ("10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("nonsense", nil), ("203.0.113.9,", nil), ("", nil),
        ("\u{1B}[31m", nil), ("203.0.113.9, nonsense, 10.0.0.2", "10.0.0.2"),
    ])
    func `name the last one that is not a proxy`(_ chain: String, _ client: String?) throws {
        let proxies = try TrustedProxies(["10.0.0.0/8", "::1"])
        #expect(proxies.client(in: chain) == client)
    }

    @Test func `belong to a network or not`() throws {
        let proxies = try TrustedProxies(["10.1.0.0/20", "192.168.1.7", "fd00::/8", "0.0.0.0/32"])
        for address in ["10.1.15.255", "10.1.0.0", "192.168.1.7", "fdff::1", "::ffff:10.1.2.3"] {
            #expect(proxies.contains(address), "\(address)")
        }
        for address in ["10.1.16.0", "10.0.255.255", "192.168.1.8", "fe00::1", "x", "", "10.1.0"] {
            #expect(!proxies.contains(address), "\(address)")
        }
        #expect(try TrustedProxies(["0.0.0.0/0"]).contains("8.8.8.8"))
        #expect(!(try TrustedProxies(["0.0.0.0/0"]).contains("::1")))
    }

    @Test(arguments: [
        "", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "1.2.3",
    ])
    func `refuse what is no network`(_ text: String) {
        #expect(throws: TrustedProxies.Unreadable.self) { try TrustedProxies([text]) }
    }
}

@Suite struct `Small parts` {
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
        ] as [(Int64, String)])
    func `a date is written as RFC 9110 wants`(_ seconds: Int64, _ text: String) {
        #expect(String(httpDate: seconds) == text)
    }

    @Test func `numbers are written in both bases`() {
        var bytes: [UInt8] = []
        for value in [0, 7, 10, 15, 16, 255, 256, 65_535, 1 << 40] {
            bytes = []
            bytes.append(decimal: value)
            #expect(String(decoding: bytes, as: UTF8.self) == "\(value)")
            bytes = []
            bytes.append(hexadecimal: value)
            #expect(String(decoding: bytes, as: UTF8.self) == String(value, radix: 16))
        }
    }

    @Test(arguments: [
        ("gzip", Compression.gzip), ("deflate", .deflate), ("deflate, gzip", .gzip), ("*", .gzip),
        ("deflate;q=0.9, gzip;q=0.8", .deflate), ("gzip;q=0, *", .deflate),
        ("deflate, *;q=0.5", .deflate), ("GZIP ; q=0.1", .gzip), ("identity", nil), ("", nil),
        ("gzip;q=0", nil), ("*;q=0", nil), ("br, zstd", nil),
    ])
    func `the coding of an answer is what its reader likes most, gzip first`(
        field: String, coding: Compression?
    ) {
        #expect(Compression(acceptedBy: field) == coding)
    }

    @Test func `a coding that is not offered is not chosen`() {
        #expect(Compression(acceptedBy: "deflate, gzip;q=0.1", among: [.gzip]) == .gzip)
        #expect(Compression(acceptedBy: "deflate", among: [.gzip]) == nil)
    }

    @Test(arguments: [ContentCoding.gzip, .deflate])
    func `a packed body is unpacked whole or not at all`(_ coding: ContentCoding) throws {
        let body = Array("{\"name\":\"VIP\"}".utf8)
        let packed = Deflate.pack(body, coding)
        #expect(try Inflater.inflate(packed, coding, bytesMax: 100) == body)
        for broken in [
            Array(packed.dropLast()), Array(packed.dropFirst()), packed + [1], body,
            Array(packed.prefix(1)),
        ] {
            #expect(throws: RequestRefusal.undecodableBody) {
                try Inflater.inflate(broken, coding, bytesMax: 100)
            }
        }
        var damaged = packed
        damaged[packed.count - 2] ^= 0x55
        #expect(throws: RequestRefusal.undecodableBody) {
            try Inflater.inflate(damaged, coding, bytesMax: 100)
        }
    }

    @Test func `two gzip members are one body`() throws {
        let packed = Deflate.pack([1, 2], .gzip) + Deflate.pack([3], .gzip)
        #expect(try Inflater.inflate(packed, .gzip, bytesMax: 3) == [1, 2, 3])
        #expect(throws: RequestRefusal.bodyTooLarge) {
            try Inflater.inflate(packed, .gzip, bytesMax: 2)
        }
    }
}
