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

    /// Begins anew, with the memory it has.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Ends a document with a line feed, so that another one may follow in the same buffer.
    package mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// Appends the bytes that `write` puts at the given place and counts; what follows is another element.
    @unsafe mutating func append(
        atMost most: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int
    ) {
        unsafe bytes.append(atMost: most, write)
        needsComma = true
    }

    // MARK: Structure

    /// Appends a value of at most so many bytes, and the comma in front of it.
    @inline(__always)
    private mutating func value(
        atMost most: Int, _ write: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
    ) {
        let comma = needsComma
        needsComma = true
        unsafe bytes.append(atMost: most + 1) { start in
            unsafe write(comma ? start.put(UInt8(ascii: ",")) : start) - start
        }
    }

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
        let count = name.utf8CodeUnitCount
        unsafe value(atMost: count + 3) { start in
            unsafe start.put(UInt8(ascii: "\"")).put(name.utf8Start, count)
                .put(UInt8(ascii: "\"")).put(UInt8(ascii: ":"))
        }
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
        literal("null")
    }

    package mutating func bool(_ value: Bool) {
        literal(value ? "true" : "false")
    }

    package mutating func int(_ number: Int64) {
        unsafe value(atMost: DecimalDigits.bytesMax) { unsafe DecimalDigits.put(number, at: $0) }
    }

    package mutating func int(_ number: Int32) {
        int(Int64(number))
    }

    package mutating func int(_ number: Int) {
        int(Int64(number))
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
        unsafe value(atMost: Timestamp.bytesMax) {
            unsafe Timestamp.put(microsecondsSince2000: microseconds, at: $0)
        }
    }

    package mutating func string(_ text: String) {
        string(utf8: text.utf8Span.span)
    }

    /// The value of a key that stands in the text already; see ``compose(atMost:_:)``.
    package mutating func string(behindColon text: String) {
        needsComma = false
        string(text)
    }

    package mutating func string(_ text: StaticString) {
        let text = unsafe UnsafeBufferPointer(
            start: text.utf8Start, count: text.utf8CodeUnitCount)
        unsafe string(utf8: text.span)
    }

    /// - Parameter text: UTF-8.
    package mutating func string(utf8 text: Span<UInt8>) {
        guard JSONText.nextSpecial(in: text, from: 0) == text.count else {
            separate()
            JSONText.append(text, to: &bytes)
            return
        }
        unsafe text.withUnsafeBufferPointer { text in
            unsafe value(atMost: text.count + 2) { start in
                var place = unsafe start.put(UInt8(ascii: "\""))
                if let first = text.baseAddress { unsafe place = place.put(first, text.count) }
                return unsafe place.put(UInt8(ascii: "\""))
            }
        }
    }

    /// - Parameter text: UTF-8.
    package mutating func string(utf8 text: RawSpan) {
        string(utf8: Span(_bytes: text))
    }

    /// Copies a value that is JSON already, without the blanks between its parts: PostgreSQL prints one
    /// after each colon and comma, JavaScript none.
    package mutating func raw(compacting json: RawSpan) {
        unsafe json.withUnsafeBytes { json in
            unsafe value(atMost: json.count) { start in
                var place = unsafe start
                var isInString = false
                var index = 0
                while index < json.count {
                    let byte = unsafe json[index]
                    index += 1
                    if isInString {
                        unsafe place = place.put(byte)
                        if byte == UInt8(ascii: "\"") {
                            isInString = false
                        } else if byte == UInt8(ascii: "\\"), index < json.count {
                            unsafe place = unsafe place.put(json[index])
                            index += 1
                        }
                    } else if byte > UInt8(ascii: " ") {
                        isInString = byte == UInt8(ascii: "\"")
                        unsafe place = place.put(byte)
                    }
                }
                return unsafe place
            }
        }
    }

    /// Copies a value that is JSON already, such as the text of a `jsonb`.
    package mutating func raw(_ json: [UInt8]) {
        unsafe raw(json.span.bytes)
    }

    /// Copies a value that is JSON already, such as the text of a `jsonb`.
    package mutating func raw(_ json: RawSpan) {
        unsafe json.withUnsafeBytes { json in
            unsafe value(atMost: json.count) { start in
                guard let first = json.baseAddress else { return unsafe start }
                return unsafe start.put(first.assumingMemoryBound(to: UInt8.self), json.count)
            }
        }
    }

    private mutating func literal(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        unsafe value(atMost: count) { unsafe $0.put(text.utf8Start, count) }
    }
}
