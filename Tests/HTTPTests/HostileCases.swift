import Testing

/// Byte streams that a server must refuse, and look-alikes that it must take.
struct HostileCase: CustomTestStringConvertible, Sendable {
    let section: String
    let name: String
    let bytes: [UInt8]
    /// Statuses that are right for the first answer; empty where the request is good.
    let statuses: Set<Int>

    var testDescription: String { "\(section): \(name)" }
    var isGood: Bool { statuses.isEmpty }

    static func refused(
        _ section: String, _ name: String, _ text: String, _ statuses: Set<Int> = [400]
    ) -> HostileCase {
        HostileCase(section: section, name: name, bytes: Array(text.utf8), statuses: statuses)
    }

    static func good(_ section: String, _ name: String, _ text: String) -> HostileCase {
        HostileCase(section: section, name: name, bytes: Array(text.utf8), statuses: [])
    }

    /// A request with these fields after a good Host.
    private static func fields(
        _ section: String, _ name: String, _ fields: String, _ statuses: Set<Int> = [400],
        body: String = ""
    ) -> HostileCase {
        refused(
            section, name, "POST /first HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(body)", statuses)
    }

    /// A request with this request line.
    private static func line(
        _ section: String, _ name: String, _ line: String, _ statuses: Set<Int> = [400]
    ) -> HostileCase {
        refused(section, name, "\(line)\r\nHost: x\r\n\r\n", statuses)
    }

    /// A chunked body.
    private static func chunks(
        _ section: String, _ name: String, _ body: String, _ statuses: Set<Int> = [400]
    ) -> HostileCase {
        refused(
            section, name,
            "POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(body)", statuses
        )
    }

    private static func goodChunks(_ name: String, _ body: String) -> HostileCase {
        good(
            "9112 7.1", name,
            "POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(body)")
    }

