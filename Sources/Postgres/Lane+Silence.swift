import EventLoop

extension Lane {
    // MARK: Servers that say nothing

    /// Finds out whether a server that does not answer a statement is there: one that waits for a lock, or computes, lets
    /// others in, one that hangs does not. Then nobody waits for the end of the statement's time.
    ///
    /// Not behind a pooler, where newcomers wait for a server that others are done with.
    func doubtServer(of connection: Connection) {
        guard takesLooks, let host = connection.host, let due = nextDoubt, loop.now >= due else {
            return
        }
        nextDoubt = nil
        loop.run { [self] in
            try? await Connector.visit(host, for: self)
            nextDoubt = loop.now + configuration.silenceTrust
            if !isClosed, hosts.isSilent(host) { giveUp(host) }
        }
    }

    /// Closes what has waited for a host in vain.
    private func giveUp(_ host: Host) {
        let lost = (connections + leaving).compactMap { $0 }.filter {
            $0.host == host && $0.isSilent(loop.now)
        }
        guard !lost.isEmpty else { return }
        tell(.silent(kind))
        for connection in lost { connection.close(reason: "the server does not answer") }
        onSilence()
    }
}
