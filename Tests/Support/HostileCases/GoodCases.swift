extension HostileCase {
    static let goodOnes: [HostileCase] = [
        good("9112 3", "a plain request", "GET /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 2.2", "one empty line in front", "\r\nGET /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 5.1", "no blank after the colon", "GET /first HTTP/1.1\r\nHost:x\r\n\r\n"),
        good("9112 5.1", "tabs around a value", "GET /first HTTP/1.1\r\nHost:\t x \t\r\n\r\n"),
        good("9110 5.5", "UTF-8 in a value", "GET /first HTTP/1.1\r\nHost: x\r\nA: ä\r\n\r\n"),
        good("9110 5.5", "an empty value", "GET /first HTTP/1.1\r\nHost: x\r\nA:\r\n\r\n"),
        goodFields("9110 5.6.1.2", "an empty expectation", "Expect:"),
        goodFields(
            "9110 5.6.1.2", "an expectation twice, and empty ones",
            "Expect: ,100-continue,\r\nExpect: 100-continue"),
        good("9112 3.1", "an unknown method", "BREW /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 3.1", "a method of marks", "!#$%&'*+-.^_`|~ /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9112 3.2.2", "an absolute target", "GET http://x/first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good(
            "9112 3.2.2", "an absolute target with a port",
            "GET HTTPS://x:8443/first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good(
            "9112 3.2.2", "an absolute target that disagrees with Host",
            "GET http://x/first HTTP/1.1\r\nHost: y\r\n\r\n"),
        good(
            "9112 3.2.4", "OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", path: "*"),
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
}
