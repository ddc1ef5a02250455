/// Whole numbers as decimal text.
enum DecimalDigits {
    /// A sign and the 19 digits of 2^63.
    static let bytesMax = 20

    /// Writes up to ``bytesMax`` bytes and returns the place behind them.
    static func put(
        _ value: Int64, at start: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var place = unsafe start
        if value < 0 { unsafe place = place.put(UInt8(ascii: "-")) }
        var rest = value.magnitude
        var width = 1
        var bound: UInt64 = 10
        while rest >= bound {
            width += 1
            if width == 19 { break }  // no Int64 has more, and the next power of ten would not fit
            bound &*= 10
        }
        let end = unsafe place + width
        unsafe place = unsafe end
        repeat {
            let quotient = rest / 10
            unsafe place -= 1
            unsafe place.pointee = 0x30 + UInt8(truncatingIfNeeded: rest &- quotient &* 10)
            rest = quotient
        } while rest != 0
        return unsafe end
    }

    /// Writes exactly `width` digits, leading zeros included, and returns the place behind them.
    @inline(__always)
    static func put(
        _ value: UInt32, width: Int, at start: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var rest = value
        var index = width
        while index > 0 {
            index -= 1
            unsafe start[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return unsafe start + width
    }

    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        unsafe bytes.append(atMost: bytesMax) { start in unsafe put(value, at: start) - start }
    }
}
