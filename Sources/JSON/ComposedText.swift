/// Text that is put together in place, in room that was made for all of it at once.
///
/// For a line that is written with every request: each value of a ``JSONWriter`` makes room for itself.
@safe package struct ComposedText {
    fileprivate private(set) var place: UnsafeMutablePointer<UInt8>

    fileprivate init(at place: UnsafeMutablePointer<UInt8>) {
        unsafe self.place = unsafe place
    }

    package mutating func put(_ text: StaticString) {
        unsafe place = unsafe place.put(text.utf8Start, text.utf8CodeUnitCount)
    }

    package mutating func put(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            if let first = bytes.baseAddress { unsafe place = unsafe place.put(first, bytes.count) }
        }
    }

    /// At most 20 bytes.
    package mutating func put(_ number: Int64) {
        unsafe place = unsafe DecimalDigits.put(number, at: place)
    }

    /// 16 digits, in quotes.
    package mutating func put(hexadecimal number: UInt64) {
        unsafe place = unsafe place.put(hexadecimal: number)
    }

    /// At most 29 bytes, quotes included.
    package mutating func put(_ time: TimestampText) {
        put(time.text)
    }
}

extension JSONWriter {
    /// Appends text that is a part of a document as the caller sees to it, with commas and brackets; what
    /// follows is taken for another element.
    ///
    /// - Parameter most: bytes that `write` puts at most.
    package mutating func compose(atMost most: Int, _ write: (inout ComposedText) -> Void) {
        unsafe append(atMost: most) { start in
            var text = unsafe ComposedText(at: start)
            write(&text)
            return unsafe text.place - start
        }
    }
}

extension UnsafeMutablePointer<UInt8> {
    @inline(__always)
    func put(hexadecimal number: UInt64) -> UnsafeMutablePointer<UInt8> {
        var place = unsafe put(UInt8(ascii: "\""))
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            unsafe place = place.put(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
        return unsafe place.put(UInt8(ascii: "\""))
    }
}
