import EventLoop

extension Lane {
    // MARK: Replacing connections

    /// Puts a younger connection in its place, as soon as nobody has the old one for himself.
    func succeed(at place: Int) {
        guard let successor = successors[place] ?? nil,
            limits.depth > 1 || state.inFlight(place) == 0
        else { return }
        successors[place] = nil
        // Lost meanwhile: the place is being opened in the ordinary way.
        guard let predecessor = connections[place] else { return }
        do throws(SystemError) {
            try loop.register(successor, .read)
        } catch {
            return
        }
        state.replaced(place, depth: successor.isPipelined ? nil : 1)
        connections[place] = successor
        isStuck = false
        totals.connectionsOpened += 1
        predecessor.leave()
        if !predecessor.isClosed { leaving.append(predecessor) }
    }

    /// Looks for connections that are too old.
    func replaceOld(_ now: MonotonicTime) {
        if let replacedBefore {
            for case .some(let one) in connections where one.openedAt <= replacedBefore {
                replace(one)
            }
        }
        guard configuration.connectionAgeMax > .zero, successors.isEmpty else { return }
        for case .some(let connection) in connections
        where now - connection.openedAt > configuration.connectionAgeMax {
            // One at a time.
            replace(connection)
            return
        }
    }

    /// Gets another connection for the place of one that nothing is wrong with but its age or what it leads to.
    ///
    /// - Returns: whether one is on its way.
    @discardableResult
    func replace(_ connection: Connection) -> Bool {
        let place = connection.place
        // Not again and again: the next one may be no better.
        guard !isClosed, !connection.isLeaving, loop.now - connection.openedAt > .milliseconds(100),
            !successors.keys.contains(place), nextAttempt.map({ loop.now >= $0 }) ?? true
        else { return false }
        successors[place] = .some(nil)
        connect(place, isSuccessor: true)
        return true
    }

    /// Has what comes from now on go over another connection than one that is held up; few at a time, as those stay until they
    /// are done.
    func pass(_ connection: Connection) {
        if leaving.count < Self.heldUpMax { replace(connection) }
    }

    private static let heldUpMax = 2

    /// Has what is behind a statement that took long go over another connection, if one can be had.
    func giveUp(_ connection: Connection) {
        if connection.isLeaving || replace(connection) { connection.givesUp = true }
    }

    /// Gets others for all that there are now: what one connection leads to, the others do too.
    func replaceAll() {
        replacedBefore = loop.now
        replaceOld(loop.now)
    }
}
