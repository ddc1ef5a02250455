import Cohort
import JSON
import TestSupport

extension Property {
    /// No cookie is believed but one that carries an id with its own signature.
    static let cookies = Property(
        "cookies",
        texts: [
            signedCookie, "\(signedCookie)\u{313}", "a=b; \(signedCookie)", "\(signedCookie); c=d",
            "connect.sid=",
            "connect.sid=s%3A.", "connect.sid=j%3A%7B%7D",
            "connect.sid=\"\(signedCookie.dropFirst(12))\"",
            "connect.sid=s:\(String(repeating: "a", count: 32)).\(String(repeating: "b", count: 43))",
            ";;;", "=", "connect.sid", "connect.sid=%", "connect.sid=%s:",
            String(repeating: "connect.sid=x;", count: 9) + signedCookie,
        ],
        words: [
            "connect.sid=", ";", "=", "s%3A", "s:", ".", "%", "%2B", "\"", " ", "\t", signedCookie,
        ]
    ) { text in
        guard let id = cookie.read(cookieField: text) else { return .refused }
        let proof = cookie.value(for: id).dropFirst("s%3A".count)
        guard id.text.utf8.count == SessionID.textLength else {
            return .broken("an id: \(id.text)")
        }
        return .taken(
            if: unescaped(text).firstRange(of: unescaped(String(proof))) != nil,
            else: "\(id.text) was believed without its signature")
    }

    private static let cookie = SessionCookie(
        secret: "supersecret",
        attributes: .init(
            name: "connect.sid", secure: .auto, sameSite: .lax, lifetime: .seconds(36_000)))

    /// An id signed as Medusa v1 does it, as in `SessionCookieTests`.
    private static let signedCookie =
        "connect.sid=s%3AAbCdEfGhIjKlMnOpQrStUvWxYz012345.q3X4D%2FPuxyNt101Tk1HumFczckOQTp4%2B1isuf%2F7g2sk"

    /// With every whole escape decoded. Bytes, as a mark behind a letter would make another character of it.
    private static func unescaped(_ text: String) -> [UInt8] {
        var rest = Array(text.utf8)[...]
        var result: [UInt8] = []
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, !digits.contains(UInt8(ascii: "+")),
                let decoded = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                result.append(decoded)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// No token is believed but those that were signed.
    static let tokens = Property(
        "tokens",
        texts: goodTokens + [
            "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA", "", ".", "...",
            String(repeating: "a", count: 9_000),
        ],
        words: [".", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.", "e30", "=", "-", "_", "+", "/", "\0"]
    ) { text in
        guard let token = try? JSONWebToken(parsing: text) else { return .refused }
        guard text.utf8.filter({ $0 == UInt8(ascii: ".") }).count == 2 else {
            return .broken("other than three parts")
        }
        for acceptance in JSONWebToken.Acceptance.allCases {
            let isBelieved =
                (try? token.verify(
                    secret: "supersecret", at: WallTime(secondsSince1970: 1_700_000_000),
                    acceptance: acceptance, lifetimeMax: .seconds(86_400))) != nil
            guard isBelieved == goodTokens.contains(text) else {
                return .broken(isBelieved ? "believed" : "a good one was not believed")
            }
        }
        return .taken
    }

    private static let goodTokens = ["usr_1", "usr_\"ä\u{0}"].map { user in
        JSONWebToken.sign(secret: "supersecret") { json in
            json.member("user_id", user)
            json.member("exp", 1_700_086_400)
        }
    }

    /// One text for each sequence of bytes, in either alphabet.
    static let base64 = Property(
        "base64",
        texts: ["", "AA", "AAA", "AAAA", "AA==", "AAA=", "-_-_", "+/+/", "A", "=", "AB", "AAAAA"],
        words: ["=", "==", "A", "/", "+", "-", "_", "AAAA"]
    ) { text in
        var verdict = Verdict.refused
        for alphabet in [Base64.Alphabet.standard, .url] {
            for isPadded in [true, false] {
                guard let bytes = Base64.decode(text.utf8, alphabet, padded: isPadded) else {
                    continue
                }
                guard Base64.encode(bytes, alphabet, padded: isPadded) == text else {
                    return .broken("a second text for \(bytes)")
                }
                verdict = .taken
            }
        }
        return verdict
    }

    static let ofAuth = [cookies, tokens, base64]
}
