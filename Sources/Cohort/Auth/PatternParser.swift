import HTTP

/// What an expression is made of.
indirect enum PatternNode {
    case set(ByteSet)
    case sequence([PatternNode])
    case either([PatternNode])
    /// `most` nil: without end.
    case repeated(PatternNode, least: Int, most: Int?)
    case start
    case end
    case wordBoundary(Bool)
}

/// Reads JavaScript's syntax for regular expressions as far as ``OriginPattern`` can follow it.
struct PatternParser {
    private let pattern: [UInt8]
    private let ignoresCase: Bool
    private var index = 0
    private var depth = 0
    private let isASCII: Bool

    /// Groups within groups; the parser calls itself for each.
    private static let depthMax = 50
    /// Repetitions that are counted, as in `a{3}`.
    private static let countMax = 1000

    init(_ pattern: String, ignoresCase: Bool) {
        self.pattern = Array(pattern.utf8)
        self.ignoresCase = ignoresCase
        isASCII = pattern.utf8.allSatisfy { $0 < 128 }
    }

    typealias Fault = OriginPattern.Fault

    mutating func parse() throws(Fault) -> PatternNode {
        // Browsers send international names in their ASCII form.
        guard isASCII else { throw Fault(reason: "has characters that no origin has") }
        let node = try disjunction()
        guard index == pattern.count else { throw Fault(reason: "has a ) without its (") }
        return node
    }

    // MARK: Structure

    private mutating func disjunction() throws(Fault) -> PatternNode {
        var alternatives: [PatternNode] = []
        repeat {
            var terms: [PatternNode] = []
            while let next = peek, next != UInt8(ascii: "|"), next != UInt8(ascii: ")") {
                terms.append(try term())
            }
            alternatives.append(.sequence(terms))
        } while skip("|")
        return alternatives.count == 1 ? alternatives[0] : .either(alternatives)
    }

    private mutating func term() throws(Fault) -> PatternNode {
        if skip("^") { return .start }
        if skip("$") { return .end }
        if skip("\\b") { return .wordBoundary(true) }
        if skip("\\B") { return .wordBoundary(false) }
        let atom = try atom()
        guard let (least, most) = try quantifier() else { return atom }
        // Lazy or not is the same to a yes or no.
        _ = skip("?")
        return .repeated(atom, least: least, most: most)
    }

    private mutating func quantifier() throws(Fault) -> (least: Int, most: Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        let start = index
        guard skip("{"), let least = number() else {
            // A brace that begins no quantifier is a brace.
            index = start
            return nil
        }
        var most: Int? = least
        if skip(",") { most = number() }
        guard skip("}") else {
            index = start
            return nil
        }
        guard least <= Self.countMax, most ?? 0 <= Self.countMax else {
            throw Fault(reason: "repeats something more than \(Self.countMax) times")
        }
        if let most, most < least { throw Fault(reason: "has a {\(least),\(most)} out of order") }
        return (least, most)
    }

    private mutating func atom() throws(Fault) -> PatternNode {
        if skip("(") { return try group() }
        if skip("[") { return .set(folded(try characterClass())) }
        if skip(".") { return .set(.dot) }
        if skip("\\") { return .set(folded(try escape(inClass: false).set)) }
        guard let next = peek else { throw Fault(reason: "ends in the middle") }
        if "*+?".utf8.contains(next) { throw Fault(reason: "repeats nothing") }
        index += 1
        return .set(folded(ByteSet(next...next)))
    }

    private mutating func group() throws(Fault) -> PatternNode {
        if skip("?") {
            if skip(":") {
                // Nothing to remember.
            } else if skip("<"), peek != UInt8(ascii: "="), peek != UInt8(ascii: "!") {
                guard let end = pattern[index...].firstIndex(of: UInt8(ascii: ">")) else {
                    throw Fault(reason: "has a group whose name does not end")
                }
                index = end + 1
            } else {
                throw Fault(reason: "looks ahead or behind, which is not supported")
            }
        }
        depth += 1
        guard depth <= Self.depthMax else { throw Fault(reason: "has too many groups in groups") }
        let node = try disjunction()
        guard skip(")") else { throw Fault(reason: "has a ( without its )") }
        depth -= 1
        return node
    }

