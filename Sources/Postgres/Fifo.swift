/// First in, first out, in one array that is reused.
package struct Fifo<Element> {
    private var storage: [Element?] = []
    private var head = 0

    package init() {}

    package var isEmpty: Bool { head == storage.count }
    package var count: Int { storage.count - head }
    package var first: Element? { isEmpty ? nil : storage[head] }

    package func forEach(_ body: (Element) -> Void) {
        for case .some(let element) in storage[head...] { body(element) }
    }

    package mutating func append(_ element: Element) {
        storage.append(element)
    }

    package mutating func popFirst() -> Element? {
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

    /// Takes out the first element for which `isWanted` holds.
    mutating func removeFirst(where isWanted: (Element) -> Bool) -> Element? {
        let place = storage[head...].firstIndex { $0.map(isWanted) ?? false }
        guard let place else { return nil }
        return place == head ? popFirst() : storage.remove(at: place)
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
