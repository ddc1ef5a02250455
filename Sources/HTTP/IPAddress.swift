import Glibc

/// An IPv4 or IPv6 address, IPv4-mapped IPv6 ones taken for what they map.
package struct IPAddress: Equatable, Sendable {
    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    package var bitCount: Int { bytes.count * 8 }

    package init?(_ text: String) {
        // A longer text is no address, and inet_pton should not have to find out.
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        var six = in6_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            self.init(raw: unsafe withUnsafeBytes(of: &four) { unsafe Array($0) })
        } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
            self.init(raw: unsafe withUnsafeBytes(of: &six) { unsafe Array($0) })
        } else {
            return nil
        }
    }

    init(raw: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        bytes = raw.count == 16 && raw.starts(with: mapped) ? Array(raw[12...]) : raw
    }

    /// An element of `X-Forwarded-For`, which some proxies write with brackets or a port.
    init?(forwarded element: Substring) {
        var text = element.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            text = text[text.index(after: text.startIndex)..<end]
        } else if text.contains("."), let colon = text.firstIndex(of: ":"),
            !text[text.index(after: colon)...].contains(":")
        {
            text = text[..<colon]
        }
        self.init(String(text))
    }

    package var text: String {
        var buffer: [CChar] = Array(repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        let size = socklen_t(buffer.count)
        guard unsafe inet_ntop(family, bytes, &buffer, size) != nil else { return "" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the first `prefix` bits are the same, in the same family.
    func shares(_ prefix: Int, with other: IPAddress) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        let whole = prefix / 8
        guard bytes[..<whole] == other.bytes[..<whole] else { return false }
        guard prefix % 8 != 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (prefix % 8))
        return bytes[whole] & mask == other.bytes[whole] & mask
    }
}
