package import HTTP

/// A page that draws `/openapi.json` for people, with a script and a style of its own and nobody else's.
package enum GetDocs: FixedEndpoint {
    package static let route: StaticString = "GET /docs"

    private static let page: [UInt8] = OpenAPIFiles.bytes("docs.html")

    package static func answer() -> Response {
        var response = Response(status: 200, contentType: "text/html; charset=utf-8", body: page)
        // What the page needs and nothing else, so that not even a fault of its script could do harm.
        response.append(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        response.append("Referrer-Policy", "no-referrer")
        return response
    }
}

/// The script of ``GetDocs``.
package enum GetDocsScript: FixedEndpoint {
    package static let route: StaticString = "GET /docs/page.js"

    private static let script: [UInt8] = OpenAPIFiles.bytes("docs.js")

    package static func answer() -> Response {
        Response(
            status: 200, contentType: "text/javascript; charset=utf-8", body: script)
    }
}

/// The style of ``GetDocs``.
package enum GetDocsStyle: FixedEndpoint {
    package static let route: StaticString = "GET /docs/page.css"

    private static let style: [UInt8] = OpenAPIFiles.bytes("docs.css")

    package static func answer() -> Response {
        Response(status: 200, contentType: "text/css; charset=utf-8", body: style)
    }
}
