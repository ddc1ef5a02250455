extension HostileCase {
    static let hosts: [HostileCase] = [
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
}
