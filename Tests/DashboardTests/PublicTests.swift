import Foundation
import HTTP
import Testing

@testable import Dashboard

/// What the browser's side must keep to, whoever edits it.
@Suite struct PublicTests {
    /// The bounds are the dashboard's own: it is to be there at once, over a telephone too.
    @Test func `all files together are small, and few`() throws {
        let names = try Public.names()
        let sum = try names.map { try Public.bytes($0).count }.reduce(0, +)
        #expect(names.count <= 15)
        #expect(sum <= 102_400)
    }

    /// Fails after a file came or went that SwiftPM has not noticed.
    @Test func `the program holds exactly the files of the folder`() throws {
        #expect(DashboardFiles.files.map(\.name.description) == (try Public.names()))
        for file in DashboardFiles.files {
            let name = file.name.description
            #expect(file.text.description == (try Public.text(name)), "\(name)")
        }
    }

    /// The policy sent with it forbids all three, so that they would be dead.
    @Test func `the page has no script, style or handler within`() throws {
        let page = try Public.text("index.html")
        for script in page.matches(of: /<script\b([^>]*)>([^<]*)</.ignoresCase()) {
            #expect(script.1.contains("src="), "\(script.0)")
            #expect(!script.2.contains { !$0.isWhitespace }, "\(script.0)")
        }
        #expect(!page.contains(/<style\b/.ignoresCase()))
        #expect(!page.contains(/<[^>]*\sstyle\s*=/.ignoresCase()))
        #expect(!page.contains(/<[^>]*\son[a-z]+\s*=/.ignoresCase()))
        #expect(!page.contains(/javascript:/.ignoresCase()))
    }

    /// Trusted Types are on, and no policy may be made: in the browser each of these throws.
    @Test func `no script makes markup or code out of text`() throws {
        let sinks =
            /\.(innerHTML|outerHTML|srcdoc)\s*\+?=[^=]|insertAdjacentHTML\(|document\.write|\beval\(|new Function\(|createContextualFragment\(/
        for (name, text) in try Public.texts(".js") {
            #expect(text.matches(of: sinks).map { String($0.0) } == [], "\(name)")
        }
    }

    /// What a file names of others, as it names it.
    private func references(in text: String, named name: String) -> [String] {
        let patterns: [Regex<(Substring, Substring)>] =
            switch name.split(separator: ".").last {
            case "html": [/\s(?:src|href)="([^"#][^"]*)"/]
            case "css": [/(?:\burl\(|@import)\s*["']?([^"')\s(]+)/]
            case "js":
                [
                    /^\s*(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["']([^"']+)["']/
                        .anchorsMatchLineEndings(),
                    /\bimport\(\s*["']([^"']+)["']/,
                ]
            default: []
            }
        return patterns.flatMap { text.matches(of: $0).map { String($0.1) } }
            .filter { !$0.hasPrefix("data:") }
    }

    @Test func `references are found in every form`() {
        #expect(
            references(
                in: ##"<a href="/app/a"><script src="/app/assets/b.js"><use href="#c">"##,
                named: "x.html") == ["/app/a", "/app/assets/b.js"])
        #expect(
            references(
                in: """
                    @import "a.css"; b { background: url(c.svg) url('d.svg') url("data:x") }
                    """, named: "x.css") == ["a.css", "c.svg", "d.svg"])
        #expect(
            references(
                in: """
                    import "./a.js";
                    import { b,
                        c } from "./b.js";
                    export * from './c.js'
                    export { d } from "./d.js";
                    import e, * as f from "./e.js";
                    const g = await import("./g.js");
                    export const h = "./h.js";
                    """, named: "x.js") == [
                    "./a.js", "./b.js", "./c.js", "./d.js", "./e.js", "./g.js",
                ])
    }

    @Test func `everything that a file refers to is there`() throws {
        var found = 0
        for name in try Public.names() {
            // The page is shown at other addresses than its neighbours'.
            let base = try #require(
                URL(string: "http://host/app/\(name == "index.html" ? "" : "assets/")"))
            for reference in references(in: try Public.text(name), named: name) {
                let target = try #require(URL(string: reference, relativeTo: base))
                #expect(target.host() == "host", "\(name): \(reference)")
                let isPage = name == "index.html" && !target.path().hasPrefix("/app/assets/")
                #expect(
                    isPage || Sample.dashboard.get(target.path()).status == 200,
                    "\(name): \(reference)")
                found += 1
            }
        }
        #expect(found >= 2)
    }

    @Test func `the page works below any address`() throws {
        // It is the answer to /app/customer-groups/1/edit as well, where a relative path would lead astray.
        for match in try Public.text("index.html").matches(of: /\s(?:src|href)="([^"]*)"/) {
            #expect(match.1.hasPrefix("/") || match.1.hasPrefix("#"), "\(match.1)")
        }
    }
}
