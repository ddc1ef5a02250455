import HTTP

/// A regular expression in JavaScript's syntax, for short ASCII text, in time linear to the text.
///
/// What a browser sends as its origin is anybody's choice, and a backtracking engine can be kept
/// busy for years with 40 characters and an innocent `([a-z]+\.?)+`. This one follows all readings
/// of the text at once, so the operator's expression cannot be turned against the loop. The price
/// is that look-around and references to groups are refused.
///
/// - Source: ECMAScript 2023, section 22.2.1 with annex B; simulation after Thompson, as in Pike's
///   virtual machine, without groups to capture.
package struct OriginPattern: Sendable {
    /// Why a text is not such an expression; goes on after its name.
    package struct Fault: Error, Equatable, Sendable {
        package let reason: String
    }

    /// Steps of the program: what one character can cost.
    private static let stepsMax = 1024

    private enum Step: Sendable {
        case one(of: ByteSet)
        case either(Int, Int)
        case jump(Int)
        case start
        case end
        /// Between a character of a word and something else; or not.
        case wordBoundary(Bool)
        case found
    }

    private var steps: [Step] = []

    package init(_ pattern: String, ignoresCase: Bool) throws(Fault) {
        var parser = PatternParser(pattern, ignoresCase: ignoresCase)
        try emit(parser.parse())
        try add(.found)
    }

    // MARK: Program

    private mutating func add(_ step: Step) throws(Fault) {
        guard steps.count < Self.stepsMax else {
            throw Fault(reason: "is too long, or repeats too much, to be matched quickly")
        }
        steps.append(step)
    }

    private mutating func emit(_ node: PatternNode) throws(Fault) {
        switch node {
        case .set(let bytes): try add(.one(of: bytes))
        case .start: try add(.start)
        case .end: try add(.end)
        case .wordBoundary(let isWanted): try add(.wordBoundary(isWanted))
        case .sequence(let nodes):
            for node in nodes { try emit(node) }
        case .either(let nodes):
            var exits: [Int] = []
            for (index, node) in nodes.enumerated() {
                guard index + 1 < nodes.count else {
                    try emit(node)
                    break
                }
                let fork = steps.count
                try add(.jump(0))
                try emit(node)
                exits.append(steps.count)
                try add(.jump(0))
                steps[fork] = .either(fork + 1, steps.count)
            }
            for exit in exits { steps[exit] = .jump(steps.count) }
        case .repeated(let node, let least, let most):
            for _ in 0..<least {
                let before = steps.count
                try emit(node)
                // Nothing a thousand times is nothing, also a thousand times a thousand.
                if steps.count == before { break }
            }
            if let most {
                var forks: [Int] = []
                for _ in least..<most {
                    forks.append(steps.count)
                    try add(.jump(0))
                    try emit(node)
                }
                for fork in forks { steps[fork] = .either(fork + 1, steps.count) }
            } else {
                let fork = steps.count
                try add(.jump(0))
                try emit(node)
                try add(.jump(fork))
                steps[fork] = .either(fork + 1, steps.count)
            }
        }
    }

    // MARK: Matching

    /// Whether the expression matches anywhere in `text`, which is ASCII.
    package func matches(_ text: some Collection<UInt8>) -> Bool {
        let text = Array(text)
        var current = States(count: steps.count)
        var next = States(count: steps.count)
        for position in 0...text.count {
            // A match may begin here, too.
            if follow(0, at: position, in: text, into: &current) { return true }
            guard position < text.count else { return false }
            for state in current.list {
                guard case .one(let bytes) = steps[state], bytes.contains(text[position]) else {
                    continue
                }
                if follow(state + 1, at: position + 1, in: text, into: &next) { return true }
            }
            swap(&current, &next)
            next.removeAll()
        }
        return false
    }

    /// Steps that wait for a character, each once.
    private struct States {
        var list: [Int] = []
        var seen: [Bool]

        init(count: Int) {
            seen = Array(repeating: false, count: count)
        }

        mutating func removeAll() {
            list.removeAll(keepingCapacity: true)
            for index in seen.indices { seen[index] = false }
        }
    }

    /// Goes on from a step to all that wait for a character; true when the end of the program is
    /// among them.
    private func follow(
        _ step: Int, at position: Int, in text: [UInt8], into states: inout States
    ) -> Bool {
        var pending = [step]
        while let step = pending.popLast() {
            guard !states.seen[step] else { continue }
            states.seen[step] = true
            switch steps[step] {
            case .one: states.list.append(step)
            case .either(let first, let second): pending += [second, first]
            case .jump(let target): pending.append(target)
            case .start: if position == 0 { pending.append(step + 1) }
            case .end: if position == text.count { pending.append(step + 1) }
            case .wordBoundary(let isWanted):
                let before = position > 0 && ByteSet.word.contains(text[position - 1])
                let after = position < text.count && ByteSet.word.contains(text[position])
                if (before != after) == isWanted { pending.append(step + 1) }
            case .found: return true
            }
        }
        return false
    }
}

extension ByteSet {
    init() { self.init(low: 0, high: 0) }

    init(_ range: ClosedRange<UInt8>) {
        self.init()
        for byte in range where byte < 128 { insert(byte) }
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
    }

    mutating func formUnion(_ other: ByteSet) {
        low |= other.low
        high |= other.high
    }

    var inverted: ByteSet {
        ByteSet(low: ~low, high: ~high)
    }

    /// With the other case of each letter.
    var ignoringCase: ByteSet {
        var set = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
            if contains(letter) || contains(letter - 32) {
                set.insert(letter)
                set.insert(letter - 32)
            }
        }
        return set
    }

    static let all = ByteSet(0...127)
    static let digit = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let word: ByteSet = {
        var set = digit
        set.formUnion(ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z")))
        set.formUnion(ByteSet(UInt8(ascii: "a")...UInt8(ascii: "z")))
        set.insert(UInt8(ascii: "_"))
        return set
    }()
    static let blank: ByteSet = {
        var set = ByteSet(9...13)
        set.insert(32)
        return set
    }()
    /// What `.` matches: no line ends.
    static let dot: ByteSet = {
        var set = ByteSet()
        set.insert(10)
        set.insert(13)
        return set.inverted
    }()
}
