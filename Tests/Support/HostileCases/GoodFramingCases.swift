extension HostileCase {
    /// What looks like a trick and is only unusual.
    static let goodFraming: [HostileCase] = [
        goodFields("9112 6.2", "a length of 0", "Content-Length: 0"),
        goodFields("9112 6.2", "a length of many zeros", "Content-Length: 0000000000000000000000"),
        goodFields("9112 5", "blanks around a length", "Content-Length: \t 5 \t", body: "hello"),
        goodFields("9112 5", "no blank before a length", "Content-Length:5", body: "hello"),
        goodFields("9110 5.1", "a length's name in capitals", "CONTENT-LENGTH: 5", body: "hello"),
        goodFields(
            "9110 5.1", "a name that only looks like a length",
            "Content_Length: 9\r\nContent-Length: 5\r\nXContent-Length: 7", body: "hello"),
        goodFields(
            "9110 5.1", "a name that only looks like a coding",
            "Transfer_Encoding: chunked\r\nTransfer-Encodings: chunked\r\nContent-Length: 5",
            body: "hello"),
        goodFields(
            "9110 10.1.4", "TE is not Transfer-Encoding",
            "TE: trailers, chunked\r\nContent-Length: 5",
            body: "hello"),
        goodFields(
            "9112 6.1", "blanks around a coding", "Transfer-Encoding: \t chunked \t",
            body: "5\r\nhello\r\n0\r\n\r\n"),
        goodFields(
            "9112 6.1", "a coding's name in capitals", "TRANSFER-ENCODING:Chunked",
            body: "5\r\nhello\r\n0\r\n\r\n"),
        goodFields("9112 6.3", "a POST without a body", "A: b"),
        good(
            "9112 6.3", "a HEAD with a length of 0",
            "HEAD /first HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
        goodFields(
            "9112 6.3", "a body that looks like a request", "Content-Length: 35",
            body: "GET /hidden HTTP/1.1\r\nHost: xx\r\n\r\n\r"),
        goodFields(
            "9112 6.3", "a body of line ends", "Content-Length: 8", body: "\r\n\r\n\r\n\r\n"),
        goodFields("9112 6.3", "a body of NULs", "Content-Length: 5", body: "\0\0\0\0\0"),
        goodChunks("data that looks like chunks", "a\r\n0\r\n\r\nGET /\r\n0\r\n\r\n"),
        goodChunks("an empty body", "0\r\n\r\n"),
        goodChunks("a last chunk of many zeros", "000000000000000\r\n\r\n"),
        goodChunks("an extension on the last chunk", "0;a=b;c\r\n\r\n"),
        goodChunks("a quoted extension that looks like an end", "5;a=\"0;\"\r\nhello\r\n0\r\n\r\n"),
        goodChunks("a trailer that would be framing", "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        goodChunks("a trailer that would be a Host", "0\r\nHost: y\r\n\r\n"),
        goodChunks("an empty trailer", "0\r\nA:\r\n\r\n"),
        goodChunks("small and capital digits", "aA\r\n\(letters(170))\r\n0\r\n\r\n"),
        good(
            "9112 2.2", "an empty line behind a body",
            "\r\n\r\nGET /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        goodFields(
            "9110 5.5", "every printable character in a value",
            "A: " + String(String.UnicodeScalarView((0x20...0x7E).compactMap(Unicode.Scalar.init)))),
        goodFields("9110 5.5", "a value that looks like a field", "A: Content-Length: 9"),
        goodFields("9110 5.6.2", "every mark in a name", "!#$%&'*+-.^_`|~09: b"),
        goodFields("9110 5.3", "one name many times", "A: b\r\na: c\r\nA: b"),
        goodFields(
            "9110 8.4", "identity as coding", "Content-Encoding: identity\r\nContent-Length: 5",
            body: "hello"),
        good(
            "9110 7.2", "a Host of an address",
            "GET /first HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n\r\n"),
        good(
            "9110 7.2", "Host as the last field", "GET /first HTTP/1.1\r\nA: b\r\nHost: x\r\n\r\n"),
        good("9110 7.2", "a Host in capitals", "GET /first HTTP/1.1\r\nHOST: X\r\n\r\n"),
        good(
            "9110 7.2", "a Host with a whole escape", "GET /first HTTP/1.1\r\nHost: a%20b\r\n\r\n"),
        good("9110 7.2", "a Host with a dot at its end", "GET /first HTTP/1.1\r\nHost: x.\r\n\r\n"),
    ]
}
