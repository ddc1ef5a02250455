import EventLoop

extension Lane {
    // MARK: Opening connections

    /// Opens as many as are needed; one at a time while none can be had.
    func openConnections() {
        guard !isClosed else { return }
        if let nextAttempt, loop.now < nextAttempt { return }
        nextAttempt = nil
        let openingMax = failures == 0 ? limits.connections : 1
        while let place = state.openPlace(openingMax: openingMax) { connect(place) }
    }

    /// - Parameter isSuccessor: the place has a connection, which is to be replaced.
    func connect(_ place: Int, isSuccessor: Bool = false) {
        loop.run { [self] in
            do throws(PostgresError) {
                let handle = try await Connector.connect(for: self)
                connected(place, isSuccessor, .success(handle))
            } catch {
                connected(place, isSuccessor, .failure(error))
            }
        }
    }

    private func connected(
        _ place: Int, _ isSuccessor: Bool, _ result: Result<Connector.Handle, PostgresError>
    ) {
        switch result {
        case .success(let handle):
            // Its deinit closes it if nobody wants it.
            let connection = Connection(handle, lane: self, place: place)
            guard !isClosed else { return }
            failures = 0
            nextAttempt = nil
            isServerHere = Connector.isServerHere(handle)
            if isSuccessor {
                successors[place] = .some(connection)
                succeed(at: place)
                serve()
                return
            }
            do throws(SystemError) {
                try loop.register(connection, .read)
            } catch {
                openingFailed(place, .unavailable("\(error)"))
                return
            }
            state.opened(place, depth: connection.isPipelined ? nil : 1)
            connections[place] = connection
            isStuck = false
            if configuration.prepares, !connection.isPipelined { foundPooler() }
            totals.connectionsOpened += 1
            downSince = nil
            if isDownTold || totals.connectionsOpened == 1 { tell(.reachable(kind)) }
            isDownTold = false
            serve()
        case .failure(let error):
            totals.connectionsFailed += 1
            if isSuccessor {
                successors[place] = nil
                if !isClosed { backOff() }
            } else if !isClosed {
                openingFailed(place, error)
            }
        }
    }

    /// Connections that take one statement at a time: quick reads need some more of them.
    private func foundPooler() {
        guard !isPoolerTold else { return }
        isPoolerTold = true
        tell(.pooled(kind))
        guard kind == .fast else { return }
        state.widen(to: PoolConfiguration.unpipelinedFastConnectionsMin)
        while connections.count < state.places.count { connections.append(nil) }
    }

    private func openingFailed(_ place: Int, _ error: PostgresError) {
        state.openingFailed(place)
        // Of one that was away until now, this is news.
        if error == .noTransactions, lastFailure != error { isDownTold = false }
        lastFailure = error
        if state.open == 0 {
            if downSince == nil { downSince = loop.now }
            if !isDownTold {
                isDownTold = true
                tell(.unreachable(kind, error.reason))
            }
        }
        backOff()
    }

    func backOff() {
        failures += 1
        let doublings = min(failures - 1, 10)
        let limit = min(configuration.backoffMin * (1 << doublings), configuration.backoffMax)
        // Many processes that lost one server must not come back in step.
        let delay = Duration.nanoseconds(
            loop.random(in: limit.nanoseconds / 2...max(limit.nanoseconds, 1)))
        nextAttempt = loop.now + delay
        loop.perform(after: delay + .milliseconds(1)) { [weak self] in self?.openConnections() }
    }

    /// Called by a connection that has just closed, before it hands back what was on it.
    func lost(_ connection: Connection, _ reason: String) {
        guard !connection.isLeaving else { return }
        let place = connection.place
        connections[place] = nil
        state.lost(place)
        // One that waited for its end has nothing to wait for any more.
        if case .some(.some) = successors[place] { successors[place] = nil }
        guard !isClosed else { return }
        totals.connectionsLost += 1
        lastFailure = .unavailable(reason)
        tell(.lost(kind, reason))
        if state.open == 0, downSince == nil { downSince = loop.now }
        // One that breaks as soon as it is made is no better than one that cannot be made.
        if loop.now - connection.openedAt < .seconds(1) { backOff() }
    }
}
