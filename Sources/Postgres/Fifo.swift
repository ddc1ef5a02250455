/// First in, first out, in one array that is reused.
struct Fifo<Element> {
    private var storage: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == storage.count }
    var count: Int { storage.count - head }
    var first: Element? { isEmpty ? nil : storage[head] }

    mutating func append(_ element: Element) {
        storage.append(element)
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = storage[head].take()
        head += 1
        if isEmpty {
            storage.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 >= storage.count {
            storage.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Takes out, in order, the elements for which `isWanted` holds.
    mutating func remove(where isWanted: (Element) -> Bool) -> [Element] {
        var taken: [Element] = []
        var kept: [Element?] = []
        for case .some(let element) in storage {
            if isWanted(element) { taken.append(element) } else { kept.append(element) }
        }
        guard !taken.isEmpty else { return [] }
        storage = kept
        head = 0
        return taken
    }

    mutating func removeAll() -> [Element] {
        remove { _ in true }
    }
}
