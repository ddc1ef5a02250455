import Foundation

/// A wall clock that a test sets, for the programs that are started with ``environment``. Their monotonic clock goes on.
final class ShiftedClock: Sendable {
    /// A place that a server's own user may read.
    private let home: URL
    private let file: String

    init() throws {
        home = URL(filePath: "/tmp/cohort-clock-\(UUID().uuidString)")
        file = home.appending(path: "seconds").path
        try FileManager.default.createDirectory(
            at: home, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        try FileManager.default.copyItem(
            at: ServiceProcess.products.appending(path: "libShiftedClock.so"),
            to: home.appending(path: "clock.so"))
        try set(0)
    }

    deinit { try? FileManager.default.removeItem(at: home) }

    var environment: [String: String] {
        ["LD_PRELOAD": home.appending(path: "clock.so").path, "SHIFTED_CLOCK_FILE": file]
    }

    /// - Parameter seconds: how far it is from the right time, from now on.
    func set(_ seconds: Int64) throws {
        // In place: the programs have mapped this file.
        guard let handle = FileHandle(forUpdatingAtPath: file) else {
            guard
                FileManager.default.createFile(
                    atPath: file, contents: Self.bytes(seconds),
                    attributes: [.posixPermissions: 0o644])
            else { throw CocoaError(.fileWriteUnknown) }
            return
        }
        try handle.write(contentsOf: Self.bytes(seconds))
        try handle.close()
    }

    private static func bytes(_ number: Int64) -> Data {
        Data((0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
    }
}
