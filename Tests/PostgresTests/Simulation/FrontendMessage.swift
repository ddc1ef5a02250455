/// What libpq says to a server, of PostgreSQL's protocol 3.0 as much as it uses here.
///
/// - Source: PostgreSQL's documentation, "Message Formats".
enum FrontendMessage {
    case startup
    case cancel(pid: Int32, secret: Int32)
    case query(String)
    case parse(name: String, sql: String)
    case bind(statement: String, values: [[UInt8]])
    case describe
    case execute
    case sync
    case terminate
    case unknown(UInt8)

    /// Takes one message off the front; nil until it is complete.
    ///
    /// - Parameter isStarted: the first message of a connection has no type.
    static func take(from input: inout [UInt8], isStarted: Bool) -> FrontendMessage? {
        let head = isStarted ? 1 : 0
        guard input.count >= head + 4 else { return nil }
        var reader = Reader(bytes: input[...])
        let type = isStarted ? reader.byte() : 0
        let length = Int(reader.int4())
        guard input.count >= head + length else { return nil }
        reader.bytes = reader.bytes.prefix(length - 4)
        input.removeFirst(head + length)
        guard isStarted else {
            // The code of a request to cancel.
            guard reader.int4() == 80_877_102 else { return .startup }
            return .cancel(pid: reader.int4(), secret: reader.int4())
        }
        switch type {
        case UInt8(ascii: "Q"): return .query(reader.text())
        case UInt8(ascii: "P"): return .parse(name: reader.text(), sql: reader.text())
        case UInt8(ascii: "B"): return .bind(&reader)
        case UInt8(ascii: "D"): return .describe
        case UInt8(ascii: "E"): return .execute
        case UInt8(ascii: "S"): return .sync
        case UInt8(ascii: "X"): return .terminate
        default: return .unknown(type)
        }
    }

    private static func bind(_ reader: inout Reader) -> FrontendMessage {
        _ = reader.text()
        let statement = reader.text()
        for _ in 0..<reader.int2() { _ = reader.int2() }
        var values: [[UInt8]] = []
        for _ in 0..<reader.int2() {
            let length = Int(reader.int4())
            values.append(length < 0 ? [] : Array(reader.bytes.prefix(length)))
            reader.bytes = reader.bytes.dropFirst(max(length, 0))
        }
        return .bind(statement: statement, values: values)
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }
        mutating func int2() -> Int16 { Int16(byte()) << 8 | Int16(byte()) }
        mutating func int4() -> Int32 {
            (0..<4).reduce(0) { number, _ in number << 8 | Int32(byte()) }
        }

        mutating func text() -> String {
            let text = bytes.prefix { $0 != 0 }
            bytes = bytes.dropFirst(text.count + 1)
            return String(decoding: text, as: UTF8.self)
        }
    }
}

/// What a server says, put together byte by byte.
struct BackendMessages {
    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    mutating func removeAll() { bytes = [] }

    mutating func add(_ type: Character, _ write: (inout Body) -> Void = { _ in }) {
        var body = Body()
        write(&body)
        bytes.append(type.asciiValue ?? 0)
        bytes += Body.bigEndian(Int32(body.bytes.count + 4))
        bytes += body.bytes
    }

    mutating func row(_ columns: [[UInt8]]) {
        add("D") { body in
            body.int2(Int16(columns.count))
            for column in columns {
                body.int4(Int32(column.count))
                body.bytes += column
            }
        }
    }

    /// One column of the type int8.
    mutating func rowDescription(isBinary: Bool) {
        add("T") { body in
            body.int2(1)
            body.text("value")
            body.int4(0)
            body.int2(0)
            body.int4(20)
            body.int2(8)
            body.int4(-1)
            body.int2(isBinary ? 1 : 0)
        }
    }

    mutating func complaint(
        _ type: Character, severity: String, _ sqlstate: String, _ text: String,
        routine: String? = nil
    ) {
        add(type) { body in
            for (field, value) in [("S", severity), ("V", severity), ("C", sqlstate), ("M", text)] {
                body.text(field + value)
            }
            if let routine { body.text("R" + routine) }
            body.bytes.append(0)
        }
    }

    struct Body {
        var bytes: [UInt8] = []

        static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            stride(from: Number.bitWidth - 8, through: 0, by: -8).map {
                UInt8(truncatingIfNeeded: number >> Number($0))
            }
        }

        mutating func int2(_ number: Int16) { bytes += Self.bigEndian(number) }
        mutating func int4(_ number: Int32) { bytes += Self.bigEndian(number) }
        mutating func text(_ text: String) { bytes += Array(text.utf8) + [0] }
    }
}
