import Foundation

/// The folder whose files the dashboard is.
enum Public {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Dashboard/public").standardized

    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { !$0.hasPrefix(".") }.sorted()
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    /// Name and text of each file with one of these endings.
    static func texts(_ endings: String...) throws -> [(name: String, text: String)] {
        try names().filter { name in endings.contains { name.hasSuffix($0) } }
            .map { ($0, try text($0)) }
    }
}
