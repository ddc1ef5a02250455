/// The peers whose `X-Forwarded-…` fields are believed.
package struct TrustedProxies: Sendable {
    package struct Unreadable: Error {
        package let text: String
    }

    private struct Network: Sendable {
        let address: IPAddress
        let prefix: Int
    }

    private var networks: [Network] = []

    /// Nobody is trusted.
    package static let none = TrustedProxies()

    private init() {}

    /// - Parameter networks: addresses (`10.0.0.7`, `::1`) or networks (`10.0.0.0/8`).
    /// - Throws: ``Unreadable`` with the first text that is neither.
    package init(_ networks: [String]) throws(Unreadable) {
        for text in networks {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = IPAddress(String(parts[0])) else { throw Unreadable(text: text) }
            var prefix = address.bitCount
            if parts.count == 2 {
                guard let bits = Int(parts[1]), (0...address.bitCount).contains(bits),
                    parts[1].utf8.allSatisfy(ASCII.isDigit)
                else { throw Unreadable(text: text) }
                prefix = bits
            }
            self.networks.append(Network(address: address, prefix: prefix))
        }
    }

    package func contains(_ address: String) -> Bool {
        guard !networks.isEmpty, let address = IPAddress(address) else { return false }
        return contains(address)
    }

    func contains(_ address: IPAddress) -> Bool {
        networks.contains { $0.address.shares($0.prefix, with: address) }
    }

    /// The client at the far end of an `X-Forwarded-For` chain: the last address that is not a trusted
    /// proxy, as each proxy appends the peer it saw and everything before may be made up.
    ///
    /// Nil when the last element is no address at all. When all are trusted it is the first.
    func client(in chain: String) -> String? {
        var found: String?
        for element in chain.split(separator: ",", omittingEmptySubsequences: false).reversed() {
            guard let address = IPAddress(forwarded: element) else { break }
            found = address.text
            if !contains(address) { break }
        }
        return found
    }
}

/// Who is at the other end of a connection. One object for all its requests.
final class PeerAddress: Sendable {
    /// Numeric; empty for a unix socket.
    let text: String
    let isTrusted: Bool
    let proxies: TrustedProxies

    init(text: String, isTrusted: Bool, proxies: TrustedProxies) {
        self.text = text
        self.isTrusted = isTrusted
        self.proxies = proxies
    }

    static let unknown = PeerAddress(text: "", isTrusted: false, proxies: .none)
}
