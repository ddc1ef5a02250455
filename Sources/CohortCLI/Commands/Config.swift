import ArgumentParser

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Print the effective configuration, secrets masked, and where each value came from.",
        discussion: Settings.help)

    @Flag(help: "As `cohort dev` would see it.")
    var dev = false

    @OptionGroup
    var settings: SettingsArguments

    func run() throws {
        print(Settings.report(try settings.resolve(dev ? .dev : .serve)))
    }
}