    // MARK: Characters

    private mutating func characterClass() throws(Fault) -> ByteSet {
        let isInverted = skip("^")
        var set = ByteSet()
        while !skip("]") {
            let first = try classAtom()
            let isRange =
                peek == UInt8(ascii: "-") && index + 1 < pattern.count
                && pattern[index + 1] != UInt8(ascii: "]")
            guard isRange, let low = first.byte else {
                set.formUnion(first.set)
                continue
            }
            index += 1
            let last = try classAtom()
            guard let high = last.byte else {
                // [a-\d] is an a, a hyphen and digits.
                set.formUnion(first.set)
                set.insert(UInt8(ascii: "-"))
                set.formUnion(last.set)
                continue
            }
            guard low <= high else { throw Fault(reason: "has a range out of order") }
            set.formUnion(ByteSet(low...high))
        }
        return isInverted ? folded(set).inverted : set
    }

    /// A set, and the character if it is one.
    private typealias Characters = (set: ByteSet, byte: UInt8?)

    private func one(_ byte: UInt8) -> Characters {
        (ByteSet(byte...byte), byte)
    }

    private mutating func classAtom() throws(Fault) -> Characters {
        if skip("\\") { return try escape(inClass: true) }
        guard let next = peek else { throw Fault(reason: "has a [ without its ]") }
        index += 1
        return one(next)
    }

    /// What follows a backslash.
    private mutating func escape(inClass: Bool) throws(Fault) -> Characters {
        guard let next = peek else { throw Fault(reason: "ends in a backslash") }
        index += 1
        switch next {
        case UInt8(ascii: "d"): return (.digit, nil)
        case UInt8(ascii: "D"): return (ByteSet.digit.inverted, nil)
        case UInt8(ascii: "w"): return (.word, nil)
        case UInt8(ascii: "W"): return (ByteSet.word.inverted, nil)
        case UInt8(ascii: "s"): return (.blank, nil)
        case UInt8(ascii: "S"): return (ByteSet.blank.inverted, nil)
        case UInt8(ascii: "t"): return one(9)
        case UInt8(ascii: "n"): return one(10)
        case UInt8(ascii: "v"): return one(11)
        case UInt8(ascii: "f"): return one(12)
        case UInt8(ascii: "r"): return one(13)
        case UInt8(ascii: "b") where inClass: return one(8)
        case UInt8(ascii: "x"): return try hexadecimal(digits: 2)
        case UInt8(ascii: "u"): return try hexadecimal(digits: 4)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "k"):
            throw Fault(reason: "refers back to a group, which is not supported")
        case UInt8(ascii: "c"), UInt8(ascii: "p"), UInt8(ascii: "P"):
            throw Fault(reason: "has an escape that is not supported")
        default: return one(next)
        }
    }

    private mutating func hexadecimal(digits: Int) throws(Fault) -> Characters {
        let text = pattern[index...].prefix(digits)
        guard text.count == digits,
            let code = UInt32(String(decoding: text, as: UTF8.self), radix: 16), text.first != 0x2B
        else { throw Fault(reason: "has an escape without its digits") }
        index += digits
        guard code < 128 else { throw Fault(reason: "has characters that no origin has") }
        return one(UInt8(code))
    }

    private func folded(_ set: ByteSet) -> ByteSet {
        ignoresCase ? set.ignoringCase : set
    }

    // MARK: Bytes

    private var peek: UInt8? {
        index < pattern.count ? pattern[index] : nil
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        let rest = pattern[index...]
        guard text.utf8CodeUnitCount <= rest.count,
            rest.starts(with: text.description.utf8)
        else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    private mutating func number() -> Int? {
        let digits = pattern[index...].prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, digits.count <= 9 else { return nil }
        index += digits.count
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
