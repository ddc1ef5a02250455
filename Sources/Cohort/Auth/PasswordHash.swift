import Crypto
import CryptoExtras

/// How much work one guess of a password costs.
package struct ScryptCost: Equatable, Sendable {
    package var log2N: Int
    package var r: Int
    package var p: Int

    package init(log2N: Int, r: Int, p: Int) {
        self.log2N = log2N
        self.r = r
        self.p = p
    }

    /// 32 MiB and about a quarter of a second.
    ///
    /// - Source: OWASP Password Storage Cheat Sheet and ASVS 5.0 appendix C: N = 2^15, r = 8, p =
    ///   3.
    package static let recommended = ScryptCost(log2N: 15, r: 8, p: 3)

    /// The largest N that a stored hash may ask for.
    package static let log2NMax = 20
    /// 128·N·r: a hash that somebody wrote into the table must not be able to take the machine
    /// down.
    package static let memoryBytesMax = 256 << 20
    /// N·r·p, ten times ``recommended``: some three seconds of a core.
    package static let workMax = 1 << 23

    /// Of one derivation.
    package var work: Int { (1 << log2N) * r * p }
    /// What stays in memory while a key is derived, without the small working blocks.
    package var memoryBytes: Int { 128 * (1 << log2N) * r }

    /// Whether the parameters are valid, within the bounds above and possible with BoringSSL.
    package var isAcceptable: Bool {
        guard (1...Self.log2NMax).contains(log2N), (1...Self.workMax).contains(r),
            (1...Self.workMax).contains(p)
        else { return false }
        // RFC 7914, section 2: N < 2^(128·r/8). The section's bound on r·p follows from `workMax`.
        guard log2N < 16 * r else { return false }
        guard memoryBytes <= Self.memoryBytesMax, work <= Self.workMax else { return false }
        // swift-crypto allows BoringSSL 128·N·r·p bytes and a page, whatever it is told. That is
        // too little for the working blocks of p = 1 with r > 16, and of N = 2; nobody is known to
        // write such hashes.
        return memoryBytes * p + 4096 >= memoryBytes + 128 * r * (p + 1)
    }

    /// What is missing to the work of `other`; nil for nothing.
    ///
    /// With this one's memory, as less of it is faster; with down to an eighth of it where whole rounds of more
    /// do not come out even, and rounded up where those do not either.
    package func missing(to other: ScryptCost) -> ScryptCost? {
        let missing = other.work - work
        guard missing > 0 else { return nil }
        var round = ScryptCost(log2N: log2N, r: r, p: 1)
        while missing % round.work != 0, round.log2N > max(1, log2N - 3) { round.log2N -= 1 }
        round.p = (missing + round.work - 1) / round.work
        return round.isAcceptable ? round : nil
    }

    /// Whether a hash of this cost is weaker than one of `other`.
    ///
    /// Less work is weaker, and so is less memory: special hardware is cheap where memory is not
    /// needed.
    package func isWeaker(than other: ScryptCost) -> Bool {
        work < other.work || memoryBytes < other.memoryBytes
    }
}

/// Why a text cannot be a password, told before any work is spent on it.
package enum PasswordRefusal: Error, Equatable, Sendable {
    case empty
    /// More than ``PasswordHash/passwordBytesMax``.
    case tooLong
    /// Some implementations end a password at NUL, so that all that begin alike would be one.
    case containsNUL
}

/// The machine could not give the memory that a hash needs.
package struct OutOfMemory: Error {}

