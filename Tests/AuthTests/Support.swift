import Crypto
import Foundation

/// Base 64 for URLs by Foundation, independent of the code under test.
func base64URL(_ data: some DataProtocol) -> String {
    Data(data).base64EncodedString()
        .replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
}

/// A token with any header and claims, signed with HS256 whatever the header says.
func forge(
    header: String = #"{"alg":"HS256","typ":"JWT"}"#, claims: String, secret: String = "supersecret"
) -> String {
    let signed = base64URL(Data(header.utf8)) + "." + base64URL(Data(claims.utf8))
    let key = SymmetricKey(data: Data(secret.utf8))
    let mac = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)
    return signed + "." + base64URL(Data(mac))
}
