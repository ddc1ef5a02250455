extension EventLoop {
    /// Waits, off and on the loop, until a descriptor is ready; false when it is not by then.
    ///
    /// For what happens now and then, such as connecting: nothing is kept between two calls, so the
    /// descriptor may be another one the next time.
    package func isReady(
        _ fd: Int32, _ interest: Interest, by deadline: MonotonicTime
    ) async throws(SystemError) -> Bool {
        let awaited = Awaited(fd, loop: self)
        try register(awaited, interest)
        return await awaited.end(by: deadline)
    }
}

/// A descriptor that is waited for once.
@safe private final class Awaited: IOHandler, @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    private let loop: EventLoop
    private var continuation: UnsafeContinuation<Bool, Never>?

    init(_ fd: Int32, loop: EventLoop) {
        self.loop = loop
        super.init(fd: fd)
    }

    func end(by deadline: MonotonicTime) async -> Bool {
        // Keeps this alive until then, so a loop that is stopped leaves nobody waiting.
        loop.perform(after: deadline - loop.now) { self.finish(isReady: false) }
        return unsafe await withUnsafeContinuation { unsafe continuation = $0 }
    }

    override func ready(_ events: Events) { finish(isReady: true) }

    private func finish(isReady: Bool) {
        guard let continuation = unsafe continuation.take() else { return }
        loop.deregister(self)
        unsafe continuation.resume(returning: isReady)
    }
}
