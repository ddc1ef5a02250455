/// Which origins a browser may use the API from: the grammar of Medusa's `ADMIN_CORS`.
///
/// Entries are separated by commas and not trimmed. An entry is compared as it is; one of the form
/// `/expression/flags` is a regular expression and matches anywhere in an origin unless anchored.
/// The delimiter is any of `/ ~ @ ; % # '`, the flags are JavaScript's `gimsuy`.
///
/// An expression cannot look ahead or behind or refer back to a group; see ``OriginPattern``.
///
/// - Source: Medusa 1.20.10, `utils/parse-cors-origins.ts`, `utils/build-regexp-if-valid.ts`.
package struct CORSPolicy: Sendable {
    /// Why a setting is not a list of origins.
    package struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// A longer `Origin` matches no expression: host names end at 253 characters.
    package static let originLengthMax = 300

    private let origins: Set<String>
    private let expressions: [OriginPattern]

    /// Reads the setting; an empty one allows no origin.
    ///
    /// - Throws: `Fault` with a line that names the entry, for an expression that does not compile
    ///   or lacks its end.
    package init(_ text: String) throws(Fault) {
        var origins: Set<String> = []
        var expressions: [OriginPattern] = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: true) {
            if let first = entry.first, Self.delimiters.contains(first) {
                expressions.append(try Self.expression(entry, delimiter: first))
            } else {
                origins.insert(String(entry))
            }
        }
        self.origins = origins
        self.expressions = expressions
    }

    package static let nobody = CORSPolicy()

    private init() {
        origins = []
        expressions = []
    }

    /// Whether `origin`, as the browser sent it, may read answers.
    package func allows(origin: String) -> Bool {
        if origins.contains(origin) { return true }
        guard !expressions.isEmpty, origin.utf8.count <= Self.originLengthMax,
            origin.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return false }
        return expressions.contains { $0.matches(origin.utf8) }
    }

    /// Whether no origin at all is allowed.
    package var isEmpty: Bool { origins.isEmpty && expressions.isEmpty }

    // No origin begins with one of these, so an entry that does is meant as an expression.
    fileprivate static let delimiters: Set<Character> = ["/", "~", "@", ";", "%", "#", "'"]

    private static func expression(
        _ entry: Substring, delimiter: Character
    ) throws(Fault) -> OriginPattern {
        let body = entry.dropFirst()
        guard let end = body.lastIndex(of: delimiter) else {
            throw Fault(
                description:
                    "\"\(entry)\" begins like a regular expression but has no closing \(delimiter)"
                    + " (a comma ends an entry, also inside an expression)")
        }
        let pattern = body[..<end]
        let flags = body[body.index(after: end)...]
        guard !pattern.isEmpty else {
            throw Fault(
                description: "\"\(entry)\" is an empty regular expression: it allows every origin")
        }
        for flag in flags where !"gimsuy".contains(flag) {
            throw Fault(
                description: "\"\(entry)\" has the flag \"\(flag)\"; allowed are g i m s u y")
        }
        do throws(OriginPattern.Fault) {
            // The other flags are about line ends, where to go on searching, and how to count
            // characters: nothing to a yes or no about an origin.
            return try OriginPattern(String(pattern), ignoresCase: flags.contains("i"))
        } catch {
            throw Fault(description: "\"\(entry)\" is a regular expression that \(error.reason)")
        }
    }
}

extension CORSPolicy {
    /// The entries that are neither expressions nor what a browser sends as `Origin`, so that they match nothing.
    /// `*` is one of them: Medusa compares it, too.
    ///
    /// - Source: RFC 6454, section 6.2; the WHATWG's URL standard on hosts and ports.
    package static func misspelt(in text: String) -> [String] {
        text.split(separator: ",").filter { entry in
            guard let first = entry.first, !delimiters.contains(first) else { return false }
            return entry != "null" && !isOrigin(entry)
        }.map(String.init)
    }

    private static func isOrigin(_ entry: Substring) -> Bool {
        let parts = entry.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].first, ("a"..."z").contains(first),
            parts[0].utf8.allSatisfy({ isSmall($0) || "+-.".utf8.contains($0) })
        else { return false }
        var host = parts[1]
        var port = ""
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            port = String(host[host.index(after: colon)...])
            host = host[..<colon]
            // The scheme's own one is left out.
            guard let number = UInt16(port), String(number) == port,
                !["http:80", "https:443"].contains("\(parts[0]):\(port)")
            else { return false }
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.dropFirst().dropLast().utf8.allSatisfy { isSmall($0) || $0 == 0x3A }
        }
        return !host.isEmpty && host.utf8.allSatisfy { isSmall($0) || "-._".utf8.contains($0) }
    }

    private static func isSmall(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
}
