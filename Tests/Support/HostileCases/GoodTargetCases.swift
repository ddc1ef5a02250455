extension HostileCase {
    /// Targets reach the service as they were sent: what they mean is decided once, by the routes.
    static let goodTargets: [HostileCase] = [
        goodTarget("9112 3.2.1", "the root", "/", path: "/"),
        goodTarget("9112 3.2.1", "an empty query", "/first?", path: "/first"),
        goodTarget("9112 3.2.1", "a query with question marks", "/first???", path: "/first"),
        goodTarget("9112 3.2.1", "a query with slashes", "/first?/../..", path: "/first"),
        goodTarget("3986 5.2.4", "a dot segment", "/./first", path: "/./first"),
        goodTarget("3986 5.2.4", "two dots", "/a/../first", path: "/a/../first"),
        goodTarget("3986 5.2.4", "more dots than segments", "/../../first", path: "/../../first"),
        goodTarget(
            "3986 5.2.4", "dots in escapes", "/a/%2e%2E/first", path: "/a/%2e%2E/first"),
        goodTarget("3986 3.3", "empty segments", "//first", path: "//first"),
        goodTarget("3986 3.3", "a host's place in the path", "//x/first", path: "//x/first"),
        goodTarget("3986 3.3", "a slash in escapes", "/a%2Ffirst", path: "/a%2Ffirst"),
        goodTarget("3986 3.3", "parameters in a segment", "/first;a=b", path: "/first;a=b"),
        goodTarget("3986 3.3", "a colon in a segment", "/a:first", path: "/a:first"),
        goodTarget("3986 3.3", "an at sign in a segment", "/a@first", path: "/a@first"),
        goodTarget(
            "3986 3.3", "all that a segment may hold", "/-._~!$&'()*+,;=:@",
            path: "/-._~!$&'()*+,;=:@"),
        goodTarget("3986 2.1", "a line end in escapes", "/a%0d%0Ab", path: "/a%0d%0Ab"),
        goodTarget("3986 2.1", "a backslash in escapes", "/a%5Cb", path: "/a%5Cb"),
        goodTarget("9112 3.2.2", "an absolute target without a path", "http://x", path: "/"),
        goodTarget("9112 3.2.2", "an absolute target with a query only", "http://x?a", path: "/"),
        goodTarget(
            "9112 3.2.2", "an absolute target in capitals", "HTTP://X/first", path: "/first"),
        goodTarget(
            "9112 3.2.2", "an absolute target of an address", "http://[::1]:80/first",
            path: "/first"),
        goodTarget(
            "9112 3.2.2", "an absolute target with dots", "http://x/../first", path: "/../first"),
        line("9112 3.2.2", "a target of another host in brackets", "GET http://[x]/ HTTP/1.1"),
        line("9112 3.2.2", "a host with a blank in escapes cut short", "GET http://a%2/ HTTP/1.1"),
        line("9112 3.2.2", "a host with a comma", "GET http://a,b/ HTTP/1.1"),
        line("9112 3.2.2", "a host with a backslash", "GET http://a\\b/ HTTP/1.1"),
        line("9112 3.2.2", "a host with a fragment", "GET http://a#b/ HTTP/1.1"),
        line("9112 3.2.2", "a host with a huge port", "GET http://a:99999/ HTTP/1.1"),
        line("9112 3.2.2", "a file", "GET file:///etc/passwd HTTP/1.1"),
        line("9112 3.2.2", "a gopher", "GET gopher://x/ HTTP/1.1"),
        line("9112 3.2.3", "CONNECT to a path", "CONNECT /first HTTP/1.1", [400, 501]),
        line("9112 3.2.3", "CONNECT without a port", "CONNECT x HTTP/1.1", [400, 501]),
        line("9112 3.2.3", "CONNECT in HTTP/1.0", "CONNECT x:443 HTTP/1.0", [400, 501]),
        line("9112 3.2.3", "a host and port as target", "POST 127.0.0.1:9000 HTTP/1.1"),
        line("9112 3.2.4", "HEAD *", "HEAD * HTTP/1.1"),
        line("9112 3.2.4", "options * in small letters", "options * HTTP/1.1"),
        good("9110 9.1", "a method in small letters", "get /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9110 9.3.8", "TRACE", "TRACE /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good("9110 9.3.7", "OPTIONS", "OPTIONS /first HTTP/1.1\r\nHost: x\r\n\r\n"),
        good(
            "9110 9.3.5", "DELETE with a body",
            "DELETE /first HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
    ]
}
