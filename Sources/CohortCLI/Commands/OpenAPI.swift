import ArgumentParser
import Cohort

struct OpenAPI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the OpenAPI 3.1 document of the API.")

    func run() {
        print(OpenAPIDocument.text)
    }
}
