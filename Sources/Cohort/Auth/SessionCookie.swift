import Crypto
import HTTP

/// The secret that a browser holds for a signed-in user: 24 random bytes.
package struct SessionID: Equatable, Sendable {
    /// 32 characters, safe in a URL.
    package let text: String

    package static let textLength = 32

    package init(using random: inout some RandomNumberGenerator) {
        let bytes = (0..<24).map { _ in UInt8.random(in: 0...255, using: &random) }
        text = Base64.encode(bytes, .url, padded: false)
    }

    /// nil when `text` is not such an id.
    package init?(text: String) {
        guard text.utf8.count == Self.textLength,
            Base64.decode(text.utf8, .url, padded: false) != nil
        else { return nil }
        self.text = text
    }

    /// What the session table holds instead of the id, so that reading the table opens no session.
    ///
    /// SHA-256 without salt: there is no guessing 192 random bits. 43 characters.
    package var key: String {
        Base64.encode(SHA256.hash(data: Array(text.utf8)), .url, padded: false)
    }
}

/// Writes and reads the cookie that carries a ``SessionID``, signed.
///
/// - Source: `express-session` 1.17 and `cookie-signature` 1.0 as Medusa 1.20.10 uses
///   them.
package struct SessionCookie: Sendable {
    package struct Attributes: Equatable, Sendable {
        /// When the cookie may travel over plain HTTP.
        package enum Secure: String, CaseIterable, Sendable {
            /// Carries `Secure` when the request came over TLS, as the proxy says.
            case auto
            /// Always carries it; over plain HTTP no cookie is sent at all, as Medusa does in
            /// production.
            case always
            case never
        }

        package enum SameSite: String, CaseIterable, Sendable {
            /// For a dashboard on another site. Browsers take it with `Secure` only, so a cookie
            /// without that says `Lax` instead.
            case none
            case lax
            case strict
        }

        package var name: String
        package var secure: Secure
        package var sameSite: SameSite
        /// From sign-in; the browser is not told again when the session is extended.
        package var lifetime: Duration

        package init(name: String, secure: Secure, sameSite: SameSite, lifetime: Duration) {
            self.name = name
            self.secure = secure
            self.sameSite = sameSite
            self.lifetime = lifetime
        }
    }

    package let attributes: Attributes
    private let secret: SymmetricKey

    package init(secret: String, attributes: Attributes) {
        self.secret = SymmetricKey(data: Array(secret.utf8))
        self.attributes = attributes
    }

    // MARK: To the browser

    /// The `Set-Cookie` field for a new session; nil when the cookie must not go over this
    /// connection.
    ///
    /// nil is worth a warning in the log: the user signed in and will not stay so.
    package func setting(_ id: SessionID, at now: WallTime, isSecure: Bool) -> String? {
        field(value: value(for: id), expires: now + attributes.lifetime, isSecure: isSecure)
    }

    /// The `Set-Cookie` field that makes the browser forget its cookie.
    package func clearing(isSecure: Bool) -> String? {
        field(value: "", expires: WallTime(secondsSince1970: 0), isSecure: isSecure)
    }

    private func field(value: String, expires: WallTime, isSecure: Bool) -> String? {
        if attributes.secure == .always && !isSecure { return nil }
        let isMarkedSecure = isSecure && attributes.secure != .never
        let date = String(httpDate: expires.secondsSince1970)
        var field = "\(attributes.name)=\(value); Path=/; Expires=\(date); HttpOnly"
        if isMarkedSecure { field += "; Secure" }
        switch attributes.sameSite {
        case .none: field += isMarkedSecure ? "; SameSite=None" : "; SameSite=Lax"
        case .lax: field += "; SameSite=Lax"
        case .strict: field += "; SameSite=Strict"
        }
        return field
    }

    /// `s:`, the id, `.` and the signature, percent-encoded as JavaScript's `encodeURIComponent`
    /// does.
    package func value(for id: SessionID) -> String {
        let mac = HMAC<SHA256>.authenticationCode(for: Array(id.text.utf8), using: secret)
        // Of these characters only `:`, `+` and `/` are encoded.
        let signature = Base64.encode(mac, .standard, padded: false)
        var value = "s%3A\(id.text)."
        for character in signature.unicodeScalars {
            switch character {
            case "+": value += "%2B"
            case "/": value += "%2F"
            default: value.unicodeScalars.append(character)
            }
        }
        return value
    }

    // MARK: From the browser

    /// Cookies of our name that are tried. Another site on the same domain can plant some in front
    /// of ours; a request full of them must not cost a signature each.
    private static let candidatesMax = 8

    /// The id in a `Cookie` field: that of the first cookie of our name with a good signature.
    ///
    /// - Parameter field: as received, anything at all.
    package func read(cookieField field: String) -> SessionID? {
        var candidates = 0
        for pair in field.utf8.split(separator: UInt8(ascii: ";")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
                pair[..<equals].trimmedBlanks.elementsEqual(attributes.name.utf8)
            else { continue }
            candidates += 1
            if candidates > Self.candidatesMax { return nil }
            if let id = verified(pair[pair.index(after: equals)...].trimmedBlanks) { return id }
        }
        return nil
    }

    /// 32 bytes in base64 without padding.
    private static let signatureLength = 43

    private func verified(_ value: Substring.UTF8View) -> SessionID? {
        var value = value
        // Longer cannot be right: 78 characters, three times as many if all are encoded, and
        // quotes.
        guard value.count <= 3 * 78 + 2 else { return nil }
        if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
            value = value.dropFirst().dropLast()
        }
        // A broken escape leaves the whole text as it is, as npm's `cookie` does.
        let text = Percent.unescaped(Array(value).span) ?? Array(value)
        guard text.starts(with: "s:".utf8), let dot = text.lastIndex(of: UInt8(ascii: ".")),
            let id = SessionID(text: String(decoding: text[2..<dot], as: UTF8.self)),
            // What follows a whole signature is ignored, as `cookie-signature` 1.0.7 does.
            let mac = Base64.decode(
                text[(dot + 1)...].prefix(Self.signatureLength), .standard, padded: false),
            // In constant time.
            HMAC<SHA256>.isValidAuthenticationCode(
                mac, authenticating: Array(id.text.utf8), using: secret)
        else { return nil }
        return id
    }
}

extension Substring.UTF8View {
    fileprivate var trimmedBlanks: Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        }
        var trimmed = self[...]
        while let first = trimmed.first, isBlank(first) { trimmed = trimmed.dropFirst() }
        while let last = trimmed.last, isBlank(last) { trimmed = trimmed.dropLast() }
        return trimmed
    }
}