/// A password hash in the 96-byte header format of Colin Percival's scrypt tool, in base 64.
///
/// Medusa reads and writes the same, so a table can be shared with it.
/// - Source: the `scrypt-kdf` package, which Medusa 1.20.10 uses.
package struct PasswordHash: Equatable, Sendable {
    package let cost: ScryptCost
    private let salt: [UInt8]
    /// HMAC of everything before it, under the second half of the derived key.
    private let signature: [UInt8]

    /// In UTF-8. Long enough for any pass phrase, short enough that hashing it costs nothing by
    /// itself.
    package static let passwordBytesMax = 4096
    /// The length of ``text``: 96 bytes in base 64.
    package static let textLength = 128

    private static let magic = Array("scrypt".utf8)
    private static let saltLength = 32

    /// Reads a stored hash; nil when it is none, is damaged, or asks for more work than the bounds
    /// allow.
    package init?(text: String) {
        guard text.utf8.count == Self.textLength,
            let bytes = Base64.decode(text.utf8, .standard, padded: true), bytes.count == 96,
            Array(bytes[0..<6]) == Self.magic, bytes[6] == 0,
            Array(SHA256.hash(data: bytes[0..<48]).prefix(16)) == Array(bytes[48..<64])
        else { return nil }
        let cost = ScryptCost(
            log2N: Int(bytes[7]), r: Self.bigEndian(bytes[8..<12]),
            p: Self.bigEndian(bytes[12..<16]))
        guard cost.isAcceptable else { return nil }
        self.cost = cost
        salt = Array(bytes[16..<48])
        signature = Array(bytes[64..<96])
    }

    private init(cost: ScryptCost, salt: [UInt8], signature: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.signature = signature
    }

    /// Hashes a new password: tens or hundreds of milliseconds, so never on a loop; see
    /// ``PasswordWork``.
    ///
    /// - Parameters:
    ///   - password: one that ``check(_:)`` lets pass.
    ///   - cost: acceptable, see ``ScryptCost/isAcceptable``.
    package static func make(
        password: String, cost: ScryptCost, using random: inout some RandomNumberGenerator
    ) throws(OutOfMemory) -> PasswordHash {
        let salt = (0..<saltLength).map { _ in UInt8.random(in: 0...255, using: &random) }
        return try make(password: password, cost: cost, salt: salt)
    }

    /// A hash of another cost for the same password, and of the same ``version(of:)``: whoever is signed in stays so.
    package func renewed(
        password: String, cost: ScryptCost
    ) throws(OutOfMemory) -> PasswordHash {
        try Self.make(password: password, cost: cost, salt: salt)
    }

    private static func make(
        password: String, cost: ScryptCost, salt: [UInt8]
    ) throws(OutOfMemory) -> PasswordHash {
        precondition((try? check(password)) != nil, "a password is checked before it is hashed")
        precondition(cost.isAcceptable, "new hashes have a cost that can be read back")
        let header = header(cost: cost, salt: salt)
        let key = try signingKey(password: password, cost: cost, salt: salt)
        let signature = HMAC<SHA256>.authenticationCode(for: header, using: key)
        return PasswordHash(cost: cost, salt: salt, signature: Array(signature))
    }

    /// Whether `password` is the one: as much work as the hash's own parameters say, never on a
    /// loop.
    ///
    /// A password that ``check(_:)`` refuses is wrong without work.
    package func verify(password: String) throws(OutOfMemory) -> Bool {
        guard (try? Self.check(password)) != nil else { return false }
        let key = try Self.signingKey(password: password, cost: cost, salt: salt)
        // Compares in constant time.
        return HMAC<SHA256>.isValidAuthenticationCode(
            signature, authenticating: Self.header(cost: cost, salt: salt), using: key)
    }

    /// Spends what verifying a hash of that cost would, for an account that does not exist.
    ///
    /// Without it the time of the answer says which e-mail addresses have accounts.
    package static func verifyNothing(password: String, cost: ScryptCost) throws(OutOfMemory) {
        _ = try PasswordHash(
            cost: cost, salt: Array(repeating: 0, count: saltLength),
            signature: Array(repeating: 0, count: 32)
        ).verify(password: password)
    }

    /// Tells a password from those before it: a part of the stored hash's salt, which is drawn anew for each and
    /// says nothing of the password.
    ///
    /// 16 of 43 characters, so that who reads it still cannot try passwords. SQL has the same: `substr(…, 25, 16)`.
    package static func version(of text: String) -> String {
        String(decoding: text.utf8.dropFirst(24).prefix(16), as: UTF8.self)
    }

    /// Whether the next sign-in should store a new hash.
    package func needsRehash(to cost: ScryptCost) -> Bool {
        self.cost.isWeaker(than: cost)
    }

    package static func check(_ password: String) throws(PasswordRefusal) {
        guard !password.utf8.isEmpty else { throw .empty }
        guard password.utf8.count <= passwordBytesMax else { throw .tooLong }
        guard !password.utf8.contains(0) else { throw .containsNUL }
    }

    /// As stored: 128 characters.
    package var text: String {
        Base64.encode(Self.header(cost: cost, salt: salt) + signature, .standard, padded: true)
    }

    /// The 64 bytes that the signature covers.
    private static func header(cost: ScryptCost, salt: [UInt8]) -> [UInt8] {
        var header = magic
        header.reserveCapacity(96)
        header.append(0)
        header.append(UInt8(cost.log2N))
        for number in [cost.r, cost.p] {
            for shift in [24, 16, 8, 0] {
                header.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        header += salt
        header += SHA256.hash(data: header).prefix(16)
        return header
    }

    private static func signingKey(
        password: String, cost: ScryptCost, salt: [UInt8]
    ) throws(OutOfMemory) -> SymmetricKey {
        do {
            let derived = try KDF.Scrypt.deriveKey(
                from: Array(password.utf8), salt: salt, outputByteCount: 64,
                rounds: 1 << cost.log2N, blockSize: cost.r, parallelism: cost.p)
            return unsafe derived.withUnsafeBytes { unsafe SymmetricKey(data: $0[32..<64]) }
        } catch {
            // The parameters were checked, so nothing else can go wrong.
            throw OutOfMemory()
        }
    }

    private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}
