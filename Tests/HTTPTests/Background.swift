import Dispatch

@testable import HTTP

/// Something that runs on a thread of its own beside a test.
struct Background {
    private let group = DispatchGroup()

    init(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue.global().async(group: group, execute: work)
    }

    func wait() { group.wait() }
}

/// What tests outside of the module call a content coding.
enum ContentCodingName {
    case gzip, deflate

    func pack(_ bytes: [UInt8]) -> [UInt8] {
        Deflate.pack(bytes, self == .gzip ? .gzip : .deflate)
    }
}
