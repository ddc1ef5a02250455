import Foundation
import Synchronization
import TestSupport

/// A private nginx with `deploy/nginx.conf`: its listener is a unix socket, its upstreams are the given ports, and
/// with `deploy/dashboard.conf` where it is to serve the dashboard itself, with `deploy/beside-medusa.conf` where a Medusa is
/// to have what Cohort has not: one that answers what it was asked.
final class Proxy: Sendable {
    struct Failure: Error {
        let output: String
    }

    private static let program = "/usr/sbin/nginx"

    private let child: Child
    private let home: URL
    private let kept: Shop?

    /// - Parameters:
    ///   - shop: stays as long as this does.
    ///   - isLogging: whether ``log`` is kept.
    init(
        to ports: UInt16..., keeping shop: Shop? = nil, servingDashboard: Bool = false,
        besideMedusa: Bool = false, isLogging: Bool = false
    ) throws {
        kept = shop
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw Failure(output: "\(Self.program) is missing: scripts/test installs it")
        }
        let home = URL(filePath: "/tmp/cohort-nginx-\(UInt32.random(in: 0...UInt32.max))")
        self.home = home
        Keeper.remove(home.path)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
        let root = Scenario.folder.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shipped = try String(
            contentsOf: root.appending(path: "deploy/nginx.conf"), encoding: .utf8)
        let servers = ports.map { "server 127.0.0.1:\($0) max_fails=0;" }.joined(separator: " ")
        var site = shipped.replacing("server 127.0.0.1:9000;", with: servers)
            .replacing("listen 80 default_server;", with: "listen unix:\(home.path)/http;")
        if servingDashboard {
            try FileManager.default.createDirectory(
                at: home.appending(path: "app"), withIntermediateDirectories: false)
            try FileManager.default.copyItem(
                at: root.appending(path: "Sources/Dashboard/public"),
                to: home.appending(path: "app/assets"))
            let locations = try String(
                contentsOf: root.appending(path: "deploy/dashboard.conf"), encoding: .utf8
            ).replacing("root /srv/cohort-dashboard", with: "root \(home.path)")
            site = site.replacing("    location / {", with: "\(locations)\n    location / {")
        }
        if besideMedusa {
            let locations = try String(
                contentsOf: root.appending(path: "deploy/beside-medusa.conf"), encoding: .utf8)
            let alone = "    location / {\n        proxy_pass http://cohort;\n    }\n"
            guard site.contains(alone) else {
                throw Failure(output: "deploy/nginx.conf has another location")
            }
            site = Self.medusa(home.path) + site.replacing(alone, with: locations)
        }
        guard site != shipped else {
            throw Failure(output: "deploy/nginx.conf has other addresses")
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(home.path)/\($0);" }.joined(separator: " ")
        let main = """
            daemon off; master_process off; pid \(home.path)/pid; error_log \(home.path)/error.log warn;
            events {}
            http { \(isLogging ? Self.logging(home.path) : "access_log off;") \(temporary)
            \(site)
            }
            """
        try Data(main.utf8).write(to: home.appending(path: "nginx.conf"))
        child = try Child(
            [
                Self.program, "-p", home.path, "-c", "\(home.path)/nginx.conf", "-e",
                "\(home.path)/error.log",
            ], output: "\(home.path)/output")
        let isUp = Waiting.until(seconds: 20) {
            child.exitCode != nil
                || (try? Client(.unix(home.path + "/http")).send("GET", "/health")) != nil
        }
        guard isUp, child.exitCode == nil else {
            throw Failure(
                output: (try? String(contentsOf: home.appending(path: "error.log"), encoding: .utf8))
                    ?? "")
        }
    }

    private static func medusa(_ home: String) -> String {
        let members = [
            ("method", "request_method"), ("uri", "request_uri"), ("host", "host"),
            ("cookie", "http_cookie"), ("token", "http_x_medusa_access_token"),
            ("authorization", "http_authorization"),
        ].map { #""\#($0)":"$\#($1)""# }.joined(separator: ",")
        return """
            upstream medusa { server unix:\(home)/medusa; }
            server {
                listen unix:\(home)/medusa;
                location / {
                    if ($http_x_cut) { return 444; }
                    add_header Set-Cookie "connect.sid=of-medusa";
                    return 200 '{\(members)}';
                }
            }

            """
    }

    private static func logging(_ home: String) -> String {
        let members = [
            "id": "request_id", "status": "upstream_status", "method": "request_method",
            "target": "request_uri", "body": "request_body",
        ].map { #""\#($0)":"$\#($1)""# }.joined(separator: ",")
        return "log_format forwarded escape=json '{\(members)}'; access_log \(home)/log forwarded;"
    }

    /// The requests so far, those too that it did not forward: their `status` is empty. The body is empty where nginx
    /// did not keep it in memory.
    var log: [JSON] {
        let text = (try? Data(contentsOf: home.appending(path: "log"))) ?? Data()
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
            .compactMap { try? JSON(String($0)) }
    }

    /// Nobody reaches the Medusa from now on.
    func removeMedusa() {
        try? FileManager.default.removeItem(at: home.appending(path: "medusa"))
    }

    deinit {
        child.signal(SIGTERM)
        _ = child.waitForExit(seconds: 10)
        try? FileManager.default.removeItem(at: home)
    }

    /// A client that sends nothing twice: nginx runs all the time, and has no reason to close what is in use.
    func client(timeoutSeconds: Int = 20) -> Client {
        Client(
            .unix(home.path + "/http"), of: self, timeoutSeconds: timeoutSeconds, repeats: false)
    }
}

/// Something that becomes true once.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
