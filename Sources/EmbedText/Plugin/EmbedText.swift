import Foundation
import PackagePlugin

/// Turns text files into string constants of the target that uses this plugin, one constant a file.
///
/// What to embed stands in the target's file `EmbedText.list`, a line for each directory:
///
///     SQLFiles sql .sql
///
/// reads: the files `*.sql` of `sql/` (relative to the package) become `SQLFiles.files`, an array of
/// `(name: StaticString, text: StaticString)` in the order of their names. More suffixes may follow; without
/// any, every file is taken but those that begin with a dot.
@main struct EmbedText: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let target = target as? any SourceModuleTarget else { return [] }
        let list = target.directoryURL.appending(path: "EmbedText.list")
        let tool = try context.tool(named: "EmbedTextTool").url
        return try String(contentsOf: list, encoding: .utf8)
            .split(separator: "\n")
            .flatMap { line -> [Command] in
                let words = line.split(separator: " ").map(String.init)
                guard words.count >= 2 else {
                    throw Failure(
                        description: "\(list.path): want NAME DIRECTORY [SUFFIX…]: \(line)")
                }
                let directory = context.package.directoryURL.appending(path: words[1])
                let suffixes = words.dropFirst(2)
                let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
                    .filter { name in
                        suffixes.isEmpty
                            ? !name.hasPrefix(".") : suffixes.contains { name.hasSuffix($0) }
                    }
                    .sorted()
                return commands(
                    name: words[0], directory: directory, files: files, list: list, tool: tool,
                    output: context.pluginWorkDirectoryURL)
            }
    }

    /// A command for each file, so that an edit touches one constant, and one for the array.
    private func commands(
        name: String, directory: URL, files: [String], list: URL, tool: URL, output: URL
    ) -> [Command] {
        var commands = files.enumerated().map { index, file in
            let input = directory.appending(path: file)
            let result = output.appending(path: "\(name)+\(index).swift")
            return Command.buildCommand(
                displayName: "Embedding \(file)", executable: tool,
                arguments: ["text", name, "\(index)", input.path, result.path],
                inputFiles: [input], outputFiles: [result])
        }
        let result = output.appending(path: "\(name).swift")
        commands.append(
            .buildCommand(
                displayName: "Listing \(name)", executable: tool,
                arguments: ["list", name, result.path] + files,
                inputFiles: [list], outputFiles: [result]))
        return commands
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
