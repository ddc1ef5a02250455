import Foundation
import TestSupport
import Testing

/// A real Prometheus, where there is one: Debian's package takes 100 MB, which a fresh clone's tests do without.
/// `scripts/check-metrics` installs it and runs these.
@Suite(
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prometheus"),
        "Prometheus is not installed: scripts/check-metrics installs it and runs these tests"))
struct PrometheusTests {
    private static let rules = Scenario.folder.deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "deploy/prometheus-alerts.yml").path

    @Test func `it scrapes the service, with its token and the rules that come with it`()
        async throws
    {
        let token = "a-token-of-more-than-32-characters"
        let shop = try await Shop.open(settings: [
            "COHORT_METRICS_PORT": "0", "COHORT_METRICS_TOKEN": token,
        ])
        for _ in 0..<5 { _ = try shop.signedIn().send("GET", "/admin/customer-groups") }
        let home = FileManager.default.temporaryDirectory
            .appending(path: "cohort-prometheus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: home) }
        let target = try #require(shop.service.metricsPort)
        try Data(
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: ["\(Self.rules)"]
            scrape_configs:
              - job_name: cohort
                authorization: {credentials: \(token)}
                static_configs: [{targets: ["127.0.0.1:\(target)"]}]
            """.utf8
        ).write(to: home.appending(path: "prometheus.yml"))
        let port = try PrivateCluster.freePort()
        let log = home.appending(path: "log").path
        let prometheus = try Child(
            [
                "/usr/bin/prometheus", "--config.file=\(home.path)/prometheus.yml",
                "--storage.tsdb.path=\(home.path)/data",
                "--web.listen-address=127.0.0.1:\(port)",
            ], output: log)
        defer {
            prometheus.signal(SIGTERM)
            if prometheus.waitForExit(seconds: 20) == nil { prometheus.signal(SIGKILL) }
        }
        func value(_ query: String) -> String? {
            let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let answer = try? Client(.port(port)).send("GET", "/api/v1/query?query=\(escaped)")
            return answer?.json?["data"]?["result"]?.items.first?["value"]?.items.last?.text
        }
        let isUp = Waiting.until(seconds: 60) { value("up") == "1" }
        #expect(isUp, "\((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
        #expect(
            value(
                #"sum(cohort_http_requests_total{route="/admin/customer-groups",method="GET",status="200"})"#
            ) == "5")
        #expect(
            value(
                #"sum(cohort_http_request_duration_seconds_count{route="/admin/customer-groups"})"#)
                == "5")
        #expect(value("sum(cohort_loop_responding)") == "2")
        // As many samples as the page has.
        let page = try PrometheusText(
            try shop.service.metricsClient().send(
                "GET", "/metrics", headers: [("authorization", "Bearer \(token)")]
            ).text)
        let scraped = Int(value("scrape_samples_scraped") ?? "") ?? 0
        #expect(abs(scraped - page.families.reduce(0) { $0 + $1.samples.count }) <= 2)
        // Metric names of the rules are names that the service has.
        let rules = try String(contentsOfFile: Self.rules, encoding: .utf8)
        let known = Set(page.families.map(\.name))
        for name in rules.matches(of: /\b(?:cohort|process)_[a-z_]+/).map({ String($0.0) }) {
            let family = name.hasSuffix("_bucket") ? String(name.dropLast(7)) : name
            // Replicas have figures where there are some.
            if family.hasPrefix("cohort_replica_") { continue }
            #expect(known.contains(family), "\(name)")
        }
    }

    @Test func `promtool finds nothing against the page and the rules`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_METRICS_PORT": "0"])
        _ = try shop.signedIn().send("GET", "/admin/customer-groups")
        let page = try shop.service.metricsClient().send("GET", "/metrics").text
        let root = URL(filePath: Self.rules).deletingLastPathComponent()
            .deletingLastPathComponent()
        for (arguments, input) in [
            (["check", "metrics"], page), (["check", "rules", Self.rules], ""),
            (["test", "rules", root.appending(path: "Tests/Alerts/alerts-test.yml").path], ""),
        ] {
            let output = FileManager.default.temporaryDirectory
                .appending(path: "cohort-promtool-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: output) }
            let tool = try Child(
                ["/usr/bin/promtool"] + arguments, output: output.path, input: input)
            #expect(tool.waitForExit(seconds: 60) == 0)
            let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
            if arguments == ["check", "metrics"] { #expect(text == "") }
        }
    }
}
