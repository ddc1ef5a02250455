/// Writes JSON text into a byte array, commas included.
///
/// It checks nothing: keys and values have to come in an order that makes sense, as the caller's own source
/// does. Text handed over as bytes has to be UTF-8. Nothing is allocated but the growth of ``bytes``, so
/// one writer may serve every row of an answer.
///
///     var json = JSONWriter()
///     json.object { json in
///         json.member("id", group.id)
///         json.array("customers") { json in … }
///     }
package struct JSONWriter: Sendable {
    /// What has been written and not been taken.
    package private(set) var bytes: [UInt8]
    /// A value precedes on this level, so that the next one needs a comma.
    ///
    /// One flag is enough for any depth: a bracket that closes leaves a value behind on the level above.
    private var needsComma = false

    /// - Parameter capacity: bytes to reserve.
    package init(capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// Hands out what has been written and goes on with an empty buffer, also in the middle of a document.
    package mutating func take(reserving capacity: Int = 0) -> [UInt8] {
        var taken: [UInt8] = []
        if capacity > 0 { taken.reserveCapacity(capacity) }
        swap(&bytes, &taken)
        return taken
    }

    // MARK: Structure

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    package mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    package mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Starts a member whose name needs no escaping, as names in our source do not.
    package mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Starts a member with any name.
    package mutating func key(text name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    package mutating func null() {
        separate()
        append("null")
    }

    package mutating func bool(_ value: Bool) {
        separate()
        append(value ? "true" : "false")
    }

    package mutating func int<Integer: FixedWidthInteger & Sendable>(_ value: Integer) {
        separate()
        DecimalDigits.append(Int64(value), to: &bytes)
    }

    /// A number as JavaScript prints it; NaN and the infinities become `null`.
    package mutating func double(_ value: Double) {
        separate()
        JavaScriptNumber.append(value, to: &bytes)
    }

    /// An instant as `"YYYY-MM-DDTHH:mm:ss.SSSZ"`, cut (not rounded) to milliseconds.
    ///
    /// - Parameter microseconds: since 2000-01-01T00:00:00Z, as PostgreSQL counts; its two infinities
    ///   become `null`.
    package mutating func timestamp(microsecondsSince2000 microseconds: Int64) {
        separate()
        Timestamp.append(microsecondsSince2000: microseconds, to: &bytes)
    }

    package mutating func string(_ text: String) {
        separate()
        JSONText.append(text.utf8Span.span, to: &bytes)
    }

    package mutating func string(_ text: StaticString) {
        separate()
        let text = unsafe UnsafeBufferPointer(
            start: text.utf8Start, count: text.utf8CodeUnitCount)
        unsafe JSONText.append(text.span, to: &bytes)
    }

    /// - Parameter text: UTF-8.
    package mutating func string(utf8 text: Span<UInt8>) {
        separate()
        JSONText.append(text, to: &bytes)
    }

    /// - Parameter text: UTF-8.
    package mutating func string(utf8 text: RawSpan) {
        separate()
        JSONText.append(Span(_bytes: text), to: &bytes)
    }

    /// - Parameter text: UTF-8.
    package mutating func string(utf8 text: [UInt8]) {
        string(utf8: text.span)
    }

    /// - Parameter text: UTF-8.
    @unsafe package mutating func string(utf8 text: UnsafeRawBufferPointer) {
        unsafe string(utf8: text.bytes)
    }

    /// Copies a value that is JSON already, such as the text of a `jsonb`.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Copies a value that is JSON already, such as the text of a `jsonb`.
    package mutating func raw(_ json: RawSpan) {
        separate()
        unsafe json.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Copies a value that is JSON already, such as the text of a `jsonb`.
    package mutating func raw(_ json: Span<UInt8>) {
        unsafe raw(json.bytes)
    }

    /// Copies a value that is JSON already, such as the text of a `jsonb`.
    @unsafe package mutating func raw(_ json: UnsafeRawBufferPointer) {
        unsafe raw(json.bytes)
    }

    private mutating func append(_ literal: StaticString) {
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(
                start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
