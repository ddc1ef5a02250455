import Crypto
import Foundation

/// Tokens and cookies as somebody could make them who knows the secrets, or does not.
enum Forgery {
    /// Base 64 for URLs by Foundation, independent of the code under test.
    static func base64URL(_ data: some DataProtocol) -> String {
        Data(data).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    /// Which code the signature is, whatever the header says.
    enum Signature {
        case sha256, sha384, none
    }

    static func token(
        header: String = #"{"alg":"HS256","typ":"JWT"}"#, claims: String, secret: String,
        _ signature: Signature = .sha256
    ) -> String {
        let signed = base64URL(Data(header.utf8)) + "." + base64URL(Data(claims.utf8))
        let (key, text) = (SymmetricKey(data: Data(secret.utf8)), Data(signed.utf8))
        let code =
            switch signature {
            case .sha256: base64URL(Data(HMAC<SHA256>.authenticationCode(for: text, using: key)))
            case .sha384: base64URL(Data(HMAC<SHA384>.authenticationCode(for: text, using: key)))
            case .none: ""
            }
        return signed + "." + code
    }

    /// The value of a session's cookie, signed with `secret`.
    static func cookie(id: String, secret: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(id.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        let signature = Data(code).base64EncodedString().replacingOccurrences(of: "=", with: "")
        let escaped = signature.replacingOccurrences(of: "+", with: "%2B")
            .replacingOccurrences(of: "/", with: "%2F")
        return "connect.sid=s%3A\(id).\(escaped)"
    }
}

extension SQL {
    /// What every table holds: its name with a hash of its rows, of their insertions too.
    func contents() throws -> [String: String] {
        let tables = try run(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).compactMap(\.first)
        var contents: [String: String] = [:]
        for case let table? in tables {
            contents[table] = try value(
                "SELECT count(*) || ' ' || md5(coalesce(string_agg(t.xmin::text || t::text, '|' ORDER BY t::text), '')) FROM \(table) t"
            )
        }
        return contents
    }
}