    private static let requestLines: [HostileCase] = [
        line("9112 3", "two blanks after the method", "GET  / HTTP/1.1"),
        line("9112 3", "two blanks before the version", "GET /  HTTP/1.1"),
        line("9112 3", "a tab after the method", "GET\t/ HTTP/1.1"),
        line("9112 3", "a tab before the version", "GET /\tHTTP/1.1"),
        line("9112 3", "a blank at the end", "GET / HTTP/1.1 "),
        line("9112 3", "a blank in front", " GET / HTTP/1.1"),
        line("9112 3", "no method", "/ HTTP/1.1"),
        line("9112 3", "no target", "GET HTTP/1.1"),
        line("9112 3", "an empty target", "GET  HTTP/1.1"),
        line("9112 3", "HTTP/0.9", "GET /"),
        line("9112 3", "only a method", "GET"),
        line("9112 3", "four parts", "GET / x HTTP/1.1"),
        line("9112 3", "a vertical tab as blank", "GET\u{0B}/ HTTP/1.1"),
        line("9112 3", "a form feed as blank", "GET /\u{0C}HTTP/1.1"),
        line("9112 3", "a bare CR as blank", "GET\r/ HTTP/1.1"),
        line("9112 3", "a bare CR at the end", "GET / HTTP/1.1\r"),
        line("9112 3", "a bare CR in the target", "GET /a\rb HTTP/1.1"),
        line("9112 3", "NUL in the target", "GET /a\0b HTTP/1.1"),
        line("9112 3", "NUL in the method", "G\0T / HTTP/1.1"),
        line("9112 3.1", "a bracket in the method", "GE(T / HTTP/1.1"),
        line("9112 3.1", "a method of letters beyond ASCII", "GÉT / HTTP/1.1"),
        line("9112 3.1", "a colon in the method", "GET: / HTTP/1.1"),
        line("9112 2.3", "a lower-case version", "GET / http/1.1"),
        line("9112 2.3", "HTTP/1", "GET / HTTP/1"),
        line("9112 2.3", "HTTP/1.", "GET / HTTP/1."),
        line("9112 2.3", "HTTP/.1", "GET / HTTP/.1"),
        line("9112 2.3", "HTTP/1.10", "GET / HTTP/1.10"),
        line("9112 2.3", "HTTP/01.1", "GET / HTTP/01.1"),
        line("9112 2.3", "HTTP/1,1", "GET / HTTP/1,1"),
        line("9112 2.3", "HTTP 1.1", "GET / HTTP 1.1"),
        line("9112 2.3", "HTTP/+1.1", "GET / HTTP/+1.1"),
        line("9112 2.3", "HTTPS/1.1", "GET / HTTPS/1.1"),
        line("9112 2.3", "SIP/2.0", "OPTIONS sip:x SIP/2.0"),
        line("9110 15.6.6", "HTTP/1.2", "GET / HTTP/1.2", [505]),
        line("9110 15.6.6", "HTTP/1.9", "GET / HTTP/1.9", [505]),
        line("9110 15.6.6", "HTTP/0.9 spelled out", "GET / HTTP/0.9", [505]),
        line("9110 15.6.6", "HTTP/2.0", "GET / HTTP/2.0", [505]),
        line("9110 15.6.6", "HTTP/3.0", "GET / HTTP/3.0", [505]),
        line("9110 15.6.6", "HTTP/9.9", "GET / HTTP/9.9", [505]),
        refused("9113 3.4", "the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]),
        refused(
            "9112 2.2", "a TLS greeting", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}\u{FC}\u{03}"),
        refused("9112 2.2", "NUL in front", "\0GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        refused("9112 2.2", "a bare LF in front", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        refused("9112 2.2", "a bare CR in front", "\rGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        refused(
            "9112 2.2", "a byte order mark", "\u{FEFF}GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        refused(
            "9112 2.2", "many empty lines",
            String(repeating: "\r\n", count: 100) + "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        refused("9112 2.2", "a bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n"),
        refused("9112 2.2", "a bare LF after a field", "GET / HTTP/1.1\r\nHost: x\n\r\n"),
        refused("9112 2.2", "a bare LF at the end", "GET / HTTP/1.1\r\nHost: x\r\n\n"),
        refused("9112 2.2", "bare LFs throughout", "GET / HTTP/1.1\nHost: x\n\n"),
        refused("9112 2.2", "CR CR LF", "GET / HTTP/1.1\r\r\nHost: x\r\n\r\n"),
    ]

    private static let targets: [HostileCase] = [
        line("9112 3.2", "a fragment", "GET /a#b HTTP/1.1"),
        line("9112 3.2", "a quote in the path", "GET /a\"b HTTP/1.1"),
        line("9112 3.2", "angle brackets in the path", "GET /<a> HTTP/1.1"),
        line("9112 3.2", "a backslash in the path", "GET /a\\b HTTP/1.1"),
        line("9112 3.2", "a caret in the path", "GET /a^b HTTP/1.1"),
        line("9112 3.2", "a grave accent in the path", "GET /a`b HTTP/1.1"),
        line("9112 3.2", "braces in the path", "GET /{a} HTTP/1.1"),
        line("9112 3.2", "UTF-8 in the path", "GET /ä HTTP/1.1"),
        line("9112 3.2", "UTF-8 in the query", "GET /?q=ä HTTP/1.1"),
        line("9112 3.2", "a quote in the query", "GET /?q=\"a\" HTTP/1.1"),
        line("9112 3.2", "angle brackets in the query", "GET /?q=<a> HTTP/1.1"),
        line("9112 3.2", "a fragment after a query", "GET /?q#a HTTP/1.1"),
        line("9112 3.2", "DEL in the path", "GET /a\u{7F} HTTP/1.1"),
        line("9112 3.2", "a relative path", "GET a/b HTTP/1.1"),
        line("9112 3.2", "dots", "GET .. HTTP/1.1"),
        line("9112 3.2", "only a query", "GET ?a=b HTTP/1.1"),
        line("9112 3.2.2", "another scheme", "GET ftp://x/ HTTP/1.1"),
        line("9112 3.2.2", "a scheme without slashes", "GET http:x/ HTTP/1.1"),
        line("9112 3.2.2", "a scheme with one slash", "GET http:/x/ HTTP/1.1"),
        line("9112 3.2.2", "no host in the target", "GET http:///a HTTP/1.1"),
        line("9112 3.2.2", "only a port in the target", "GET http://:80/a HTTP/1.1"),
        line("9110 4.2.4", "user information in the target", "GET http://u:p@x/ HTTP/1.1"),
        line("9112 3.2.2", "a bad port in the target", "GET http://x:8o/ HTTP/1.1"),
        line("9112 3.2.2", "a javascript target", "GET javascript:alert(1) HTTP/1.1"),
        line("9112 3.2.3", "an authority outside of CONNECT", "GET x:80 HTTP/1.1"),
        line("9112 3.2.3", "CONNECT", "CONNECT x:443 HTTP/1.1", [501]),
        line("9112 3.2.4", "GET *", "GET * HTTP/1.1"),
        line("9112 3.2.4", "POST *", "POST * HTTP/1.1"),
        line("9112 3.2.4", "OPTIONS **", "OPTIONS ** HTTP/1.1"),
        line("9112 3.2.4", "OPTIONS *?a", "OPTIONS *?a HTTP/1.1"),
    ]

    private static let hosts: [HostileCase] = [
        refused("9112 3.2", "no Host", "GET / HTTP/1.1\r\n\r\n"),
        refused("9112 3.2", "no Host beside others", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"),
        refused("9112 3.2", "two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
        refused("9112 3.2", "one Host twice", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
        refused(
            "9112 3.2", "two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"),
        refused(
            "9112 3.2", "two Hosts spelled differently",
            "GET / HTTP/1.1\r\nhOST: x\r\nHost: y\r\n\r\n"),
        refused(
            "9112 3.2", "no Host, absolute target", "GET http://x/ HTTP/1.1\r\nAccept: a\r\n\r\n"),
        refused("9110 4.2.1", "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        refused("9110 4.2.1", "a blank Host", "GET / HTTP/1.1\r\nHost:   \r\n\r\n"),
        refused("9110 7.2", "a Host with a comma", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"),
        refused("9110 7.2", "a Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        refused("9110 7.2", "a Host with a tab", "GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n"),
        refused("9110 7.2", "a Host with a path", "GET / HTTP/1.1\r\nHost: x/a\r\n\r\n"),
        refused("9110 7.2", "a Host with a scheme", "GET / HTTP/1.1\r\nHost: http://x\r\n\r\n"),
        refused("9110 7.2", "a Host with a user", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n"),
        refused("9110 7.2", "a Host with a query", "GET / HTTP/1.1\r\nHost: x?a\r\n\r\n"),
        refused("9110 7.2", "a Host with a fragment", "GET / HTTP/1.1\r\nHost: x#a\r\n\r\n"),
        refused("9110 7.2", "a Host with a backslash", "GET / HTTP/1.1\r\nHost: x\\a\r\n\r\n"),
        refused("9110 7.2", "a Host with two ports", "GET / HTTP/1.1\r\nHost: x:1:2\r\n\r\n"),
        refused("9110 7.2", "a Host with a bad port", "GET / HTTP/1.1\r\nHost: x:a\r\n\r\n"),
        refused("9110 7.2", "a Host with a negative port", "GET / HTTP/1.1\r\nHost: x:-1\r\n\r\n"),
        refused("9110 7.2", "a Host with a huge port", "GET / HTTP/1.1\r\nHost: x:65536\r\n\r\n"),
        refused("9110 7.2", "only a port", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
        refused("9110 7.2", "an open IPv6 literal", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        refused("9110 7.2", "a bad IPv6 literal", "GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"),
        refused("9110 7.2", "a bare IPv6 address", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"),
        refused("9110 7.2", "text after a literal", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"),
        refused("9110 7.2", "a broken escape", "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n"),
        refused("9110 7.2", "UTF-8 in a Host", "GET / HTTP/1.1\r\nHost: ä.de\r\n\r\n"),
    ]

    private static let fieldLines: [HostileCase] = [
        fields("9112 5.1", "a blank before the colon", "A : b"),
        fields("9112 5.1", "a tab before the colon", "A\t: b"),
        fields("9112 5.1", "a blank in Content-Length's name", "Content-Length : 5", body: "hello"),
        fields(
            "9112 5.1", "a blank in Transfer-Encoding's name", "Transfer-Encoding : chunked",
            body: "0\r\n\r\n"),
        fields("9112 5.1", "no colon", "Nonsense"),
        fields("9112 5.1", "no name", ": b"),
        fields("9112 5.1", "a blank name", " : b"),
        fields("9112 5.2", "a folded line", "A: b\r\n c"),
        fields("9112 5.2", "a line folded with a tab", "A: b\r\n\tc"),
        fields("9112 5.2", "a folded Transfer-Encoding", "Transfer-Encoding:\r\n chunked"),
        fields("9112 5.2", "a folded Content-Length", "Content-Length:\r\n 5", body: "hello"),
        refused("9112 2.2", "a blank before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
        fields("9110 5.1", "a bracket in a name", "A(b): c"),
        fields("9110 5.1", "a slash in a name", "A/b: c"),
        fields("9110 5.1", "a quote in a name", "A\"b: c"),
        fields("9110 5.1", "NUL in a name", "A\0b: c"),
        fields("9110 5.1", "UTF-8 in a name", "Ä: c"),
        fields("9110 5.1", "a vertical tab after a name", "A\u{0B}: c"),
        fields("9110 5.5", "NUL in a value", "A: b\0c"),
        fields("9110 5.5", "a bare CR in a value", "A: b\rc"),
        fields("9110 5.5", "a bare CR that hides a field", "A: b\rContent-Length: 5"),
        fields("9110 5.5", "DEL in a value", "A: b\u{7F}"),
        fields("9110 5.5", "an escape in a value", "A: \u{1B}[31m"),
        fields("9110 5.5", "a bell in a value", "A: \u{07}"),
        fields("9110 10.1.1", "an unknown expectation", "Expect: 200-ok", [417]),
        fields("9110 10.1.1", "two expectations", "Expect: 100-continue, x", [417]),
        fields(
            "9110 10.1.1", "an expectation twice", "Expect: 100-continue\r\nExpect: 100-continue",
            [417]),
        fields("9110 8.4", "an unknown coding", "Content-Encoding: br\r\nContent-Length: 1", [415]),
        fields(
            "9110 8.4", "two codings", "Content-Encoding: gzip, gzip\r\nContent-Length: 1", [415]),
        fields(
            "9110 8.4", "two coding lines",
            "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 1", [415]),
    ]

    private static let lengths: [HostileCase] = [
        fields("9112 6.2", "a negative length", "Content-Length: -1"),
        fields("9112 6.2", "a signed length", "Content-Length: +5", body: "hello"),
        fields("9112 6.2", "an empty length", "Content-Length:"),
        fields("9112 6.2", "a blank length", "Content-Length:  "),
        fields("9112 6.2", "a length of words", "Content-Length: five", body: "hello"),
        fields("9112 6.2", "a hexadecimal length", "Content-Length: 0x5", body: "hello"),
        fields("9112 6.2", "a length with a fraction", "Content-Length: 5.0", body: "hello"),
        fields("9112 6.2", "a length with an exponent", "Content-Length: 5e0", body: "hello"),
        fields("9112 6.2", "a length with a blank", "Content-Length: 5 5", body: "hello"),
        fields("9112 6.2", "a length with an underscore", "Content-Length: 5_0", body: "hello"),
        fields("9112 6.2", "a length in quotes", "Content-Length: \"5\"", body: "hello"),
        fields("9112 6.2", "a length with a semicolon", "Content-Length: 5;", body: "hello"),
        fields(
            "9112 6.2", "a length with a vertical tab", "Content-Length: \u{0B}5", body: "hello"),
        fields("9112 6.2", "digits beyond ASCII", "Content-Length: ٥", body: "hello"),
        fields("9112 6.3", "a list of lengths", "Content-Length: 5, 5", body: "hello"),
        fields("9112 6.3", "a list of other lengths", "Content-Length: 5, 6", body: "hello"),
        fields("9112 6.3", "a list with a hole", "Content-Length: ,5", body: "hello"),
        fields(
            "9112 6.3", "two lengths", "Content-Length: 5\r\nContent-Length: 6", body: "hello"),
        fields(
            "9112 6.3", "one length twice", "Content-Length: 5\r\nContent-Length: 5",
            body: "hello"),
        fields(
            "9112 6.3", "lengths spelled differently", "content-length: 5\r\nCONTENT-LENGTH: 0",
            body: "hello"),
        fields("9112 6.3", "a length past 64 bits", "Content-Length: 18446744073709551621", [413]),
        fields("9112 6.3", "a length past 63 bits", "Content-Length: 9223372036854775808", [413]),
        fields(
            "9112 6.3", "a length of 100 digits",
            "Content-Length: " + String(repeating: "9", count: 100), [413]),
        fields("9110 15.5.14", "a length past the bound", "Content-Length: 102401", [413]),
    ]

    private static let codings: [HostileCase] = [
        fields(
            "9112 6.1", "length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked",
            body: "0\r\n\r\n"),
        fields(
            "9112 6.1", "chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            body: "0\r\n\r\n"),
        fields(
            "9112 6.1", "chunks and a length of 0",
            "Transfer-Encoding: chunked\r\nContent-Length: 0", body: "0\r\n\r\n"),
        refused(
            "9112 6.1", "chunks in HTTP/1.0",
            "POST /first HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        fields("9112 6.3", "identity", "Transfer-Encoding: identity"),
        fields("9112 6.3", "gzip alone", "Transfer-Encoding: gzip"),
        fields("9112 6.3", "chunked, then gzip", "Transfer-Encoding: chunked, gzip"),
        fields("9112 6.3", "chunked, then identity", "Transfer-Encoding: chunked, identity"),
        fields("9112 7", "chunked twice", "Transfer-Encoding: chunked, chunked"),
        fields(
            "9112 7", "chunked on two lines",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        fields(
            "9112 6.3", "chunked, then another line",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x"),
        fields("9112 6.1", "gzip, chunked", "Transfer-Encoding: gzip, chunked", [501]),
        fields("9112 6.1", "identity, chunked", "Transfer-Encoding: identity, chunked", [501]),
        fields(
            "9112 6.1", "gzip and chunked on two lines",
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", [501]),
        fields("9112 6.3", "xchunked", "Transfer-Encoding: xchunked"),
        fields("9112 6.3", "chunkedx", "Transfer-Encoding: chunkedx"),
        fields("9112 6.3", "chunked in quotes", "Transfer-Encoding: \"chunked\""),
        fields("9112 6.3", "chunked with a parameter", "Transfer-Encoding: chunked;a=b"),
        fields("9112 6.3", "a list with a hole", "Transfer-Encoding: ,chunked"),
        fields("9112 6.3", "a list with an end", "Transfer-Encoding: chunked,"),
        fields("9112 6.3", "an empty coding", "Transfer-Encoding:"),
        fields("9112 6.3", "chunked with a vertical tab", "Transfer-Encoding: \u{0B}chunked"),
        fields("9112 6.3", "chunked with NUL", "Transfer-Encoding: chunked\0"),
        fields("9112 6.3", "chunked with a blank inside", "Transfer-Encoding: chun ked"),
        fields("9112 6.3", "chunked with a dot", "Transfer-Encoding: chunked."),
    ]

    private static let chunkLines: [HostileCase] = [
        chunks("9112 7.1", "no size", "\r\n"),
        chunks("9112 7.1", "an empty size with an extension", ";a\r\n"),
        chunks("9112 7.1", "a size of words", "five\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a negative size", "-5\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a signed size", "+5\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a size with an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a blank before the size", " 5\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a blank after the size", "5 \r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a tab after the size", "5\t\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a size ended by LF", "5\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a size ended by CR", "5\rhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "data ended by LF", "5\r\nhello\n0\r\n\r\n"),
        chunks("9112 7.1", "data ended by CR", "5\r\nhello\r0\r\n\r\n"),
        chunks("9112 7.1", "data not ended", "5\r\nhello0\r\n\r\n"),
        chunks("9112 7.1", "data longer than its size", "5\r\nhello!\r\n0\r\n\r\n"),
        chunks("9112 7.1", "data shorter than its size", "6\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a size past 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "a size of 16 digits", "ffffffffffffffff\r\nhello\r\n"),
        chunks(
            "9112 7.1", "leading zeros without end", String(repeating: "0", count: 300) + "5\r\n"),
        chunks("9110 15.5.14", "a size past the bound", "19001\r\n", [413]),
        chunks("9110 15.5.14", "a huge size", "7ffffffffffffff\r\n", [413]),
        chunks("9112 7.1.1", "an extension without a name", "5;\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "a value without a name", "5;=a\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "a name without its value", "5;a=\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "an extension ended by LF", "5;a\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "a bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "NUL in an extension", "5;a\0\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "an open quote", "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "text after a quote", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1.1", "a comma instead of a semicolon", "5,a\r\nhello\r\n0\r\n\r\n"),
        chunks(
            "9112 7.1.1", "an endless extension", "5;a=" + String(repeating: "b", count: 9_000)),
        chunks("9112 7.1.2", "a trailer ended by LF", "0\r\nA: b\n\r\n"),
        chunks("9112 7.1.2", "a body ended by LF", "0\r\n\n"),
        chunks("9112 7.1.2", "a last chunk ended by LF", "0\n\r\n"),
        chunks("9112 7.1.2", "a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"),
        chunks("9112 7.1.2", "a trailer without colon", "0\r\nA\r\n\r\n"),
        chunks("9112 7.1.2", "a trailer without name", "0\r\n: b\r\n\r\n"),
        chunks("9112 7.1.2", "a blank before a trailer's colon", "0\r\nA : b\r\n\r\n"),
        chunks("9112 7.1.2", "NUL in a trailer", "0\r\nA: b\0\r\n\r\n"),
        chunks("9112 7.1.2", "a bare CR in a trailer", "0\r\nA: b\rc\r\n\r\n"),
        chunks(
            "9112 7.1.2", "endless trailers", "0\r\n" + String(repeating: "A: b\r\n", count: 2_000)),
    ]

    private static let goodOnes: [HostileCase] = [
        good("9112 3", "a plain request", "GET /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 2.2", "one empty line in front", "\r\nGET /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 5.1", "no blank after the colon", "GET /first HTTP/1.1\r\nHost:x\r\n\r\n"),
        good("9112 5.1", "tabs around a value", "GET /first HTTP/1.1\r\nHost:\t x \t\r\n\r\n"),
        good("9110 5.5", "UTF-8 in a value", "GET /first HTTP/1.1\r\nHost: x\r\nA: ä\r\n\r\n"),
        good("9110 5.5", "an empty value", "GET /first HTTP/1.1\r\nHost: x\r\nA:\r\n\r\n"),
        good("9112 3.1", "an unknown method", "BREW /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 3.1", "a method of marks", "!#$%&'*+-.^_`|~ /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 3.2.2", "an absolute target", "GET http://x/first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good(
            "9112 3.2.2", "an absolute target with a port",
            "GET HTTPS://x:8443/first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good(
            "9112 3.2.2", "an absolute target that disagrees with Host",
            "GET http://x/first HTTP/1.1\r\nHost: y\r\n\r\n"),
        good("9112 3.2.4", "OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
        good(
            "9112 3.2", "brackets in the query", "GET /first?a[b]={c}|d HTTP/1.1\r\nHost: x\r\n\r\n"
        ),
        good("9110 7.2", "an IPv6 Host", "GET /first HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"),
        good("9110 7.2", "a Host with an empty port", "GET /first HTTP/1.1\r\nHost: x:\r\n\r\n"),
        good(
            "9110 7.2", "a Host with an underscore",
            "GET /first HTTP/1.1\r\nHost: a_b:65535\r\n\r\n"),
        good(
            "9112 6.3", "a length",
            "POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
        good(
            "9112 6.3", "a length with zeros in front",
            "POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 005\r\n\r\nhello"),
        good(
            "9112 6.3", "a GET with a body",
            "GET /first HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
        good(
            "9112 6.1", "Chunked in capitals",
            "POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"),
        good(
            "9110 8.4", "an unknown coding of nothing",
            "GET /first HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\n\r\n"),
        goodChunks("one chunk", "5\r\nhello\r\n0\r\n\r\n"),
        goodChunks("zeros in front", "0005\r\nhello\r\n000\r\n\r\n"),
        goodChunks("capital digits", "A\r\n0123456789\r\n0\r\n\r\n"),
        goodChunks("an extension", "5;a=b\r\nhello\r\n0;c\r\n\r\n"),
        goodChunks("a quoted extension", "5;a=\"b;\\\"c\"\r\nhello\r\n0\r\n\r\n"),
        goodChunks("blanks around an extension", "5 ; a = b ;c\r\nhello\r\n0\r\n\r\n"),
        goodChunks("a trailer", "5\r\nhello\r\n0\r\nA: b\r\nContent-Length: 9\r\n\r\n"),
    ]

    static let all =
        requestLines + targets + hosts + fieldLines + lengths + codings + chunkLines + goodOnes
}
