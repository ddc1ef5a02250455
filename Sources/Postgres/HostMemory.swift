import EventLoop

/// Which hosts said nothing when a lane last tried to connect.
///
/// A server that hangs accepts connections, and says nothing, for as long as it hangs. If every round over the hosts
/// waited its whole time for that one, the one that has taken its place would be found that much later.
struct HostMemory {
    private struct Known {
        /// What it took to say yes or no, the last time it did.
        var took: Duration?
        var isSilent = false
    }

    private var hosts: [Host: Known] = [:]

    /// No network is so slow, nor a server so busy, all the time.
    static let patienceMin: Duration = .milliseconds(250)

    /// How long to wait for this one: ten times what it once took, where it was silent last time.
    func patience(for host: Host, atMost patience: Duration) -> Duration {
        guard let known = hosts[host], known.isSilent, let took = known.took else {
            return patience
        }
        return min(patience, max(Self.patienceMin, took * 10))
    }

    mutating func answered(_ host: Host, after took: Duration) {
        hosts[host] = Known(took: took)
    }

    mutating func saidNothing(_ host: Host) {
        hosts[host, default: Known()].isSilent = true
    }
}
