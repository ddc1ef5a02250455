import Crypto
import Foundation
import TestSupport
import Testing

@testable import Cohort

/// A hash of no password, well-formed, with any parameters.
private func header(log2N: UInt8, r: UInt32, p: UInt32, magic: String = "scrypt\0") -> String {
    var bytes = Array(magic.utf8) + [log2N]
    for number in [r, p] {
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
    bytes += [UInt8](repeating: 7, count: 32)
    bytes += Array(SHA256.hash(data: bytes).prefix(16))
    bytes += [UInt8](repeating: 0, count: 32)
    return Data(bytes).base64EncodedString()
}

@Suite struct PasswordHashTests {
    // The first has the cost that Medusa v1 uses. All were compared with Python's hashlib.
    @Test(arguments: [
        (
            "supersecret", 1,
            "c2NyeXB0AAEAAAABAAAAARVUKNZjfaPnStdRR4qEwNfdvaLLRGMYGid2uSRZCaiU0uGeab8MVF1sxRG75bPA+o5jWWdwLZ8h+Il9A91UIBfySRaOXpSnQjvzxeWzZsJ6"
        ),
        (
            "pw", 14,
            "c2NyeXB0AA4AAAAIAAAAAcdTKWV6oU0q0E8mNkXVYYWgL4im4vLzWV9c2Vi8or1uakXWoCyVIBvYNTBbDiz1Lb9wII2UWojIYvmGaQmUTQeCDqBNVRxc98J2vxcCGw32"
        ),
        (
            "correct horse battery staple", 15,
            "c2NyeXB0AA8AAAAIAAAAAwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f45l21CfAFiMRBJEK0+bmhi7eU3vYPimjOBj/6kCHJ3uVlH13wo6NRyqs6LEYUXxD"
        ),
        (
            "pässwörd 日本", 4,
            "c2NyeXB0AAQAAAAIAAAAAQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4faeEnw9AEcwpAVV7UH4iV1dMmWWgQodHyrIQednRrhBjXH4P4c4rtk4bW21z29pIs"
        ),
    ])
    func `a hash of somebody else verifies its password and no other`(
        password: String, log2N: Int, text: String
    ) throws {
        let hash = try #require(PasswordHash(text: text))
        #expect(hash.cost.log2N == log2N)
        #expect(hash.text == text)
        #expect(try hash.verify(password: password))
        #expect(try !hash.verify(password: ""))
        // Unoptimised, the dear ones take a second each.
        guard log2N < 14 else { return }
        #expect(try !hash.verify(password: password + "x"))
        #expect(try !hash.verify(password: password.uppercased()))
    }

    @Test func `a new hash survives being stored`() throws {
        var random = SeededGenerator(seed: 1)
        let cost = ScryptCost(log2N: 4, r: 8, p: 2)
        let hash = try PasswordHash.make(password: "open-sesame", cost: cost, using: &random)
        #expect(hash.text.utf8.count == PasswordHash.textLength)
        let stored = try #require(PasswordHash(text: hash.text))
        #expect(stored == hash)
        #expect(stored.cost == cost)
        #expect(try stored.verify(password: "open-sesame"))
        #expect(try !stored.verify(password: "open-sesamex"))
        let again = try PasswordHash.make(password: "open-sesame", cost: cost, using: &random)
        #expect(again.text != hash.text, "two users with one password must not look alike")
    }

    @Test func `a hash with any one bit flipped is refused or does not verify`() throws {
        var random = SeededGenerator(seed: 2)
        let hash = try PasswordHash.make(
            password: "pw", cost: ScryptCost(log2N: 1, r: 1, p: 1), using: &random)
        let bytes = try #require(Data(base64Encoded: hash.text))
        for bit in 0..<(96 * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let read = PasswordHash(text: damaged.base64EncodedString()) else {
                #expect(bit < 64 * 8, "only the header has a checksum")
                continue
            }
            #expect(bit >= 64 * 8)
            #expect(try !read.verify(password: "pw"))
        }
    }

    @Test(arguments: [
        "", "x", "supersecret", String(repeating: "A", count: 127),
        String(repeating: "A", count: 128),
        String(repeating: "=", count: 128), header(log2N: 4, r: 8, p: 1, magic: "scrypt\u{1}"),
        header(log2N: 4, r: 8, p: 1, magic: "bcrypt\0"), header(log2N: 4, r: 8, p: 1) + "\n",
    ])
    func `what is no hash is refused`(text: String) {
        #expect(PasswordHash(text: text) == nil)
    }

    @Test(
        arguments: [
            (1, 1, 1), (20, 2, 1), (18, 8, 4), (15, 8, 3), (15, 1, 1), (10, 16, 1), (10, 17, 2),
            (1, 1, 1024),
        ] as [(UInt8, UInt32, UInt32)])
    func `the largest parameters are accepted`(log2N: UInt8, r: UInt32, p: UInt32) {
        #expect(PasswordHash(text: header(log2N: log2N, r: r, p: p)) != nil)
    }

    @Test(
        arguments: [
            (0, 8, 1), (21, 1, 1), (255, 8, 1), (20, 3, 1), (18, 8, 5), (16, 1, 1), (10, 17, 1),
            (14, 0, 1),
            (14, 8, 0), (14, .max, 1), (14, 1, .max), (14, .max, .max), (2, 1, 1 << 30), (18, 9, 1),
        ] as [(UInt8, UInt32, UInt32)])
    func `the first parameters beyond are refused`(log2N: UInt8, r: UInt32, p: UInt32) {
        #expect(PasswordHash(text: header(log2N: log2N, r: r, p: p)) == nil)
    }

    @Test func `every small cost that is accepted can be computed`() throws {
        for log2N in 1...5 {
            for r in 1...40 {
                for p in 1...3 {
                    let cost = ScryptCost(log2N: log2N, r: r, p: p)
                    guard cost.isAcceptable else { continue }
                    try PasswordHash.verifyNothing(password: "x", cost: cost)
                }
            }
        }
    }

    @Test func `passwords are bounded on both sides`() throws {
        try PasswordHash.check("x")
        try PasswordHash.check(String(repeating: "x", count: 4096))
        #expect(throws: PasswordRefusal.empty) { try PasswordHash.check("") }
        #expect(throws: PasswordRefusal.tooLong) {
            try PasswordHash.check(String(repeating: "x", count: 4097))
        }
        #expect(throws: PasswordRefusal.tooLong) {
            try PasswordHash.check(String(repeating: "日", count: 1366))
        }
        #expect(throws: PasswordRefusal.containsNUL) { try PasswordHash.check("pass\0word") }
    }

    @Test func `a password with a NUL does not verify as the part before it`() throws {
        var random = SeededGenerator(seed: 3)
        let hash = try PasswordHash.make(
            password: "pass", cost: ScryptCost(log2N: 1, r: 1, p: 1), using: &random)
        #expect(try !hash.verify(password: "pass\0"))
        #expect(try !hash.verify(password: "pass\0word"))
    }

    @Test func `a weaker hash wants to be renewed, a stronger one does not`() {
        let wanted = ScryptCost.recommended
        #expect(ScryptCost(log2N: 1, r: 1, p: 1).isWeaker(than: wanted))
        #expect(ScryptCost(log2N: 14, r: 8, p: 1).isWeaker(than: wanted))
        #expect(ScryptCost(log2N: 15, r: 8, p: 2).isWeaker(than: wanted))
        #expect(
            ScryptCost(log2N: 14, r: 8, p: 6).isWeaker(than: wanted),
            "as much work, half the memory")
        #expect(!ScryptCost(log2N: 15, r: 8, p: 3).isWeaker(than: wanted))
        #expect(!ScryptCost(log2N: 17, r: 8, p: 1).isWeaker(than: wanted))
    }

    @Test func `the recommended cost is what ASVS asks for`() {
        #expect(ScryptCost.recommended == ScryptCost(log2N: 15, r: 8, p: 3))
        #expect(ScryptCost.recommended.isAcceptable)
    }

    @Test func `hostile texts are refused without a crash`() {
        let seed: UInt64 = 4_242
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            var bytes = (0..<96).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes.replaceSubrange(0..<7, with: Array("scrypt\0".utf8))
            // With a right checksum, so that the parameters are looked at.
            let checksum = SHA256.hash(data: bytes[0..<48]).prefix(16)
            bytes.replaceSubrange(48..<64, with: Array(checksum))
            if let hash = PasswordHash(text: Data(bytes).base64EncodedString()) {
                #expect(hash.cost.isAcceptable, "seed \(seed)")
            }
        }
    }
}
