extension HostileCase {
    /// What an attacker wants to be read as a request of its own.
    private static let hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

    /// The known ways of making two readers disagree about where a request ends, each with a request hidden where
    /// one of them would begin anew.
    static let smuggling: [HostileCase] = [
        fields(
            "9112 6.1", "CL.TE", "Content-Length: 6\r\nTransfer-Encoding: chunked",
            body: "0\r\n\r\nG"),
        fields(
            "9112 6.1", "CL.TE with a whole request",
            "Content-Length: 38\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n" + hidden),
        fields(
            "9112 6.1", "TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4",
            body: "21\r\n" + hidden + "0\r\n\r\n"),
        fields(
            "9112 6.1", "CL.0 with chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked",
            body: "21\r\n" + hidden + "0\r\n\r\n"),
        fields(
            "9112 6.1", "a length in between",
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\nTransfer-Encoding: identity",
            body: hidden),
        fields(
            "9112 6.3", "TE.TE, an unknown one second",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", body: "0\r\n\r\n" + hidden),
        fields(
            "9112 6.1", "TE.TE, an unknown one first",
            "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked", [501],
            body: "0\r\n\r\n" + hidden),
        fields(
            "9112 6.3", "TE.TE, identity second",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            body: "0\r\n\r\n" + hidden),
        fields(
            "9112 6.3", "TE.TE, an empty one second",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding:", body: "0\r\n\r\n" + hidden),
        fields(
            "9112 5.1", "TE.CL, a blank before the colon",
            "Content-Length: 4\r\nTransfer-Encoding : chunked", body: "21\r\n" + hidden),
        fields(
            "9112 5.1", "TE.CL, a tab before the colon",
            "Content-Length: 4\r\nTransfer-Encoding\t: chunked", body: "21\r\n" + hidden),
        fields(
            "9112 5.2", "TE.CL, a blank before the name",
            "Content-Length: 4\r\n Transfer-Encoding: chunked", body: "21\r\n" + hidden),
        fields(
            "9112 5.2", "TE.CL, folded behind another field",
            "Content-Length: 4\r\nA: b\r\n\tTransfer-Encoding: chunked", body: "21\r\n" + hidden),
        fields(
            "9112 2.2", "TE.CL, behind a bare LF",
            "Content-Length: 4\r\nA: b\nTransfer-Encoding: chunked", body: "21\r\n" + hidden),
        fields(
            "9112 2.2", "TE.CL, behind a bare CR",
            "Content-Length: 4\r\nA: b\rTransfer-Encoding: chunked", body: "21\r\n" + hidden),
        fields(
            "9112 2.2", "TE.CL, a bare LF before the colon",
            "Content-Length: 4\r\nTransfer-Encoding\n: chunked", body: "21\r\n" + hidden),
        fields(
            "9110 5.5", "TE.CL, NUL behind the value",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\0", body: "21\r\n" + hidden),
        fields(
            "9110 5.1", "TE.CL, NUL in the name",
            "Content-Length: 4\r\nTransfer\0Encoding: chunked", body: "21\r\n" + hidden),
        fields(
            "9110 5.5", "TE.CL, a vertical tab before the value",
            "Content-Length: 4\r\nTransfer-Encoding:\u{0B}chunked", body: "21\r\n" + hidden),
        fields(
            "9110 5.5", "TE.CL, a form feed behind the value",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\u{0C}", body: "21\r\n" + hidden),
        rawFields(
            "9112 6.3", "TE.CL, a Latin 1 blank before the value",
            Array("Content-Length: 4\r\nTransfer-Encoding: ".utf8) + [0xA0]
                + Array("chunked".utf8), body: "21\r\n" + hidden),
        rawFields(
            "9112 6.3", "a byte beyond ASCII in the coding",
            Array("Transfer-Encoding: chunked".utf8) + [0xFF], body: "0\r\n\r\n" + hidden),
        rawFields(
            "9110 5.1", "a byte beyond ASCII in the length's name",
            Array("Content".utf8) + [0xAD] + Array("Length: 5".utf8), body: "hello"),
        rawFields(
            "9112 6.2", "a Latin 1 blank in the length", Array("Content-Length: 5".utf8) + [0xA0],
            body: "hello"),
        fields(
            "9112 6.3", "CL.CL", "Content-Length: 0\r\nContent-Length: 33", body: hidden),
        fields(
            "9112 6.3", "CL.CL, the other way", "Content-Length: 33\r\nContent-Length: 0",
            body: hidden),
        fields(
            "9112 6.3", "CL.CL far apart",
            "Content-Length: 0\r\nA: b\r\nC: d\r\nContent-Length: 33", body: hidden),
        fields("9112 6.3", "CL.CL in one line", "Content-Length: 0,33", body: hidden),
        fields(
            "9112 6.2", "a length with a blank first digit", "Content-Length: 3 3", body: hidden),
        fields("9112 6.2", "a length with a sign", "Content-Length: +33", body: hidden),
        fields("9112 6.2", "a length of minus nothing", "Content-Length: -0", body: hidden),
        fields("9112 6.2", "a length in hexadecimal", "Content-Length: 0x21", body: hidden),
        fields("9112 6.2", "a length in octal", "Content-Length: 0o41", body: hidden),
        fields("9112 6.2", "a length with a comma at its end", "Content-Length: 33,", body: hidden),
        fields("9112 6.2", "a length with NUL", "Content-Length: 33\0", body: hidden),
        fields("9112 5.2", "a folded length", "Content-Length: 0\r\n 33", body: hidden),
        fields("9112 2.2", "a length behind a bare LF", "A: b\nContent-Length: 33", body: hidden),
        fields(
            "9110 15.5.14", "a length that wraps to 33 at 32 bits", "Content-Length: 4294967329",
            [413], body: hidden),
        fields(
            "9110 15.5.14", "a length that wraps to 33 at 64 bits",
            "Content-Length: 18446744073709551649", [413], body: hidden),
        chunks(
            "9112 7.1", "a chunk size that wraps to 0 at 64 bits",
            "10000000000000000\r\n\r\n" + hidden),
        chunks(
            "9110 15.5.14", "a chunk size that wraps to 0 at 32 bits",
            "100000000\r\n\r\n" + hidden, [413]),
        chunks("9112 7.1", "a chunk size with an h", "0h\r\n\r\n" + hidden),
        chunks("9112 7.1", "a chunk size with a quote", "\"0\"\r\n\r\n" + hidden),
        chunks("9112 7.1", "a chunk size with a comma", "0,0\r\n\r\n" + hidden),
        chunks("9112 7.1", "a chunk size with a fraction", "0.0\r\n\r\n" + hidden),
        chunks("9112 7.1", "a chunk size with NUL", "0\0\r\n\r\n" + hidden),
        chunks("9112 7.1", "a chunk size behind a tab", "\t0\r\n\r\n" + hidden),
        chunks("9112 7.1", "a chunk size behind a line end", "\r\n0\r\n\r\n" + hidden),
        chunks(
            "9112 7.1.1", "an extension that hides a line end in LF",
            "2;\nxx\r\n21\r\n" + hidden + "0\r\n\r\n"),
        chunks(
            "9112 7.1.1", "an extension that hides a line end in CR",
            "2;a\rxx\r\n21\r\n" + hidden + "0\r\n\r\n"),
        chunks(
            "9112 7.1.1", "a quoted extension across a line end", "2;a=\"\r\nxx\r\n0\r\n\r\n\""),
        chunks("9112 7.1.1", "a blank before a bare LF", "2 \nxx\r\n0\r\n\r\n"),
        chunks("9112 7.1", "data with two line ends", "2\r\nxx\r\n\r\n0\r\n\r\n" + hidden),
        chunks("9112 7.1", "data ended by LF CR", "2\r\nxx\n\r0\r\n\r\n" + hidden),
        chunks("9112 7.1", "data ended by CR CR", "2\r\nxx\r\r0\r\n\r\n" + hidden),
        chunks("9112 7.1", "a last chunk of minus nothing", "-0\r\n\r\n" + hidden),
        chunks("9112 7.1.2", "a request line as trailer", "0\r\n" + hidden),
        chunks("9112 7.1.2", "a trailer that begins with a blank", "0\r\n A: b\r\n\r\n" + hidden),
        chunks("9112 7.1.2", "an end of CR CR LF", "0\r\n\r\r\n" + hidden),
        chunks("9112 7.1.2", "a last chunk with data", "0\r\nA\r\n\r\n" + hidden),
        refused(
            "9112 6.1", "HTTP/1.0 with chunks and a length",
            "POST /first HTTP/1.0\r\nHost: x\r\nContent-Length: 4\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n21\r\n" + hidden),
        refused(
            "9112 6.1", "HTTP/1.0, kept alive, with chunks",
            "POST /first HTTP/1.0\r\nConnection: keep-alive\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden),
        refused(
            "9112 2.2", "a head that ends in LF LF",
            "POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 33\n\n" + hidden),
        refused(
            "9112 2.2", "a head that ends in CR CR",
            "POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\r" + hidden),
        refused(
            "9112 3", "a request within a request line",
            "GET /first HTTP/1.1 GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"),
        refused(
            "9112 3", "a request line cut by a bare LF",
            "GET /first\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"),
        refused(
            "9112 3", "HTTP/0.9, and more behind it", "GET /first\r\n" + hidden),
        refused(
            "9112 5", "a request as a field", "GET /first HTTP/1.1\r\nHost: x\r\n" + hidden),
    ]
}
