extension HostileCase {
    static let fieldLines: [HostileCase] = [
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
        fields("9110 8.4", "an unknown coding", "Content-Encoding: br\r\nContent-Length: 1", [415]),
        fields(
            "9110 8.4", "two codings", "Content-Encoding: gzip, gzip\r\nContent-Length: 1", [415]),
        fields(
            "9110 8.4", "two coding lines",
            "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 1", [415]),
    ]
}
