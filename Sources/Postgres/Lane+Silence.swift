import CPostgres
import EventLoop

extension Lane {
    // MARK: Servers that say nothing

    /// Finds out whether a server that does not answer a statement is there: one that waits for a lock, or computes, lets
    /// others in, one that hangs does not. Then nobody waits for the end of the statement's time.
    ///
    /// Not behind a pooler, where newcomers wait for a server that others are done with.
    func doubtServer() {
        guard takesLooks, let due = nextDoubt, loop.now >= due else { return }
        nextDoubt = nil
        loop.run { [self] in
            do throws(PostgresError) {
                let handle = try await Connector.connect(for: self)
                unsafe PQfinish(handle.pg)
            } catch {
                giveUpSilent()
            }
            nextDoubt = loop.now + configuration.silenceTrust
        }
    }

    /// Closes what leads to a host that says nothing to newcomers either.
    private func giveUpSilent() {
        let lost = (connections + leaving).compactMap { $0 }.filter { connection in
            connection.isSilent(loop.now) && connection.host.map(hosts.isSilent) == true
        }
        guard !isClosed, !lost.isEmpty else { return }
        tell(.silent(kind))
        for connection in lost { connection.close(reason: "the server does not answer") }
        onSilence()
    }
}
