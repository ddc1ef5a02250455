import Glibc

// Writes the Swift files that the plugin EmbedText asks for:
//
//     EmbedTextTool text NAME INDEX INPUT OUTPUT     one file's text
//     EmbedTextTool list NAME OUTPUT FILE…           the array of all
//
// A raw string literal compiles in a fraction of the time of SwiftPM's own `.embedInCode`.

func fail(_ message: String) -> Never {
    print("error: \(message)")
    exit(1)
}

func read(_ path: String) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else { fail("\(path): cannot be read") }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        guard count > 0 else { return bytes }
        bytes += buffer[..<count]
    }
}

func write(_ text: String, to path: String) {
    guard let file = unsafe fopen(path, "w") else { fail("\(path): cannot be written") }
    let bytes = Array(text.utf8)
    let written = unsafe fwrite(bytes, 1, bytes.count, file)
    guard unsafe fclose(file) == 0, written == bytes.count else { fail("\(path): not written") }
}

/// A multi-line raw literal with as many `#` as keep the text from ending or escaping it.
func literal(_ bytes: [UInt8], of path: String) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { fail("\(path): not UTF-8") }
    // The compiler refuses the one and changes the other.
    guard !bytes.contains(0), !bytes.contains(UInt8(ascii: "\r")) else {
        fail("\(path): holds NUL or CR characters")
    }
    var longest = 0
    var run: Int?
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): run = 0
        case UInt8(ascii: "#"): run = run.map { $0 + 1 }
        default: run = nil
        }
        longest = max(longest, run ?? 0)
    }
    let hashes = String(repeating: "#", count: longest + 1)
    return hashes + "\"\"\"\n" + text + "\n\"\"\"" + hashes
}

func quoted(_ name: String) -> String {
    guard
        name.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    else { fail("\(name): no name for an embedded file") }
    return "\"\(name)\""
}

var arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count) {
case ("text", 5):
    let text = literal(read(arguments[3]), of: arguments[3])
    write(
        "extension \(arguments[1]) {\nstatic let text\(arguments[2]): StaticString = \(text)\n}\n",
        to: arguments[4])
case ("list", 3...):
    let entries = arguments[3...].enumerated().map { "(\(quoted($1)), text\($0)),\n" }
    write(
        """
        /// Embedded text files, by name.
        enum \(arguments[1]) {
        static let files: [(name: StaticString, text: StaticString)] = [
        \(entries.joined())]
        }

        """, to: arguments[2])
default:
    fail("want: text NAME INDEX INPUT OUTPUT, or: list NAME OUTPUT FILE…")
}
