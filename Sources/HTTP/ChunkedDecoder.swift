/// Reads a chunked body, however it is cut. Extensions and trailer fields are checked and dropped.
///
/// - Source: RFC 9112, section 7.1.
struct ChunkedDecoder {
    private enum State {
        case size, blankBeforeExtension
        case extensionName, insideExtensionName, afterExtensionName
        case extensionValue, insideExtensionValue, quotedValue, quotedPair, afterQuotedValue
        case sizeLineFeed
        case data, dataReturn, dataLineFeed
        case trailerLine, trailerName, trailerValue, trailerLineFeed, lastLineFeed
        case done
    }

    private var state = State.size
    private var digits = 0
    private var remaining = 0
    private var overhead = 0

    var isDone: Bool { state == .done }

    /// Appends what it finds to `body`; returns how many bytes it used, fewer than given only when done.
    ///
    /// - Throws: ``RequestRefusal/bodyTooLarge`` as soon as a chunk announces more than there is room for.
    mutating func decode(
        _ bytes: Span<UInt8>, into body: inout [UInt8], bodyBytesMax: Int, overheadBytesMax: Int
    ) throws(RequestRefusal) -> Int {
        var index = 0
        while index < bytes.count, state != .done {
            if state == .data {
                let count = min(remaining, bytes.count - index)
                body.append(bytes.extracting(index..<(index + count)))
                remaining -= count
                index += count
                if remaining == 0 { state = .dataReturn }
                continue
            }
            try step(bytes[index])
            index += 1
            if state == .data, body.count + remaining > bodyBytesMax { throw .bodyTooLarge }
            if overhead > overheadBytesMax {
                throw .malformed("too much chunk extension or trailer")
            }
        }
        return index
    }

    private mutating func step(_ byte: UInt8) throws(RequestRefusal) {
        switch state {
        case .size:
            if let value = ASCII.hexValue(byte) {
                digits += 1
                // 15 digits stay far from an overflow, and no bound of ours needs more.
                guard digits <= 15 else { throw .malformed("a chunk size with too many digits") }
                remaining = remaining << 4 | Int(value)
            } else {
                guard digits > 0 else { throw .malformed("a chunk without a size") }
                state = try afterSizeOrValue(byte)
            }
        case .blankBeforeExtension:
            overhead += 1
            if byte == ASCII.semicolon {
                state = .extensionName
            } else {
                guard isBlank(byte) else { throw .malformed("a bad chunk size") }
            }
        case .extensionName, .insideExtensionName, .afterExtensionName, .extensionValue,
            .insideExtensionValue, .quotedValue, .quotedPair, .afterQuotedValue:
            overhead += 1
            try extend(byte)
        case .sizeLineFeed:
            try expect(byte, ASCII.lineFeed)
            state = remaining > 0 ? .data : .trailerLine
        case .data, .done:
            preconditionFailure("data is not read byte by byte")
        case .dataReturn:
            try expect(byte, ASCII.carriageReturn)
            state = .dataLineFeed
        case .dataLineFeed:
            try expect(byte, ASCII.lineFeed)
            digits = 0
            state = .size
        case .trailerLine:
            if byte == ASCII.carriageReturn {
                state = .lastLineFeed
            } else {
                overhead += 1
                guard ByteSet.token.contains(byte) else { throw .malformed("a bad trailer") }
                state = .trailerName
            }
        case .trailerName:
            overhead += 1
            if byte == ASCII.colon {
                state = .trailerValue
            } else {
                guard ByteSet.token.contains(byte) else { throw .malformed("a bad trailer") }
            }
        case .trailerValue:
            overhead += 1
            if byte == ASCII.carriageReturn {
                state = .trailerLineFeed
            } else {
                guard isText(byte) else { throw .malformed("a bad trailer") }
            }
        case .trailerLineFeed:
            try expect(byte, ASCII.lineFeed)
            state = .trailerLine
        case .lastLineFeed:
            try expect(byte, ASCII.lineFeed)
            state = .done
        }
    }

    /// - Source: RFC 9112, section 7.1.1: `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`.
    private mutating func extend(_ byte: UInt8) throws(RequestRefusal) {
        switch state {
        case .extensionName:
            if isBlank(byte) { return }
            guard ByteSet.token.contains(byte) else { throw Self.badExtension }
            state = .insideExtensionName
        case .insideExtensionName:
            if ByteSet.token.contains(byte) { return }
            if byte == ASCII.equals {
                state = .extensionValue
            } else {
                state = isBlank(byte) ? .afterExtensionName : try afterSizeOrValue(byte)
            }
        case .afterExtensionName:
            if isBlank(byte) { return }
            if byte == ASCII.equals {
                state = .extensionValue
            } else {
                guard byte == ASCII.semicolon else { throw Self.badExtension }
                state = .extensionName
            }
        case .extensionValue:
            if isBlank(byte) { return }
            if byte == ASCII.quote {
                state = .quotedValue
            } else {
                guard ByteSet.token.contains(byte) else { throw Self.badExtension }
                state = .insideExtensionValue
            }
        case .insideExtensionValue:
            if ByteSet.token.contains(byte) { return }
            state = try afterSizeOrValue(byte)
        case .quotedValue:
            if byte == ASCII.quote {
                state = .afterQuotedValue
            } else if byte == ASCII.backslash {
                state = .quotedPair
            } else {
                guard isText(byte) else { throw Self.badExtension }
            }
        case .quotedPair:
            guard isText(byte) else { throw Self.badExtension }
            state = .quotedValue
        case .afterQuotedValue:
            state = try afterSizeOrValue(byte)
        default:
            preconditionFailure("not inside an extension")
        }
    }

    private static var badExtension: RequestRefusal { .malformed("a bad chunk extension") }

    private func afterSizeOrValue(_ byte: UInt8) throws(RequestRefusal) -> State {
        switch byte {
        case ASCII.carriageReturn: .sizeLineFeed
        case ASCII.semicolon: .extensionName
        case ASCII.space, ASCII.tab: .blankBeforeExtension
        default: throw .malformed("a bad chunk size")
        }
    }

    private func expect(_ byte: UInt8, _ wanted: UInt8) throws(RequestRefusal) {
        guard byte == wanted else { throw .malformed("a chunk that does not end where it should") }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }

    private func isText(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == ASCII.tab
    }
}
