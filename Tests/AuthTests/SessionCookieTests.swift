import Foundation
import TestSupport
import Testing

@testable import Cohort

@Suite struct SessionCookieTests {
    private let id: SessionID
    /// The id below, signed as Medusa v1 does it: HMAC-SHA-256 with `supersecret`.
    private let vector =
        "connect.sid=s%3AAbCdEfGhIjKlMnOpQrStUvWxYz012345.q3X4D%2FPuxyNt101Tk1HumFczckOQTp4%2B1isuf%2F7g2sk"
    private let now = WallTime(secondsSince1970: 1_717_751_700)

    init() throws {
        id = try #require(SessionID(text: "AbCdEfGhIjKlMnOpQrStUvWxYz012345"))
    }

    private func cookie(
        _ secure: SessionCookie.Attributes.Secure = .auto,
        _ sameSite: SessionCookie.Attributes.SameSite = .lax, name: String = "connect.sid"
    ) -> SessionCookie {
        SessionCookie(
            secret: "supersecret",
            attributes: .init(
                name: name, secure: secure, sameSite: sameSite, lifetime: .seconds(36_000)))
    }

    // MARK: Ids

    @Test func `ids have 192 random bits and no two are the same`() {
        var random = SeededGenerator(seed: 5)
        var seen: Set<String> = []
        for _ in 0..<1000 {
            let id = SessionID(using: &random)
            #expect(id.text.utf8.count == 32)
            #expect(SessionID(text: id.text) == id)
            seen.insert(id.text)
        }
        #expect(seen.count == 1000)
    }

    @Test(arguments: [
        "", "x", String(repeating: "a", count: 31), String(repeating: "a", count: 33),
        String(repeating: "a", count: 31) + "+", String(repeating: "a", count: 31) + "\0",
        String(repeating: "é", count: 16),
    ])
    func `what is no id is refused`(text: String) {
        #expect(SessionID(text: text) == nil)
    }

    @Test func `the table holds a digest of the id`() {
        // SHA-256 by Python's hashlib.
        #expect(id.key == "CrkyYuCLSjANr-0OX26Ak4gwDbEepfADnu9d_SwyL0E")
    }

    // MARK: To the browser

    @Test func `Medusa's cookie is what is sent`() {
        #expect("connect.sid=" + cookie().value(for: id) == vector)
    }

