import Foundation
import TestSupport

/// `Fuzz NAME …` searches for bytes that break the property of that name, with libFuzzer's own options behind it;
/// `Fuzz --seeds DIRECTORY` writes every property's seeds and words; `Fuzz --spell DIRECTORY` prints its files as lines
/// to keep; `Fuzz` names the properties.
@main enum Fuzz {
    private static let properties =
        Property.ofHTTP + Property.ofJSON + Property.ofInput + Property.ofAuth

    /// What libFuzzer starts itself, as it does to merge, knows the property by this: it hands on its own options only.
    private static let nameVariable = "FUZZ_PROPERTY"

    static func main() throws {
        var arguments = CommandLine.arguments.dropFirst()
        guard let name = ProcessInfo.processInfo.environment[nameVariable] ?? arguments.popFirst()
        else {
            for property in properties { print(property) }
            return
        }
        if name == "--seeds", let directory = arguments.popFirst() {
            for property in properties { try property.writeSeeds(into: "\(directory)/\(property)") }
            return
        }
        if name == "--spell", let directory = arguments.popFirst() {
            let files = try FileManager.default.contentsOfDirectory(
                at: URL(filePath: directory), includingPropertiesForKeys: nil)
            let lines = try files.map { try Property.spelling(Array(Data(contentsOf: $0))) }
            for line in lines.sorted() where !line.isEmpty { print(line) }
            return
        }
        guard let property = properties.first(where: { $0.name == name }) else {
            print("there is no property \(name)")
            exit(2)
        }
        unsafe setenv(nameVariable, name, 1)
        exit(property.fuzz(options: [CommandLine.arguments[0]] + arguments))
    }
}

/// libFuzzer's callback is a C function, which captures nothing. Set before it starts, and never again.
private nonisolated(unsafe) var searched: Property?

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<Int32>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

extension Property {
    fileprivate func fuzz(options: [String]) -> Int32 {
        unsafe searched = self
        var count = Int32(options.count)
        let texts = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: options.count + 1)
        for (index, option) in options.enumerated() { unsafe texts[index] = strdup(option) }
        unsafe texts[options.count] = nil
        var pointer = unsafe texts
        return unsafe runDriver(&count, &pointer) { start, count in
            let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
            if case .broken(let fault)? = unsafe searched?.verdict(bytes) {
                fatalError("broken: \(fault)")
            }
            return 0
        }
    }

    /// One file for each seed, and `words`, a dictionary as libFuzzer reads it.
    fileprivate func writeSeeds(into directory: String) throws {
        _ = unsafe mkdir(directory, 0o755)
        _ = unsafe mkdir("\(directory)/seeds", 0o755)
        for (index, seed) in try allSeeds().enumerated() {
            write(seed, to: "\(directory)/seeds/\(index)")
        }
        let lines = words.map { word in
            let escapes = word.map { byte in
                "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            return "\"\(escapes.joined())\"\n"
        }
        write(Array(lines.joined().utf8), to: "\(directory)/words")
    }

    private func write(_ bytes: [UInt8], to path: String) {
        guard let file = unsafe fopen(path, "w") else { fatalError("cannot write \(path)") }
        _ = unsafe fwrite(bytes, 1, bytes.count, file)
        unsafe fclose(file)
    }
}
