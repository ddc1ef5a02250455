import CLinux
import Glibc
import Synchronization

/// What other threads want done on a loop. It has a descriptor in the loop's own set, so that a loop that is at
/// work takes it with its next turn, without going back to its queue.
final class Inbox: IOHandler, @unchecked Sendable {
    enum Item {
        case work(@Sendable () -> Void)
        case job(UnownedJob)
    }

    /// nil once the loop has stopped.
    private let items = Mutex<[Item]?>([])
    private let deliver: ([Item]) -> Void

    /// - Parameter deliver: called on the loop, within a turn, with what has come since the last time.
    init(deliver: @escaping ([Item]) -> Void) throws(SystemError) {
        self.deliver = deliver
        let fd = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard fd >= 0 else { throw SystemError("eventfd", errno) }
        super.init(fd: fd)
    }

    deinit {
        _ = Glibc.close(fd)
    }

    /// Puts something in, from any thread; false when nobody will take it out any more.
    func put(_ item: Item) -> Bool {
        let count = items.withLock { items -> Int in
            items?.append(item)
            return items?.count ?? 0
        }
        // The first one rings; the others come along.
        if count == 1 { _ = eventfd_write(fd, 1) }
        return count > 0
    }

    override func ready(_ events: Events) {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(fd, &count)
        deliver(
            items.withLock { items in
                defer { if items != nil { items = [] } }
                return items ?? []
            })
    }

    /// Takes out the last items; nothing can be put in any more.
    func close() -> [Item] {
        items.withLock { items in
            defer { items = nil }
            return items ?? []
        }
    }
}
