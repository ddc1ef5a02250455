extension [UInt8] {
    /// Appends the bytes that `write` puts at the given place, and returns how many there are: one check of
    /// the capacity for a whole value instead of one for each byte.
    ///
    /// - Parameter most: an upper bound on what `write` may write and return.
    @inline(__always)
    @unsafe mutating func append(
        atMost most: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int
    ) {
        append(addingCapacity: most) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let base = buffer.baseAddress else { return }
                let written = unsafe write(base + initialized)
                assert(written <= most)
                initialized += written
            }
        }
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// Copies bytes to this place and returns the place behind them.
    @inline(__always)
    func put(_ source: UnsafePointer<UInt8>, _ count: Int) -> UnsafeMutablePointer<UInt8> {
        unsafe update(from: source, count: count)
        return unsafe self + count
    }

    @inline(__always)
    func put(_ byte: UInt8) -> UnsafeMutablePointer<UInt8> {
        unsafe pointee = byte
        return unsafe self + 1
    }
}
