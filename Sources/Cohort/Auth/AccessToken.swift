import JSON

/// The token of `POST /admin/auth/token`: names a user and a domain, for a day at most.
///
/// Medusa reads these and we read Medusa's, given the same secret.
/// - Source: Medusa 1.20.10, `api/routes/admin/auth/get-token.ts`, `loaders/passport.ts`.
package struct AccessToken: Equatable, Sendable {
    /// Which half of the API a token opens.
    package enum Domain: String, Sendable {
        case admin
        case store

        /// What names the bearer: a user, or a customer.
        fileprivate var claim: StaticString {
            switch self {
            case .admin: "user_id"
            case .store: "customer_id"
            }
        }
    }

    /// What a token says is taken for true only with this secret, these rules.
    package struct Rules: Sendable {
        package var secret: String
        /// Of tokens that are issued.
        package var lifetime: Duration
        package var acceptance: JSONWebToken.Acceptance
        /// Left to tokens that are accepted, whoever signed them; nil for any.
        package var acceptedLifetimeMax: Duration?

        package init(
            secret: String, lifetime: Duration = .seconds(86_400),
            acceptance: JSONWebToken.Acceptance = .strict, acceptedLifetimeMax: Duration? = nil
        ) {
            self.secret = secret
            self.lifetime = lifetime
            self.acceptance = acceptance
            self.acceptedLifetimeMax = acceptedLifetimeMax
        }
    }

    /// Of a user, or in the store of a customer, who may have been deleted since.
    package let userID: String
    /// Which of the account's passwords the token was given out for, see ``PasswordHash/version(of:)``. nil in
    /// tokens of Medusa's, which outlive a change of the password.
    package let passwordVersion: String?

    /// - Throws: `.malformed` when the text may be a credential of another kind, such as an API
    ///   token.
    package init(
        verifying text: String, for domain: Domain, by rules: Rules, at now: WallTime
    ) throws(TokenRefusal) {
        let token = try JSONWebToken(parsing: text)
        try token.verify(
            secret: rules.secret, at: now, acceptance: rules.acceptance,
            lifetimeMax: rules.acceptedLifetimeMax)
        guard token.text("domain") == domain.rawValue,
            let userID = token.text(domain.claim.description)
        else {
            throw .claims
        }
        self.userID = userID
        passwordVersion = token.text(Self.passwordVersionClaim.description)
        guard passwordVersion != nil || token.claims[Self.passwordVersionClaim.description] == nil
        else { throw .claims }
    }

    /// Ours; Medusa ignores it.
    private static let passwordVersionClaim: StaticString = "password_version"

    package static func issue(
        userID: String, passwordVersion: String? = nil, for domain: Domain, by rules: Rules,
        at now: WallTime
    ) -> String {
        JSONWebToken.sign(secret: rules.secret) { json in
            json.member(domain.claim, userID)
            json.member("domain", domain.rawValue)
            json.member("iat", now.secondsSince1970)
            json.member("exp", (now + rules.lifetime).secondsSince1970)
            if let passwordVersion { json.member(Self.passwordVersionClaim, passwordVersion) }
        }
    }
}

/// The token that lets somebody set a new password once.
///
/// Signed with the password hash it replaces, so that using it makes it worthless.
/// - Source: Medusa 1.20.10, `services/user.ts` (`generateResetPasswordToken`),
///   `api/routes/admin/users/reset-password.ts`.
package enum ResetToken {
    package static let lifetime = Duration.seconds(15 * 60)

    package static func issue(
        userID: String, email: String, passwordHash: String, at now: WallTime
    ) -> String {
        JSONWebToken.sign(secret: passwordHash) { json in
            json.member("user_id", userID)
            json.member("email", email)
            json.member("iat", now.secondsSince1970)
            json.member("exp", (now + lifetime).secondsSince1970)
        }
    }

    /// The e-mail address that a token claims, in lower case, to find the user whose hash can check it.
    ///
    /// nil when it cannot be decoded, and for what is no address. Not to be believed.
    package static func claimedEmail(in text: String) -> String? {
        guard let email = JSONWebToken.unverifiedClaims(in: text)?.usableText("email"),
            EmailAddress.isValid(email)
        else { return nil }
        return EmailAddress.lowercased(email)
    }

    /// - Parameters:
    ///   - userID: of the user who is to get the new password.
    ///   - passwordHash: as stored for that user; not empty.
    /// - Throws: `.undecodable` for three parts that say nothing, which Medusa tells from other malformed text.
    package static func verify(
        _ text: String, userID: String, passwordHash: String, at now: WallTime
    ) throws(TokenRefusal) {
        let token: JSONWebToken
        do throws(TokenRefusal) {
            token = try JSONWebToken(parsing: text)
        } catch {
            let isDecodable = JSONWebToken.unverifiedClaims(in: text) != nil
            throw isDecodable || !JSONWebToken.hasThreeParts(text) ? error : .undecodable
        }
        try token.verify(secret: passwordHash, at: now)
        guard token.text("user_id")?.utf8.elementsEqual(userID.utf8) == true else { throw .claims }
    }
}
