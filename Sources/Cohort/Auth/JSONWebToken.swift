import Crypto
package import JSON

/// Why a token is not believed.
///
/// Clients get the same 401 for all of them; tests and the log want to know.
package enum TokenRefusal: Error, Equatable, Sendable {
    /// Not three parts of base 64 with two JSON objects in them; may be a credential of another
    /// kind.
    case malformed
    /// Has a token's three parts, and nothing in them; told only of tokens that reset a password.
    case undecodable
    case algorithm
    /// The header demands an extension; none is known.
    case critical
    case signature
    /// No `exp`, or none that is a number.
    case noExpiry
    case expired
    case notYetValid
    /// `exp` is further away than is accepted.
    case livesTooLong
    /// Signed well, and not for this use: domain, user.
    case claims
}

/// A signed set of claims in compact form; signed and checked with one secret.
///
/// Small on purpose: one algorithm to write, three to read, no keys from the token itself.
/// - Source: RFC 7515, RFC 7519, and RFC 8725 for what to refuse.
package struct JSONWebToken: Sendable {
    /// What tokens are accepted besides those that are written here.
    package enum Acceptance: String, CaseIterable, Sendable {
        /// HS256 with an expiry.
        case strict
        /// As Medusa: HS384 and HS512 too, and tokens that never expire.
        case medusa
    }

    /// A bound on work for strangers. Tokens with our claims have some 200 characters.
    package static let lengthMax = 8192

    /// Not to be believed before ``verify(secret:at:acceptance:lifetimeMax:)``.
    package let claims: JSONObject
    private let header: JSONObject
    private let signedText: [UInt8]
    private let signature: [UInt8]

    /// Takes a token apart; says nothing yet about whether it is good.
    ///
    /// - Throws: `.malformed`.
    package init(parsing text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.lengthMax else { throw .malformed }
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3,
            let claims = Base64.decode(parts[1], .url, padded: false),
            let signature = Base64.decode(parts[2], .url, padded: false)
        else { throw .malformed }
        header = try Self.header(parts[0])
        self.claims = try Self.object(claims)
        self.signature = signature
        signedText = Array(bytes[..<parts[1].endIndex])
    }

    /// The claims of what looks like a token, whatever its signature is. Not to be believed.
    ///
    /// - Source: npm `jws` 3.2, which `jsonwebtoken` decodes with.
    package static func unverifiedClaims(in text: String) -> JSONObject? {
        guard text.utf8.count <= lengthMax, hasThreeParts(text) else { return nil }
        let parts = Array(text.utf8).split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts[2].allSatisfy(Base64.isURLDigit),
            (try? header(parts[0])) != nil,
            let claims = Base64.decode(parts[1], .url, padded: false)
        else { return nil }
        return try? object(claims)
    }

    static func hasThreeParts(_ text: String) -> Bool {
        text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }

    /// Checks signature and times.
    ///
    /// - Parameters:
    ///   - secret: no token is good with an empty one.
    ///   - lifetimeMax: left until `exp`; nil accepts any. What `iat` says does not matter: whoever signs can
    ///     say anything there.
    /// - Throws: any case but `.malformed` and `.claims`.
    package func verify(
        secret: String, at now: WallTime, acceptance: Acceptance = .strict,
        lifetimeMax: Duration? = nil
    ) throws(TokenRefusal) {
        try verifySignature(secret: secret, acceptance: acceptance)
        // Times have whole seconds, as in the `jsonwebtoken` package.
        let now = Double(now.secondsSince1970)
        if let notBefore = claims["nbf"] {
            guard let notBefore = notBefore.finiteNumber, notBefore <= now else {
                throw .notYetValid
            }
        }
        guard let expiry = claims["exp"] else {
            guard acceptance == .medusa, lifetimeMax == nil else { throw .noExpiry }
            return
        }
        guard let expiry = expiry.finiteNumber else { throw .noExpiry }
        guard now < expiry else { throw .expired }
        if let lifetimeMax {
            guard expiry - now <= Double((lifetimeMax + Self.clockSkewMax).components.seconds)
            else { throw .livesTooLong }
        }
    }

    /// A token that another machine has just signed for the longest time is good at once.
    private static let clockSkewMax = Duration.seconds(60)

    private func verifySignature(
        secret: String, acceptance: Acceptance
    ) throws(TokenRefusal) {
        // Anybody could have signed with that.
        guard !secret.isEmpty else { throw .signature }
        guard header["crit"] == nil else { throw .critical }
        guard case .string(let algorithm) = header["alg"] else { throw .algorithm }
        let key = SymmetricKey(data: Array(secret.utf8))
        let isValid: Bool
        // All three compare in constant time.
        switch (algorithm, acceptance) {
        case ("HS256", _):
            isValid = HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: signedText, using: key)
        case ("HS384", .medusa):
            isValid = HMAC<SHA384>.isValidAuthenticationCode(
                signature, authenticating: signedText, using: key)
        case ("HS512", .medusa):
            isValid = HMAC<SHA512>.isValidAuthenticationCode(
                signature, authenticating: signedText, using: key)
        default:
            throw .algorithm
        }
        guard isValid else { throw .signature }
    }

    /// A claim that is a string with something in it that PostgreSQL can compare; nil otherwise.
    package func text(_ claim: String) -> String? { claims.usableText(claim) }

    /// Signs claims with HS256.
    ///
    /// - Parameters:
    ///   - secret: with an empty one the token is never accepted.
    ///   - claims: writes the members of the claims object.
    package static func sign(
        secret: String, claims: (inout JSONWriter) -> Void
    ) -> String {
        var json = JSONWriter()
        json.object { claims(&$0) }
        let signedText = encodedHeader + "." + Base64.encode(json.take(), .url, padded: false)
        let signature = HMAC<SHA256>.authenticationCode(
            for: Array(signedText.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return signedText + "." + Base64.encode(signature, .url, padded: false)
    }

    private static let ordinaryHeader = Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)
    private static let encodedHeader = Base64.encode(ordinaryHeader, .url, padded: false)
    private static let parsedHeader = try? object(ordinaryHeader)

    /// Nearly every token has the one header; it is parsed once.
    private static func header(_ encoded: ArraySlice<UInt8>) throws(TokenRefusal) -> JSONObject {
        if let parsedHeader, encoded.elementsEqual(encodedHeader.utf8) { return parsedHeader }
        guard let bytes = Base64.decode(encoded, .url, padded: false) else { throw .malformed }
        return try object(bytes)
    }

    private static func object(_ bytes: [UInt8]) throws(TokenRefusal) -> JSONObject {
        // Claims are flat; what nests deeper is somebody's experiment.
        guard case .object(let object)? = try? JSONReader.parse(bytes, depthMax: 8) else {
            throw .malformed
        }
        return object
    }
}

extension JSONObject {
    /// A string with something in it that PostgreSQL can compare; nil otherwise.
    func usableText(_ member: String) -> String? {
        guard case .string(let text) = self[member], !text.isEmpty, !text.utf8.contains(0)
        else { return nil }
        return text
    }
}

extension JSONValue {
    fileprivate var finiteNumber: Double? {
        guard case .number(let text) = self, let number = Double(text), number.isFinite else {
            return nil
        }
        return number
    }
}