    @Test func `in development the cookie works without TLS`() {
        #expect(
            cookie(.auto, .lax).setting(id, at: now, isSecure: false)
                == vector
                + "; Path=/; Expires=Fri, 07 Jun 2024 19:15:00 GMT; HttpOnly; SameSite=Lax")
        #expect(
            cookie(.auto, .lax).setting(id, at: now, isSecure: true)
                == vector
                + "; Path=/; Expires=Fri, 07 Jun 2024 19:15:00 GMT; HttpOnly; Secure; SameSite=Lax")
    }

    @Test func `in production no cookie goes over plain HTTP`() {
        #expect(cookie(.always, .none).setting(id, at: now, isSecure: false) == nil)
        #expect(cookie(.always, .none).clearing(isSecure: false) == nil)
        #expect(
            cookie(.always, .none).setting(id, at: now, isSecure: true)
                == vector
                + "; Path=/; Expires=Fri, 07 Jun 2024 19:15:00 GMT; HttpOnly; Secure; SameSite=None"
        )
    }

    @Test func `SameSite None never goes without Secure`() {
        for secure in SessionCookie.Attributes.Secure.allCases {
            for isSecure in [true, false] {
                guard let field = cookie(secure, .none).setting(id, at: now, isSecure: isSecure)
                else {
                    continue
                }
                #expect(!field.contains("SameSite=None") || field.contains("; Secure"))
            }
        }
        #expect(
            cookie(.auto, .none).setting(id, at: now, isSecure: false)?.hasSuffix(
                "HttpOnly; SameSite=Lax")
                == true)
    }

    @Test func `a cookie that is never secure says so over TLS too`() {
        #expect(
            cookie(.never, .strict).setting(id, at: now, isSecure: true)?
                .hasSuffix("; HttpOnly; SameSite=Strict") == true)
    }

    @Test func `signing out makes the browser forget`() {
        #expect(
            cookie().clearing(isSecure: false)
                == "connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax"
        )
    }

    // MARK: From the browser

    @Test func `what is sent is read`() {
        let seed: UInt64 = 6
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let id = SessionID(using: &random)
            #expect(
                cookie().read(cookieField: "connect.sid=" + cookie().value(for: id)) == id,
                "seed \(seed)")
        }
    }

    @Test(arguments: [
        "", "a=b; ", "a=b;", "  ", "connect.sid2=x; ", "=; ;; ", "connect.sid=s%3Abad; ",
    ])
    func `the cookie is found among others`(before: String) {
        #expect(cookie().read(cookieField: before + vector) == id)
        #expect(cookie().read(cookieField: before + vector + "; z=y") == id)
        #expect(cookie().read(cookieField: before + vector + " ;z") == id)
    }

    @Test func `quotes and missing percent encoding are understood as Medusa does`() throws {
        let raw = try #require(vector.removingPercentEncoding)
        #expect(cookie().read(cookieField: raw) == id)
        let value = vector.dropFirst("connect.sid=".count)
        #expect(cookie().read(cookieField: "connect.sid=\"\(value)\"") == id)
        #expect(
            cookie().read(cookieField: vector.replacingOccurrences(of: "%2F", with: "%2f")) == id)
    }

    @Test func `another name is another cookie`() {
        #expect(cookie(name: "sid").read(cookieField: vector) == nil)
        #expect(cookie().read(cookieField: "Connect.sid" + vector.dropFirst(11)) == nil)
        #expect(cookie().read(cookieField: "xconnect.sid" + vector.dropFirst(11)) == nil)
        #expect(
            cookie(name: "sid").read(cookieField: "sid=" + cookie(name: "sid").value(for: id)) == id
        )
    }

    @Test func `another secret does not do`() {
        let other = SessionCookie(secret: "something", attributes: cookie().attributes)
        #expect(other.read(cookieField: vector) == nil)
        #expect(cookie().read(cookieField: "connect.sid=" + other.value(for: id)) == nil)
    }

    @Test(arguments: [
        "connect.sid=", "connect.sid", "connect.sid=s%3A", "connect.sid=s%3A.",
        "connect.sid=j%3A%7B%7D",
        "connect.sid=j:{\"a\":1}", "connect.sid=%", "connect.sid=%%%", "connect.sid=s%3A%00",
        "connect.sid=s:AbCdEfGhIjKlMnOpQrStUvWxYz012345",
        "connect.sid=s:AbCdEfGhIjKlMnOpQrStUvWxYz012345.",
        "connect.sid=AbCdEfGhIjKlMnOpQrStUvWxYz012345.q3X4D/PuxyNt101Tk1HumFczckOQTp4+1isuf/7g2sk",
        "connect.sid=s:.q3X4D/PuxyNt101Tk1HumFczckOQTp4+1isuf/7g2sk", "\0", ";;;;", "====", "\"",
        "connect.sid=\"", "connect.sid=\"\"", "connect.sid=é",
    ])
    func `what is no signed id opens nothing`(field: String) {
        #expect(cookie().read(cookieField: field) == nil)
    }

    @Test func `a good cookie with one character changed opens nothing`() {
        let bytes = Array(vector.utf8)
        for index in "connect.sid=".utf8.count..<bytes.count {
            for replacement in "Ax_=".utf8 where replacement != bytes[index] {
                var changed = bytes
                changed[index] = replacement
                #expect(
                    cookie().read(cookieField: String(decoding: changed, as: UTF8.self)) == nil,
                    "byte \(index)")
            }
        }
        #expect(cookie().read(cookieField: String(vector.dropLast())) == nil)
    }

    // `unsign` of the `cookie-signature` package compares only so much of the text as a signature has.
    @Test(arguments: ["x", "=", "%3D", "\"", "%00", "é"])
    func `what follows a whole signature is ignored, as Medusa does`(more: String) {
        #expect(cookie().read(cookieField: vector + more) == id)
        #expect(cookie().read(cookieField: String(vector.dropLast()) + more) == nil)
    }

    @Test func `a bounded number of planted cookies is tried`() {
        let planted = String(repeating: "connect.sid=s%3Ax.y; ", count: 7)
        #expect(cookie().read(cookieField: planted + vector) == id)
        #expect(cookie().read(cookieField: planted + "connect.sid=; " + vector) == nil)
    }

    @Test func `a value of any length is looked at up to the bound only`() {
        // Everything percent-encoded is as long as it gets.
        let value = cookie().value(for: id).removingPercentEncoding!
        let encoded = value.utf8.map { "%" + String($0, radix: 16) }.joined()
        #expect(encoded.utf8.count == 3 * 78)
        #expect(cookie().read(cookieField: "connect.sid=" + encoded) == id)
        #expect(cookie().read(cookieField: "connect.sid=\"" + encoded + "\"") == id)
        let long = "connect.sid=" + String(repeating: "%41", count: 20_000)
        #expect(cookie().read(cookieField: long) == nil)
    }

    @Test func `hostile fields are read without a crash`() {
        let seed: UInt64 = 31_337
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "connect.sid", "=", ";", " ", "s%3A", "s:", ".", "%", "%zz", "\"", "\t", "é", "\0", "A",
            ",", "%F",
            String(vector.dropFirst(12)),
        ]
        for _ in 0..<10_000 {
            let count = Int.random(in: 0...14, using: &random)
            let field = (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined()
            if let found = cookie().read(cookieField: field) {
                #expect(found == id, "seed \(seed)")
            }
        }
    }
}

@Suite struct WallTimeTests {
    @Test func `milliseconds are cut towards the past`() {
        #expect(WallTime(millisecondsSince1970: 1999).secondsSince1970 == 1)
        #expect(WallTime(millisecondsSince1970: -1).secondsSince1970 == -1)
        #expect(WallTime(secondsSince1970: 946_684_800).microsecondsSince2000 == 0)
        #expect(WallTime(secondsSince1970: 946_684_801).microsecondsSince2000 == 1_000_000)
    }
}
