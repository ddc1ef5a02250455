import Glibc

/// A file of settings, a line `NAME=value` for each: those that can change while the service runs can only come from
/// there, as nobody changes a process's environment from outside.
///
/// Blank lines and those that begin with `#` say nothing. A value may stand in single or double quotes, which are
/// taken off; nothing in it means anything else.
enum EnvironmentFile {
    /// Names it where the flag does not.
    static let variable = "COHORT_ENV_FILE"

    /// More is no file of settings.
    private static let bytesMax = 1 << 20

    /// - Throws: `SettingsError`, which repeats nothing of the file.
    static func read(_ path: String) throws(SettingsError) -> [String: String] {
        try parse(String(decoding: try bytes(path), as: UTF8.self), name: path)
    }

    static func parse(_ text: String, name: String) throws(SettingsError) -> [String: String] {
        var values: [String: String] = [:]
        // A carriage return and the line feed behind it are one character.
        for (index, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            let line = trimmed(line)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let sign = line.firstIndex(of: "="), isName(line[..<sign]) else {
                throw SettingsError("\(name), line \(index + 1): must be NAME=value")
            }
            var value = trimmed(line[line.index(after: sign)...])
            if let quote = value.first, quote == "\"" || quote == "'" {
                guard value.count > 1, value.last == quote else {
                    throw SettingsError("\(name), line \(index + 1): a quote is not closed")
                }
                value = value.dropFirst().dropLast()
            }
            values[String(line[..<sign])] = String(value)
        }
        return values
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || (0x30...0x39).contains($0) || $0 == 0x5F
            }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in
            character == " " || character == "\t" || character == "\r"
        }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    private static func bytes(_ path: String) throws(SettingsError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SettingsError("\(path): \(lastError())")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                throw SettingsError("\(path): \(lastError())")
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else {
                throw SettingsError("\(path): is longer than \(bytesMax) bytes")
            }
        }
    }
}
