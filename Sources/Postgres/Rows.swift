import CPostgres
import Glibc

/// What a statement answered, in binary format, in libpq's memory; freed when the last use is over.
///
/// Rows and columns count from 0. An accessor that does not fit the column's type is a mistake in the
/// program and traps; ask ``isNull(_:_:)`` first where null may come.
@safe package struct Rows: ~Copyable {
    private let handle: OpaquePointer?
    package let count: Int

    /// No rows of no columns, where nothing was asked yet.
    package static var none: Rows { Rows() }

    private init() {
        unsafe handle = nil
        count = 0
    }

    /// Takes over a result of libpq.
    init(owning handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
        count = unsafe Int(PQntuples(handle))
    }

    deinit { unsafe PQclear(handle) }

    package var columns: Int { unsafe Int(PQnfields(handle)) }

    /// What it takes of memory, in bytes.
    package var memoryBytes: Int { unsafe Int(PQresultMemorySize(handle)) }

    /// How many rows the statement changed or answered.
    package var affected: Int {
        unsafe Int(String(cString: PQcmdTuples(handle))) ?? 0
    }

    /// The server's word for what was done, such as `INSERT 0 1` or `COMMIT`.
    package var commandTag: String { unsafe String(cString: PQcmdStatus(handle)) }

    package func isNull(_ row: Int, _ column: Int) -> Bool {
        check(row, column)
        return unsafe PQgetisnull(handle, Int32(row), Int32(column)) != 0
    }

    /// The value as it came, lent for as long as the rows live; empty for null.
    @_lifetime(borrow self)
    package func bytes(_ row: Int, _ column: Int) -> RawSpan {
        let span = unsafe RawSpan(_unsafeBytes: buffer(row, column))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// The JSON text of a `jsonb` value, which comes behind one byte for the format's version.
    @_lifetime(borrow self)
    package func jsonb(_ row: Int, _ column: Int) -> RawSpan {
        let bytes = unsafe buffer(row, column)
        unsafe precondition(bytes.first == 1, "not a jsonb value, or one of a version unknown here")
        let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// `text`, `varchar`, `name` and enums.
    package func text(_ row: Int, _ column: Int) -> String {
        unsafe String(decoding: buffer(row, column), as: UTF8.self)
    }

    /// Whether the value is this text.
    package func equals(_ row: Int, _ column: Int, _ text: String) -> Bool {
        let bytes = unsafe buffer(row, column)
        // Ids share long beginnings, so what is compared first is the length, and then all at once.
        return unsafe text.utf8Span.span.withUnsafeBufferPointer { text in
            guard text.count == bytes.count, let first = text.baseAddress,
                let other = bytes.baseAddress
            else { return text.count == bytes.count }
            return unsafe memcmp(first, other, text.count) == 0
        }
    }

    /// Whether the value comes before that of another row, byte by byte.
    package func precedes(_ row: Int, _ other: Int, by column: Int) -> Bool {
        let a = unsafe buffer(row, column)
        let b = unsafe buffer(other, column)
        guard let first = a.baseAddress, let second = b.baseAddress else {
            return a.count < b.count
        }
        let order = unsafe memcmp(first, second, min(a.count, b.count))
        return order == 0 ? a.count < b.count : order < 0
    }

    /// As ``text(_:_:)``; nil for null.
    package func optionalText(_ row: Int, _ column: Int) -> String? {
        isNull(row, column) ? nil : text(row, column)
    }

    /// Adds the value's bytes to `bytes`.
    package func appendBytes(_ row: Int, _ column: Int, to bytes: inout [UInt8]) {
        unsafe bytes.append(contentsOf: buffer(row, column))
    }

    package func bool(_ row: Int, _ column: Int) -> Bool {
        let byte: UInt8 = integer(row, column)
        return byte != 0
    }

    package func int4(_ row: Int, _ column: Int) -> Int32 { integer(row, column) }

    package func int8(_ row: Int, _ column: Int) -> Int64 { integer(row, column) }

    package func float8(_ row: Int, _ column: Int) -> Double {
        Double(bitPattern: integer(row, column))
    }

    /// Microseconds since 2000-01-01 UTC of a `timestamptz`; `.max` and `.min` are the infinities.
    package func timestamp(_ row: Int, _ column: Int) -> Int64 { integer(row, column) }

    private func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ row: Int, _ column: Int
    ) -> Integer {
        let bytes = unsafe buffer(row, column)
        precondition(
            bytes.count == MemoryLayout<Integer>.size,
            "column \(column) is null or has another type than the one asked for")
        return unsafe Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }

    private func buffer(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        check(row, column)
        return unsafe UnsafeRawBufferPointer(
            start: PQgetvalue(handle, Int32(row), Int32(column)),
            count: Int(PQgetlength(handle, Int32(row), Int32(column))))
    }

    private func check(_ row: Int, _ column: Int) {
        precondition(
            row >= 0 && row < count && column >= 0 && column < columns,
            "there is no such row or column")
    }
}
