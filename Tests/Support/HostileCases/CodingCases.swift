extension HostileCase {
    static let codings: [HostileCase] = [
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
        fields("9112 6.3", "codings with a hole", "Transfer-Encoding: ,chunked"),
        fields("9112 6.3", "a list with an end", "Transfer-Encoding: chunked,"),
        fields("9112 6.3", "an empty coding", "Transfer-Encoding:"),
        fields("9112 6.3", "chunked with a vertical tab", "Transfer-Encoding: \u{0B}chunked"),
        fields("9112 6.3", "chunked with NUL", "Transfer-Encoding: chunked\0"),
        fields("9112 6.3", "chunked with a blank inside", "Transfer-Encoding: chun ked"),
        fields("9112 6.3", "chunked with a dot", "Transfer-Encoding: chunked."),
    ]
}
