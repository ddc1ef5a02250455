import Crypto

/// What a request that comes again is known by.
enum RequestDigest {
    /// Where the answer to a keyed request is kept: 32 bytes.
    ///
    /// Of a POST; no other method takes keys. Without a secret, so that it stays the same when secrets are changed: a write must not be done again then.
    static func place(userID: String, key: String) -> [UInt8] {
        Array(SHA256.hash(data: Array("\(userID)\0POST\0\(key)".utf8)))
    }

    /// What was asked for: 32 bytes. With a secret, as bodies hold passwords, which a plain digest in the database would
    /// let somebody guess.
    static func fingerprint(
        path: String, query: String?, body: [UInt8], secret: String
    ) -> [UInt8] {
        var mac = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.utf8)))
        // Neither part of a target can hold a line feed.
        mac.update(data: Array("\(path)\n\(query ?? "")\n".utf8))
        mac.update(data: body)
        return Array(mac.finalize())
    }
}
