extension HostileCase {
    /// `Connection` names fields that concern one hop. None of them may take the framing away.
    static let connections: [HostileCase] = [
        goodFields(
            "9110 7.6.1", "a Connection that names the length",
            "Connection: Content-Length\r\nContent-Length: 5", body: "hello"),
        goodFields(
            "9110 7.6.1", "a Connection that names the chunks",
            "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
            body: "5\r\nhello\r\n0\r\n\r\n"),
        goodFields("9110 7.6.1", "a Connection that names the Host", "Connection: Host"),
        goodFields(
            "9110 7.6.1", "a Connection that names itself", "Connection: connection, keep-alive"),
        goodFields("9110 7.6.1", "an empty Connection", "Connection:"),
        goodFields("9110 7.6.1", "a Connection of commas", "Connection: , ,\t,"),
        goodFields(
            "9110 7.6.1", "many Connections",
            Array(repeating: "Connection: keep-alive", count: 50).joined(separator: "\r\n")),
        goodFields(
            "9112 C.2.2", "Proxy-Connection: close counts nothing", "Proxy-Connection: close"),
        goodFields("9112 C.2.2", "Keep-Alive counts nothing", "Keep-Alive: timeout=0, max=1"),
        goodFields("9112 9.6", "close within another word", "Connection: closed, unclose"),
        goodFields("9112 9.6", "close in quotes", "Connection: \"close\""),
        last(
            "9112 9.6", "close", "GET /first HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        last(
            "9112 9.6", "CLOSE behind other options",
            "GET /first HTTP/1.1\r\nHost: x\r\nConnection: a, keep-alive ,CLOSE\r\n\r\n"),
        last(
            "9112 9.6", "close on a second line",
            "GET /first HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"),
        last(
            "9112 9.6", "close, and a body",
            "POST /first HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
        ),
        last("9112 9.3", "HTTP/1.0", "GET /first HTTP/1.0\r\n\r\n"),
        last("9112 9.3", "HTTP/1.0 with a Host", "GET /first HTTP/1.0\r\nHost: x\r\n\r\n"),
        last(
            "9112 9.3", "HTTP/1.0 with a body",
            "POST /first HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"),
        last(
            "9112 9.3", "HTTP/1.0, keep-alive and close",
            "GET /first HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"),
        good(
            "9112 9.3", "HTTP/1.0, kept alive",
            "POST /first HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"),
    ]

    static let expectations: [HostileCase] = [
        goodFields(
            "9110 10.1.1", "100-continue and the body with it",
            "Expect: 100-continue\r\nContent-Length: 5", body: "hello"),
        goodFields(
            "9110 10.1.1", "100-Continue in capitals",
            "EXPECT: 100-CONTINUE\r\nContent-Length: 5", body: "hello"),
        goodFields("9110 10.1.1", "100-continue without a body", "Expect: 100-continue"),
        goodFields(
            "9110 10.1.1", "100-continue and chunks with it",
            "Expect: 100-continue\r\nTransfer-Encoding: chunked", body: "5\r\nhello\r\n0\r\n\r\n"),
        last(
            "9110 10.1.1", "100-continue in HTTP/1.0",
            "POST /first HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"),
        fields("9110 10.1.1", "100-continue with a parameter", "Expect: 100-continue;a=b", [417]),
        fields("9110 10.1.1", "100 and a blank", "Expect: 100 continue", [417]),
        fields(
            "9110 10.1.1", "100-continue, and a length twice",
            "Expect: 100-continue\r\nContent-Length: 5\r\nContent-Length: 5", body: "hello"),
        fields(
            "9110 15.5.14", "100-continue for too much",
            "Expect: 100-continue\r\nContent-Length: 102401", [413]),
    ]

    /// We upgrade to nothing; who asks is answered in HTTP/1.1, and what he sends next must be HTTP/1.1 again.
    static let upgrades: [HostileCase] = [
        goodFields(
            "9110 7.8", "an upgrade to h2c",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"
        ),
        goodFields(
            "9110 7.8", "an upgrade to h2c, the settings not named",
            "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"),
        goodFields(
            "9110 7.8", "an upgrade to a WebSocket",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
        goodFields(
            "9110 7.8", "an upgrade with a body",
            "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5", body: "hello"),
        goodFields("9110 7.8", "an upgrade to TLS", "Connection: Upgrade\r\nUpgrade: TLS/1.2"),
        goodFields("9110 7.8", "an upgrade to nothing", "Connection: Upgrade\r\nUpgrade:"),
        fields(
            "9112 6.3", "an upgrade and two lengths",
            "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\nContent-Length: 6",
            body: "hello"),
        refused(
            "9113 3.4", "the HTTP/2 preface with a settings frame",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{04}\0\0\0\0\0", [505]),
        line("9113 3.4", "a preface that says 1.1", "PRI * HTTP/1.1"),
        refused(
            "9112 2.2", "a TLS greeting of version 1.3",
            "\u{16}\u{03}\u{01}\0\u{4D}\u{01}\0\0\u{49}\u{03}\u{03}"),
        refused("9112 2.2", "an SSH greeting", "SSH-2.0-OpenSSH_9.2\r\n"),
        refused("9112 2.2", "a PROXY line", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"),
        refused("9112 2.2", "a binary PROXY line", "\r\n\r\n\0\r\nQUIT\n"),
        refused("9112 2.2", "a Redis command", "*1\r\n$4\r\nPING\r\n"),
        refused("9112 2.2", "a mail greeting", "EHLO x\r\nMAIL FROM:<a@b>\r\n"),
    ]
}
