import CPostgres

/// Values in PostgreSQL's binary format, in buffers that one connection uses again and again.
@safe struct ParameterEncoder {
    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = unsafe []

    /// A buffer that one large request made longer than this is not kept.
    private static let bytesKeptMax = 1 << 20
    /// PostgreSQL's object identifiers of array elements.
    private enum ElementType {
        static let int8: UInt32 = 20
        static let text: UInt32 = 25
    }

    /// Of the values that were encoded last.
    var byteCount: Int { bytes.count }

    /// Hands the values to `body` as libpq wants them: count, values, lengths, formats.
    mutating func encode<Result>(
        _ values: [Value],
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.bytesKeptMax)
        guard !values.isEmpty else { return body(0, nil, nil, nil) }
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        unsafe pointers.removeAll(keepingCapacity: true)
        while formats.count < values.count { formats.append(1) }
        for value in values {
            let start = bytes.count
            append(value)
            if case .null = value { offsets.append(-1) } else { offsets.append(start) }
            lengths.append(Int32(clamping: bytes.count - start))
        }
        // An empty value must not come as a null pointer, nor may an empty buffer have no address.
        bytes.append(0)
        return unsafe bytes.withUnsafeBytes { buffer in
            let base = unsafe buffer.baseAddress.unsafelyUnwrapped
            for offset in offsets {
                unsafe pointers.append(
                    offset < 0 ? nil : (base + offset).assumingMemoryBound(to: CChar.self))
            }
            return unsafe body(Int32(clamping: values.count), pointers, lengths, formats)
        }
    }

    private mutating func append(_ value: Value) {
        switch value {
        case .null: break
        case .text(let text): append(text)
        case .utf8(let text), .bytea(let text): bytes.append(contentsOf: text)
        case .bool(let bool): bytes.append(bool ? 1 : 0)
        case .int4(let number): append(number)
        case .int8(let number), .timestamp(let number): append(number)
        case .float8(let number): append(number.bitPattern)
        case .jsonb(let json):
            bytes.append(1)  // The format's version.
            bytes.append(contentsOf: json)
        case .texts(let texts):
            appendArrayHead(count: texts.count, of: ElementType.text)
            for text in texts {
                append(Int32(clamping: text.utf8.count))
                append(text)
            }
        case .int8s(let numbers):
            appendArrayHead(count: numbers.count, of: ElementType.int8)
            for number in numbers {
                append(Int32(8))
                append(number)
            }
        }
    }

    /// - Source: PostgreSQL 15, `src/backend/utils/adt/arrayfuncs.c`, `array_recv`.
    private mutating func appendArrayHead(count: Int, of type: UInt32) {
        append(Int32(count == 0 ? 0 : 1))  // Dimensions.
        append(Int32(0))  // No nulls.
        append(type)
        guard count > 0 else { return }
        append(Int32(clamping: count))
        append(Int32(1))  // The first index.
    }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}
