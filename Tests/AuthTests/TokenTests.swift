import Foundation
import TestSupport
import Testing

@testable import Cohort

private let rules = AccessToken.Rules(secret: "supersecret")
private let issued = WallTime(secondsSince1970: 1_700_000_000)
private let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

/// The claims of `usr_01TEST` in Medusa v1's order, signed with `supersecret`.
private let vector =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoidXNyXzAxVEVTVCIsImRvbWFpbiI6ImFkbWluIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwODY0MDB9.ZiXBpIMU706kb8ilOUpnMfwsnXJ2amZc9n-ba13A27c"

// Made with Python's hmac; HS384, HS512 and no expiry, for usr_1.
private let hs384 =
    "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoidXNyXzEiLCJkb21haW4iOiJhZG1pbiIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDg2NDAwfQ.bSa6NIT3O2kDsQWONkrpBtgac-lnx6AoLIBuAUsd45GabudFHvXWm7oVun_jF7Ht"
private let hs512 =
    "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoidXNyXzEiLCJkb21haW4iOiJhZG1pbiIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDg2NDAwfQ.tYDtiW8JxeTqE7aK-Z5clrYLXi0IF7ai2qyalgmHuI2MnXOSi4EenfCu3ILvblWq__lFwiYeDDolRvfg107lCw"
private let noExpiry =
    header
    + "eyJ1c2VyX2lkIjoidXNyXzEiLCJkb21haW4iOiJhZG1pbiIsImlhdCI6MTcwMDAwMDAwMH0._9t5GrynuVazHVXqq_-fCbDBohgjGrz8VBrO9FA-lEQ"

private func verified(
    _ text: String, at now: WallTime = issued, by rules: AccessToken.Rules = rules
) -> Result<String, TokenRefusal> {
    do throws(TokenRefusal) {
        return .success(try AccessToken(verifying: text, for: .admin, by: rules, at: now).userID)
    } catch {
        return .failure(error)
    }
}

