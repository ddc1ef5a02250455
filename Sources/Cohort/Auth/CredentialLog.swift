import Crypto

/// One line for each attempt to sign in or to set a new password: who came from where, and what became of it.
///
/// Never an e-mail address: the account's pseudonym tells whether two lines are about one, to nobody without the
/// secret which. Whoever succeeds is named by the id.
package struct CredentialLog: Sendable {
    package enum Event: Sendable {
        case signIn
        case resetRequest
        case reset

        fileprivate var message: StaticString {
            switch self {
            case .signIn: "sign-in"
            case .resetRequest: "password reset asked for"
            case .reset: "password reset"
            }
        }
    }

    package enum Outcome: Sendable {
        /// With the account's id.
        case succeeded(String)
        /// Nobody is told which: an unknown address, a wrong password, a token that does not hold.
        case refused
        /// After too many failures, and not even tried.
        case throttled

        fileprivate var name: String {
            switch self {
            case .succeeded: "succeeded"
            case .refused: "refused"
            case .throttled: "throttled"
            }
        }
    }

    private let log: Log
    private let key: SymmetricKey

    /// - Parameter secret: known to all instances, so that they call an account the same.
    init(_ log: Log, secret: String) {
        self.log = log
        let secret = SymmetricKey(data: Array(secret.utf8))
        key = SymmetricKey(
            data: HMAC<SHA256>.authenticationCode(for: Array("pseudonyms".utf8), using: secret))
    }

    /// - Parameters:
    ///   - email: as it was sent.
    ///   - source: the client's address; empty on a unix socket without a proxy.
    func record(
        _ event: Event, _ outcome: Outcome, of kind: String, email: String, from source: String
    ) {
        var values: [(StaticString, String)] = [
            ("outcome", outcome.name), ("kind", kind), ("source", source),
            ("account", pseudonym(of: kind, email)),
        ]
        if case .succeeded(let id) = outcome {
            values.append(("id", id))
            log.event(.info, event.message, values)
        } else {
            log.event(.warning, event.message, values)
        }
    }

    /// 16 characters, the same for each case of the address.
    package func pseudonym(of kind: String, _ email: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(kind):\(EmailAddress.lowercased(email))".utf8), using: key)
        return Base64.encode(Array(code.prefix(12)), .url, padded: false)
    }
}
