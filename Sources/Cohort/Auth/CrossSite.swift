import HTTP

/// Tells whether a browser sent a request on behalf of another site's page.
///
/// A cookie travels with such a request where it may (`SameSite=None`), whatever the person in front of the browser
/// wants; other credentials are put there by the page itself. What the browser says in `Sec-Fetch-Site` counts
/// first, as no page can write that field; older ones send `Origin` alone. A request without either comes from no
/// browser.
///
/// - Source: docs/decisions/0011-cross-site-writes.md, which says why in this order.
enum CrossSite {
    /// Whether a request could change something, or asks for a proxy that lets others in by our sessions
    /// (`deploy/beside-medusa.conf`) about one that could, whose method `X-Forwarded-Method` has. Believed of anybody: it
    /// has more refused, never less.
    static func mayChange(_ request: borrowing Request) -> Bool {
        guard request.method == .get || request.method == .head else { return true }
        guard let asked = request.header("x-forwarded-method") else { return false }
        return asked != "GET" && asked != "HEAD"
    }

    /// - Parameter policy: whose origins may act for the person who is signed in.
    static func isForeign(_ request: borrowing Request, _ policy: CORSPolicy) -> Bool {
        let site = request.header("sec-fetch-site")
        if site == "same-origin" || site == "none" { return false }
        guard let origin = request.header("origin") else { return site == "cross-site" }
        if policy.allows(origin: origin) { return false }
        return site == "cross-site" || !isOwn(origin, request.host)
    }

    /// Whether an origin is the host that was asked. The scheme is left out: a proxy that ends TLS need not say so.
    private static func isOwn(_ origin: String, _ host: String?) -> Bool {
        guard let host, let scheme = origin.firstRange(of: "://") else { return false }
        return origin[scheme.upperBound...].lowercased() == host.lowercased()
    }
}
