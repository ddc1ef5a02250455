package import HTTP
import JSON

/// The admin dashboard under `/app`: the files of `public`, each composed as an answer when the service starts.
///
/// `/app/assets/NAME` is the file of that name, `/app/config.json` what the files must know of the service. Every
/// other path is `index.html`: the page itself reads in its address what to show.
package struct Dashboard: Sendable {
    private let files: [DashboardFile]
    private let page: DashboardFile

    /// - Parameters:
    ///   - version: of the service.
    ///   - extensions: names of what the API has beyond Medusa's and the pages may use; with none of them they
    ///     do with Medusa's own.
    package init(version: String, extensions: [String]) {
        var config = JSONWriter()
        config.object { json in
            json.member("name", literal: "Cohort")
            json.member("version", version)
            json.member("api", literal: "/admin")
            json.array("extensions") { json in
                for name in extensions { json.string(name) }
            }
        }
        var files = [DashboardFile(path: "/app/config.json", config.take())]
        var page: DashboardFile?
        for (name, text) in DashboardFiles.files {
            let bytes = Array(text.description.utf8)
            if name.description == "index.html" {
                page = DashboardFile(path: "/app/index.html", bytes)
            } else {
                files.append(DashboardFile(path: "/app/assets/\(name)", bytes))
            }
        }
        guard let page else {
            preconditionFailure("there is no index.html in Sources/Dashboard/public")
        }
        self.files = files
        self.page = page
    }

    /// Whether a path is the dashboard's: `/app` itself or below it.
    package static func owns(_ path: Span<UInt8>) -> Bool {
        begins(path, "/app") && (path.count == 4 || path[4] == UInt8(ascii: "/"))
    }

    /// The answer to a request for a path of the dashboard's. Nothing is composed for it.
    ///
    /// - Parameters:
    ///   - path: as sent, without the query.
    ///   - ifNoneMatch: the field's value.
    package func answer(
        _ method: Method, path: Span<UInt8>, acceptsGzip: Bool, ifNoneMatch: String?
    ) -> PreparedAnswer {
        guard method == .get || method == .head else { return Self.otherMethod }
        if path.count == 4 { return Self.redirect }
        if let file = files.first(where: { path.equals($0.path) }) {
            return file.answer(acceptsGzip: acceptsGzip, ifNoneMatch: ifNoneMatch)
        }
        if Self.begins(path, "/app/assets/") { return Self.missing }
        return page.answer(acceptsGzip: acceptsGzip, ifNoneMatch: ifNoneMatch)
    }

    private static func begins(_ path: Span<UInt8>, _ start: StaticString) -> Bool {
        path.count >= start.utf8CodeUnitCount
            && path.extracting(0..<start.utf8CodeUnitCount).equals(start)
    }

    // MARK: What every answer has

    /// What the pages may do: run the scripts and show the styles of this origin, call its API, and no more. No
    /// script can turn text into markup, and nobody can put the pages into a frame. `no-cache` has browsers ask
    /// each time, so that all files are of one version.
    package static let fields: StaticString = """
        Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; \
        img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
        frame-ancestors 'none'; manifest-src 'self'; require-trusted-types-for 'script'; \
        trusted-types 'none'\r
        X-Content-Type-Options: nosniff\r
        Referrer-Policy: same-origin\r
        Cross-Origin-Opener-Policy: same-origin\r
        Cross-Origin-Resource-Policy: same-origin\r
        Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=()\r
        Cache-Control: no-cache\r

        """

    // MARK: Answers that are no file

    private static let redirect = prepared(308, ("Location", "/app/"))
    private static let otherMethod = prepared(
        405, ("Allow", "GET, HEAD"),
        #"{"type":"not_allowed","message":"The dashboard is only to be read"}"#)
    private static let missing = prepared(
        404, nil, #"{"type":"not_found","message":"The dashboard has no such file"}"#)

    private static func prepared(
        _ status: Int, _ field: Response.Field?, _ json: String = ""
    ) -> PreparedAnswer {
        var response = Response(
            status: status, headers: field.map { [$0] } ?? [],
            contentType: json.isEmpty ? nil : "application/json; charset=utf-8",
            body: Array(json.utf8))
        response.literalFields = fields
        return PreparedAnswer(response)
    }
}