private func claims(_ more: String) -> String {
    #"{"user_id":"usr_1","domain":"admin","iat":1700000000,"#
        + (more.isEmpty ? #""exp":1700086400}"# : more + "}")
}

@Suite struct AccessTokenTests {
    @Test func `Medusa's token is what is issued`() {
        #expect(
            AccessToken.issue(userID: "usr_01TEST", for: .admin, by: rules, at: issued) == vector)
    }

    @Test func `Medusa's token is good until its last second`() {
        #expect(verified(vector) == .success("usr_01TEST"))
        #expect(verified(vector, at: issued + .seconds(86_399)) == .success("usr_01TEST"))
        #expect(verified(vector, at: issued + .milliseconds(86_399_999)) == .success("usr_01TEST"))
        #expect(verified(vector, at: issued + .seconds(86_400)) == .failure(.expired))
        #expect(
            verified(vector, at: WallTime(secondsSince1970: 1_800_000_000)) == .failure(.expired))
    }

    @Test func `user ids of any characters survive`() {
        let id = "usr_ä\"\\日本"
        let token = AccessToken.issue(userID: id, for: .admin, by: rules, at: issued)
        #expect(
            token == header
                + "eyJ1c2VyX2lkIjoidXNyX8OkXCJcXOaXpeacrCIsImRvbWFpbiI6ImFkbWluIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwODY0MDB9.ZNu9au-PKWPLF0E0cj8GhexFQkVi1nbU7_o00Dqj0_U"
        )
        #expect(verified(token) == .success(id))
    }

    @Test func `nbf is honoured from both sides`() {
        let token =
            header
            + "eyJ1c2VyX2lkIjoidXNyXzEiLCJkb21haW4iOiJhZG1pbiIsImlhdCI6MTcwMDAwMDAwMCwibmJmIjoxNzAwMDAwMTAwLCJleHAiOjE3MDAwODY0MDB9.p_mciXVCNsJ-eE-Zhzcaf36OuxqofDuop6Iie1zcYfk"
        #expect(verified(token, at: issued + .seconds(99)) == .failure(.notYetValid))
        #expect(verified(token, at: issued + .seconds(100)) == .success("usr_1"))
    }

    @Test func `other hashes and tokens without end are accepted only as Medusa does`() {
        #expect(verified(hs384) == .failure(.algorithm))
        #expect(verified(hs512) == .failure(.algorithm))
        #expect(verified(noExpiry) == .failure(.noExpiry))
        var lenient = rules
        lenient.acceptance = .medusa
        #expect(verified(hs384, by: lenient) == .success("usr_1"))
        #expect(verified(hs512, by: lenient) == .success("usr_1"))
        #expect(verified(noExpiry, by: lenient) == .success("usr_1"))
    }

    @Test func `a bound on the lifetime holds for tokens of others too`() {
        var bounded = rules
        bounded.acceptedLifetimeMax = .seconds(86_400)
        #expect(verified(vector, by: bounded) == .success("usr_01TEST"))
        // A minute more, as clocks differ.
        let longest = forge(claims: claims(#""exp":1700086460"#))
        #expect(verified(longest, by: bounded) == .success("usr_1"))
        let long = forge(claims: claims(#""exp":1700086461"#))
        #expect(verified(long) == .success("usr_1"))
        #expect(verified(long, by: bounded) == .failure(.livesTooLong))
        #expect(verified(long, at: issued + .seconds(1), by: bounded) == .success("usr_1"))
        // Issued tomorrow, it would live for a minute.
        let later = forge(
            claims: #"{"user_id":"usr_1","domain":"admin","iat":1700086440,"exp":1700086500}"#)
        #expect(verified(later, by: bounded) == .failure(.livesTooLong))
        let undated = forge(claims: #"{"user_id":"usr_1","domain":"admin","exp":1700000001}"#)
        #expect(verified(undated, by: bounded) == .success("usr_1"))
        bounded.acceptance = .medusa
        #expect(verified(noExpiry, by: bounded) == .failure(.noExpiry))
    }

    @Test(arguments: [
        (#"{"alg":"none"}"#, TokenRefusal.algorithm), (#"{"alg":"None","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"hs256"}"#, .algorithm), (#"{"alg":"RS256"}"#, .algorithm),
        (#"{"alg":"HS1"}"#, .algorithm), (#"{"alg":null}"#, .algorithm),
        (#"{"alg":["HS256"]}"#, .algorithm),
        (#"{"typ":"JWT"}"#, .algorithm), (#"{}"#, .algorithm), (#"{"alg":""}"#, .algorithm),
        (#"{"alg":"HS256","crit":["exp"]}"#, .critical), (#"{"alg":"HS256","crit":[]}"#, .critical),
        (#"{"alg":"HS256","crit":null}"#, .critical),
        (#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, .critical), ("[]", .malformed),
        ("null", .malformed), (#""HS256""#, .malformed), ("", .malformed), ("{", .malformed),
        (#"{"alg":"HS256","alg":"none"}"#, .algorithm),
        (#"{"alg":"none","alg":"HS512"}"#, .algorithm),
    ])
    func `a header that asks for anything else is refused`(header: String, refusal: TokenRefusal) {
        #expect(verified(forge(header: header, claims: claims(""))) == .failure(refusal))
    }

    @Test func `header members that say nothing are ignored`() {
        let plain =
            #"{"alg":"HS256","kid":"../../etc/passwd","jku":"https://x.example","typ":"at+jwt"}"#
        #expect(verified(forge(header: plain, claims: claims(""))) == .success("usr_1"))
    }

    @Test(arguments: [
        (#""exp":null"#, TokenRefusal.noExpiry), (#""exp":"1700086400""#, .noExpiry),
        (#""exp":true"#, .noExpiry), (#""exp":[1700086400]"#, .noExpiry),
        (#""exp":1e999"#, .noExpiry),
        (#""exp":-1"#, .expired), (#""exp":0"#, .expired), (#""exp":1700000000"#, .expired),
        (#""exp":1700086400,"nbf":"1700000000""#, .notYetValid),
        (#""exp":1700086400,"nbf":null"#, .notYetValid),
        (#""exp":1700086400,"nbf":1e999"#, .notYetValid),
        (#""exp":1700086400,"nbf":1700000001"#, .notYetValid),
        (#""exp":1700086400,"domain":"store""#, .claims),
        (#""exp":1700086400,"domain":"Admin""#, .claims),
        (#""exp":1700086400,"domain":null"#, .claims),
        (#""exp":1700086400,"domain":["admin"]"#, .claims),
        (#""exp":1700086400,"domain":"admin\u0000""#, .claims),
        (#""exp":1700086400,"user_id":"""#, .claims),
        (#""exp":1700086400,"user_id":null"#, .claims), (#""exp":1700086400,"user_id":1"#, .claims),
        (#""exp":1700086400,"user_id":{"a":"b"}"#, .claims),
        (#""exp":1700086400,"user_id":["usr_1"]"#, .claims),
        (#""exp":1700086400,"user_id":"usr\u00001""#, .claims),
    ])
    func `claims of the wrong kind are refused`(more: String, refusal: TokenRefusal) {
        #expect(verified(forge(claims: claims(more))) == .failure(refusal))
    }

    @Test func `missing claims are refused`() {
        #expect(
            verified(forge(claims: #"{"domain":"admin","exp":1700086400}"#)) == .failure(.claims))
        #expect(
            verified(forge(claims: #"{"user_id":"usr_1","exp":1700086400}"#)) == .failure(.claims))
        #expect(verified(forge(claims: "{}")) == .failure(.noExpiry))
    }

    @Test func `fractions of a second count as they stand`() {
        let token = forge(claims: claims(#""exp":1700000000.5"#))
        #expect(verified(token) == .success("usr_1"))
        #expect(verified(token, at: issued + .seconds(1)) == .failure(.expired))
    }

    @Test func `with an empty secret no token is good`() {
        let empty = AccessToken.Rules(secret: "")
        let token = AccessToken.issue(userID: "usr_1", for: .admin, by: empty, at: issued)
        #expect(verified(token, by: empty) == .failure(.signature))
        #expect(
            verified(forge(claims: claims(""), secret: ""), by: empty) == .failure(.signature))
    }

    @Test func `another secret does not do`() {
        for secret in ["Supersecret", "supersecret ", "x", "supersecre"] {
            #expect(verified(forge(claims: claims(""), secret: secret)) == .failure(.signature))
        }
    }

    @Test(arguments: [
        "", ".", "..", "...", "a", "abc", "a.b.c", "bad", "golden-admin-token", vector + ".x",
        vector + "=",
        vector + " ", " " + vector, "\0", vector + "\0", "eyJhbGciOiJIUzI1NiJ9..",
        String(vector.dropLast(44)), String(repeating: "a.", count: 5000),
    ])
    func `text that is no token is malformed, so that it may be something else`(text: String) {
        #expect(verified(text) == .failure(.malformed))
    }

    @Test func `a token of any length is looked at up to the bound only`() throws {
        func token(padding: Int) -> String {
            let long = String(repeating: "a", count: padding)
            return forge(claims: claims(#""exp":1700086400,"x":""# + long + #"""#))
        }
        // Lengths go in steps of base 64.
        let first = (5900...6100).first { token(padding: $0).utf8.count > JSONWebToken.lengthMax }
        let padding = try #require(first)
        #expect(token(padding: padding - 1).utf8.count > JSONWebToken.lengthMax - 4)
        #expect(verified(token(padding: padding - 1)) == .success("usr_1"))
        #expect(verified(token(padding: padding)) == .failure(.malformed))
    }

    @Test func `a good token with one character changed is never good`() {
        let bytes = Array(vector.utf8)
        for index in bytes.indices {
            for replacement in [
                UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "="),
            ]
            where replacement != bytes[index] {
                var changed = bytes
                changed[index] = replacement
                let result = verified(String(decoding: changed, as: UTF8.self))
                #expect((try? result.get()) == nil, "byte \(index) as \(replacement)")
            }
        }
        // The last character has two bits that no byte needs; other values of them are not
        // accepted.
        for last in "defghijkl" {
            #expect(verified(String(vector.dropLast()) + String(last)) != .success("usr_01TEST"))
        }
    }

    @Test func `a shortened or lengthened signature is not good`() {
        let dot = vector.lastIndex(of: ".")!
        #expect(verified(String(vector[...dot])) == .failure(.signature))
        #expect(verified(String(vector.dropLast(3))) != .success("usr_01TEST"))
        #expect(verified(vector + "AAAA") != .success("usr_01TEST"))
    }

    @Test func `hostile tokens are refused without a crash`() {
        let seed: UInt64 = 9_001
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("eyJhbGciOiJIUzI1NiJ9._-=+/ {}\"\0é".utf8)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...120, using: &random)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random)! }
            let result = verified(String(decoding: bytes, as: UTF8.self))
            #expect((try? result.get()) == nil, "seed \(seed)")
        }
        let deep = String(repeating: "[", count: 3000)
        #expect(verified(forge(claims: #"{"a":"# + deep)) == .failure(.malformed))
    }

    @Test func `the domain of a token is the one that was asked for`() throws {
        let token = AccessToken.issue(userID: "cus_1", for: .store, by: rules, at: issued)
        #expect(verified(token) == .failure(.claims))
        #expect(
            try AccessToken(verifying: token, for: .store, by: rules, at: issued).userID == "cus_1")
    }
}

@Suite struct ResetTokenTests {
    private let hash =
        "c2NyeXB0AA4AAAAIAAAAAcdTKWV6oU0q0E8mNkXVYYWgL4im4vLzWV9c2Vi8or1uakXWoCyVIBvYNTBbDiz1Lb9wII2UWojIYvmGaQmUTQeCDqBNVRxc98J2vxcCGw32"

    private func token() -> String {
        ResetToken.issue(userID: "usr_1", email: "a@b.co", passwordHash: hash, at: issued)
    }

    @Test func `a reset token is good for a quarter of an hour`() throws {
        try ResetToken.verify(
            token(), userID: "usr_1", passwordHash: hash, at: issued + .seconds(899))
        #expect(throws: TokenRefusal.expired) {
            try ResetToken.verify(
                token(), userID: "usr_1", passwordHash: hash, at: issued + .seconds(900))
        }
    }

    @Test func `a reset token dies with the hash it was made for`() {
        #expect(throws: TokenRefusal.signature) {
            try ResetToken.verify(
                token(), userID: "usr_1", passwordHash: String(hash.reversed()), at: issued)
        }
    }

    @Test func `a reset token is for one user`() {
        #expect(throws: TokenRefusal.claims) {
            try ResetToken.verify(token(), userID: "usr_2", passwordHash: hash, at: issued)
        }
    }

    @Test func `a reset token opens nothing else`() {
        let rules = AccessToken.Rules(secret: hash)
        #expect(throws: TokenRefusal.claims) {
            try AccessToken(verifying: token(), for: .admin, by: rules, at: issued)
        }
    }

    @Test func `the address is read without belief`() {
        let email = ResetToken.claimedEmail
        #expect(email(token()) == "a@b.co")
        #expect(email(forge(claims: #"{"email":"X@y.co"}"#)) == "x@y.co")
        for claims in [#"{"email":1}"#, "{}", #"{"email":"Σ...."}"#] {
            #expect(email(forge(claims: claims)) == nil)
        }
        // Whatever the signature is.
        let signed = token()
        for end in ["", "A", "B", "-_"] {
            #expect(email(String(signed.dropLast(3)) + end) == "a@b.co")
        }
        for text in ["zzz", "test.test.test", "..", signed + ".x", signed + "=", signed + "é"] {
            #expect(email(text) == nil, "\(text)")
        }
    }
}
