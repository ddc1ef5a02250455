extension HostileCase {
    static let lengths: [HostileCase] = [
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
}
