import EventLoop

extension Lane {
    // MARK: Servers that say nothing

    /// Finds out whether a server that does not answer a statement is there: one that waits for a lock, or computes, lets
    /// others in, one that hangs does not. Then nobody waits for the end of the statement's time.
    ///
    /// Not behind a pooler, where newcomers wait for a server that others are done with.
    func doubtServer(of connection: Connection) {
        guard connection.isPipelined, let host = connection.host else { return }
        let now = loop.now
        if let due = nextVisits[host], now < due { return }
        nextVisits[host] = now + Self.visitLongest
        loop.run { [self] in
            let isThere = await Connector.visit(host, for: self)
            // What fell silent meanwhile is judged by another visit.
            let pause = isThere ? Self.visitPause : 1
            nextVisits[host] = loop.now + configuration.silenceTrust * pause
            // Newcomers wait at some balancers, too; nobody else has heard of a server that hangs.
            guard !isThere, !isClosed, !hasHeard(of: host, since: now) else { return }
            hosts.saidNothing(host)
            fellSilent(
                connectionsTo(host).filter { $0.isAlive() && $0.isSilent(loop.now) }, host)
        }
    }

    /// After a host that let one in, in ``PoolConfiguration/silenceTrust``.
    private static let visitPause = 5
    /// Each ends before that, when its connecting does.
    private static let visitLongest = Duration.seconds(3600)

    /// Gives up connections that wait in vain, and all to the same host that nobody uses now: the next one would wait as long.
    func fellSilent(_ silent: [Connection], _ host: Host?) {
        guard !silent.isEmpty else { return }
        tell(.silent(kind))
        for lane in family { lane.closeIdle(to: host) }
        for connection in silent { connection.close(reason: "the server does not answer") }
    }

    private func closeIdle(to host: Host?) {
        for connection in connectionsTo(host)
        where connection.isQuiet && !connection.isLeaving && state.inFlight(connection.place) == 0 {
            connection.close(reason: "the server does not answer on another connection")
        }
    }

    private func connectionsTo(_ host: Host?) -> [Connection] {
        (connections + leaving).compactMap { $0 }.filter { $0.host == host }
    }

    private func hasHeard(of host: Host, since time: MonotonicTime) -> Bool {
        family.contains { $0.connectionsTo(host).contains { $0.lastHeard > time } }
    }

    private var family: [Lane] {
        let siblings = siblings()
        return siblings.isEmpty ? [self] : siblings
    }
}
