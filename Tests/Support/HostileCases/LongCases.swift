extension HostileCase {
    /// Both sides of each bound.
    static let longOnes: [HostileCase] = [
        good(
            "9112 3", "a request line of 8 KiB",
            "GET /first?\(letters(8_192 - 20)) HTTP/1.1\r\nHost: x\r\n\r\n"),
        good(
            "9112 3", "a request line of 16 KiB",
            "GET /first?\(letters(16_384 - 20)) HTTP/1.1\r\nHost: x\r\n\r\n"),
        line(
            "9112 3", "a request line of one byte more", "GET /\(letters(16_371)) HTTP/1.1", [414]),
        line("9112 3", "a request line of 64 KiB", "GET /\(letters(65_522)) HTTP/1.1", [414]),
        refused("9112 3", "a request line without end", "GET /" + letters(70_000), [414]),
        line(
            "9112 3", "an absolute target of 64 KiB", "GET http://x/\(letters(65_514)) HTTP/1.1",
            [414]),
        good(
            "9110 9.1", "a method of 64 letters",
            "\(letters(64)) /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        line("9110 9.1", "a method of 65 letters", "\(letters(65)) / HTTP/1.1", [501]),
        refused("9112 3", "a method of 64 KiB", letters(65_536) + " / HTTP/1.1\r\n", [414, 501]),
        line("9112 2.3", "a version of 4 KiB", "GET / HTTP/1.\(letters(4_096))"),
        goodFields("6585 5", "a field of 4 KiB", "A: \(letters(4_096))"),
        goodFields("6585 5", "a field of 32 KiB", "A: \(letters(32_768))"),
        fields("6585 5", "a field of 64 KiB", "A: \(letters(65_536))", [431]),
        goodFields("6585 5", "a field's name of 4 KiB", "\(letters(4_096)): b"),
        fields("6585 5", "a field's name of 64 KiB", "\(letters(65_536)): b", [431]),
        refused(
            "6585 5", "a field without end",
            "GET / HTTP/1.1\r\nHost: x\r\nA: \(letters(70_000))", [431]),
        refused(
            "6585 5", "a field of blanks without end",
            "GET / HTTP/1.1\r\nHost: x\r\nA:" + String(repeating: " ", count: 70_000), [431]),
        good(
            "6585 5", "a head of 64 KiB",
            "GET /first HTTP/1.1\r\nHost: x\r\nA: \(letters(65_536 - 37))\r\n\r\n"),
        refused(
            "6585 5", "a head of one byte more",
            "GET /first HTTP/1.1\r\nHost: x\r\nA: \(letters(65_536 - 36))\r\n\r\n", [431]),
        fields(
            "6585 5", "a head of 64 KiB in fields of 1 KiB",
            Array(repeating: "A: \(letters(1_024))", count: 64).joined(separator: "\r\n"), [431]),
        goodFields(
            "6585 5", "100 fields",
            Array(repeating: "A: b", count: 99).joined(separator: "\r\n")),
        goodFields(
            "6585 5", "128 fields",
            Array(repeating: "A: b", count: 127).joined(separator: "\r\n")),
        fields(
            "6585 5", "129 fields",
            Array(repeating: "A: b", count: 128).joined(separator: "\r\n"), [431]),
        fields(
            "6585 5", "10,000 fields",
            Array(repeating: "A: b", count: 10_000).joined(separator: "\r\n"), [431]),
        refused(
            "9110 7.2", "a Host of 64 KiB",
            "GET / HTTP/1.1\r\nHost: \(letters(65_536))\r\n\r\n", [431]),
        goodFields(
            "9112 6.2", "a length of 1,000 zeros and a 5",
            "Content-Length: \(String(repeating: "0", count: 1_000))5", body: "hello"),
        goodFields(
            "9110 15.5.14", "a body at its bound", "Content-Length: 102400",
            body: letters(102_400)),
        fields("9110 15.5.14", "a body of 8 MB", "Content-Length: 8000000", [413]),
        fields(
            "9110 15.5.14", "a body of 1 EB", "Content-Length: 1152921504606846976", [413]),
        goodChunks("a body at its bound in chunks", "19000\r\n\(letters(102_400))\r\n0\r\n\r\n"),
        chunks(
            "9110 15.5.14", "one byte more in chunks",
            "19000\r\n\(letters(102_400))\r\n1\r\na\r\n0\r\n\r\n", [413]),
        goodChunks("1,000 chunks", String(repeating: "1\r\na\r\n", count: 1_000) + "0\r\n\r\n"),
        goodChunks("15 digits of size", "000000000000005\r\nhello\r\n0\r\n\r\n"),
        chunks("9112 7.1", "16 digits of size", "0000000000000005\r\nhello\r\n0\r\n\r\n"),
        goodChunks("an extension of 4 KiB", "5;a=\(letters(4_096))\r\nhello\r\n0\r\n\r\n"),
        chunks(
            "9112 7.1.1", "an extension of 16 KiB", "5;a=\(letters(16_384))\r\nhello\r\n0\r\n\r\n",
            [400, 413, 431]),
        chunks(
            "9112 7.1.1", "extensions that add up",
            String(repeating: "1;a=\(letters(1_000))\r\na\r\n", count: 9) + "0\r\n\r\n",
            [400, 413, 431]),
        chunks(
            "9112 7.1.1", "blanks without end behind a size",
            "5" + String(repeating: " ", count: 9_000), [400, 413, 431]),
        goodChunks("a trailer of 4 KiB", "5\r\nhello\r\n0\r\nA: \(letters(4_096))\r\n\r\n"),
        chunks(
            "9112 7.1.2", "a trailer of 16 KiB", "5\r\nhello\r\n0\r\nA: \(letters(16_384))\r\n\r\n",
            [400, 413, 431]),
        chunks(
            "9112 7.1.2", "a trailer's name without end", "0\r\n" + letters(9_000),
            [400, 413, 431]),
    ]
}
