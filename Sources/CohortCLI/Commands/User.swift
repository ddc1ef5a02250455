import ArgumentParser
import Cohort
import Glibc

struct User: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make and manage admin users.",
        subcommands: [Create.self, List.self, Token.self, Password.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Make a user. Without --password it is asked for, or read from standard input.")

        @Option(help: "The e-mail address to sign in with.")
        var email: String
        @Option(help: "A password; other users of this machine may see it in the process list.")
        var password: String?
        @Option(help: "admin, member or developer; informational.")
        var role = "admin"
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            let password = try self.password ?? readPassword()
            try await Administration.run(settings) { administration in
                print(try await administration.create(email: email, password: password, role: role))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the users.")

        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            try await Administration.run(settings) { administration in
                for line in try await administration.list() { print(line) }
            }
        }
    }

    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a user a new API token and print it; the old one stops working.")

        @Argument(help: "The user's e-mail address or id.")
        var user: String
        @Flag(help: "Take the token away instead.")
        var revoke = false
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            try await Administration.run(settings) { administration in
                if revoke {
                    try await administration.revokeToken(of: user)
                } else {
                    print(try await administration.issueToken(to: user))
                }
            }
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a user's password and end the user's sessions.")

        @Argument(help: "The user's e-mail address or id.")
        var user: String
        @Option(help: "The password; asked for, or read from standard input, when not given.")
        var password: String?
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            let password = try self.password ?? readPassword()
            try await Administration.run(settings) { administration in
                try await administration.setPassword(of: user, to: password)
            }
        }
    }
}

/// A line of standard input, asked for without echo on a terminal.
private func readPassword() throws -> String {
    let isTerminal = isatty(0) == 1
    var before = termios()
    if isTerminal {
        unsafe _ = tcgetattr(0, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        unsafe _ = tcsetattr(0, TCSANOW, &silent)
        print("Password: ", terminator: "")
        _ = fflush(nil)
    }
    defer {
        if isTerminal {
            unsafe _ = tcsetattr(0, TCSANOW, &before)
            print("")
        }
    }
    guard let line = readLine(), !line.isEmpty else {
        throw ValidationError("a password is needed")
    }
    return line
}
