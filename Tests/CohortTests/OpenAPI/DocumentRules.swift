/// The rules of OpenAPI 3.1 that a document of ours could break, checked one by one.
///
/// - Source: OpenAPI Specification 3.1.0; JSON Schema 2020-12.
struct DocumentRules {
    let document: Document

    /// - Returns: every breach, with its place.
    func breaches() throws -> [String] {
        var found: [String] = []
        if document.root["openapi"]?.text?.hasPrefix("3.1.") != true {
            found.append("not OpenAPI 3.1")
        }
        for key in ["title", "version"] where document.root["info"]?[key]?.text == nil {
            found.append("info has no \(key)")
        }
        let dangling = references()
        found += dangling
        // The other rules follow references.
        guard !dangling.contains(where: { $0.hasSuffix("leads nowhere") }) else { return found }
        found += try operations()
        found += schemas(document.root, at: "#", isSchema: false)
        found += try examples(document.root, at: "#")
        return found
    }

    // MARK: - References

    private func references() -> [String] {
        var found: [String] = []
        var used: Set<String> = []
        visit(document.root) { value in
            guard let reference = value["$ref"]?.text else { return }
            used.insert(reference)
            if (try? document.target(of: reference)) == nil {
                found.append("\(reference) leads nowhere")
            }
        }
        for kind in document.root["components"]?.members ?? [] where kind.key != "securitySchemes" {
            for component in kind.value.members {
                let reference = "#/components/\(kind.key)/\(component.key)"
                if !used.contains(reference) { found.append("\(reference) is never used") }
            }
        }
        return found
    }

    private func visit(_ value: JSON, _ body: (JSON) -> Void) {
        body(value)
        for item in value.items { visit(item, body) }
        for member in value.members where member.key != "example" && member.key != "examples" {
            visit(member.value, body)
        }
    }

    // MARK: - Operations

    private func operations() throws -> [String] {
        var found: [String] = []
        var ids: Set<String> = []
        let tags = Set((document.root["tags"]?.items ?? []).compactMap { $0["name"]?.text })
        for operation in document.operations {
            let name = "\(operation.method) \(operation.path)"
            if let id = operation.json["operationId"]?.text {
                if !ids.insert(id).inserted {
                    found.append("\(name): \(id) names another operation too")
                }
            } else {
                found.append("\(name): no operationId")
            }
            for tag in operation.json["tags"]?.items.compactMap(\.text) ?? []
            where !tags.contains(tag) {
                found.append("\(name): the tag \(tag) is not declared")
            }
            found += try parameters(of: operation).map { "\(name): \($0)" }
            found += try responses(of: operation).map { "\(name): \($0)" }
            if let body = operation.json["requestBody"] {
                if try document.resolve(body)["content"]?.members.isEmpty != false {
                    found.append("\(name): a body without content")
                }
            }
            let security = operation.json["security"] ?? document.root["security"]
            for requirement in security?.items ?? [] {
                for scheme in requirement.keys
                where document.root["components"]?["securitySchemes"]?[scheme] == nil {
                    found.append("\(name): no security scheme \(scheme)")
                }
            }
        }
        return found
    }

    private func parameters(of operation: Document.Operation) throws -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        var inPath: Set<String> = []
        for parameter in try document.parameters(of: operation) {
            let name = parameter["name"]?.text ?? "?"
            let place = parameter["in"]?.text ?? "?"
            if !["path", "query", "header", "cookie"].contains(place) {
                found.append("\(name) is in \(place)")
            }
            if !seen.insert("\(place) \(name)").inserted {
                found.append("\(name) is declared twice")
            }
            if (parameter["schema"] == nil) == (parameter["content"] == nil) {
                found.append("\(name): either schema or content")
            }
            if place == "path" {
                inPath.insert(name)
                if parameter["required"] != true {
                    found.append("\(name): in a path and not required")
                }
            }
            if let style = parameter["style"]?.text {
                let allowed =
                    ["query": ["form", "deepObject"], "path": ["simple"], "header": ["simple"]][
                        place]
                if allowed?.contains(style) != true {
                    found.append("\(name): no style \(style) in \(place)")
                }
            }
        }
        let declared = Set(
            operation.path.split(separator: "/").filter { $0.hasPrefix("{") }
                .map { String($0.dropFirst().dropLast()) })
        if declared != inPath { found.append("path parameters \(inPath) instead of \(declared)") }
        return found
    }

    private func responses(of operation: Document.Operation) throws -> [String] {
        var found: [String] = []
        let responses = operation.json["responses"]?.members ?? []
        if !responses.contains(where: { $0.key.hasPrefix("2") }) {
            found.append("it never succeeds")
        }
        for member in responses {
            let isStatus =
                Int(member.key).map { (100...599).contains($0) } ?? (member.key == "default")
            if !isStatus { found.append("\(member.key) is no status") }
            let response = try document.resolve(member.value)
            if response["description"]?.text == nil {
                found.append("\(member.key) has no description")
            }
            for media in response["content"]?.members ?? [] where media.value["schema"] == nil {
                found.append("\(member.key) \(media.key) has no schema")
            }
        }
        return found
    }

    // MARK: - Schemas

    /// Unknown keywords are ignored by the specification, which is why a misspelt one must be found here.
    private func schemas(_ value: JSON, at path: String, isSchema: Bool) -> [String] {
        var found: [String] = []
        if isSchema {
            for key in value.keys where !SchemaValidator.known.contains(key) {
                found.append("\(path): unknown keyword \(key)")
            }
            if value["additionalProperties"] == false {
                for name in value["required"]?.items.compactMap(\.text) ?? []
                where value["properties"]?[name] == nil {
                    found.append("\(path): \(name) is required and cannot be")
                }
            }
            if let pattern = value["pattern"]?.text, (try? SchemaValidator.regex(pattern)) == nil {
                found.append("\(path): \(pattern) is no regular expression")
            }
        }
        for member in value.members {
            let place = "\(path)/\(member.key)"
            switch member.key {
            case "example", "examples", "const", "enum", "required", "type": continue
            case "properties" where isSchema, "schemas":
                for property in member.value.members {
                    found += schemas(property.value, at: "\(place)/\(property.key)", isSchema: true)
                }
            case "schema", "items", "propertyNames":
                found += schemas(member.value, at: place, isSchema: true)
            case "additionalProperties":
                if case .object = member.value {
                    found += schemas(member.value, at: place, isSchema: true)
                }
            case "oneOf", "anyOf", "allOf":
                for (index, part) in member.value.items.enumerated() {
                    found += schemas(part, at: "\(place)/\(index)", isSchema: true)
                }
            default:
                found += schemas(member.value, at: place, isSchema: false)
                for (index, item) in member.value.items.enumerated() {
                    found += schemas(item, at: "\(place)/\(index)", isSchema: false)
                }
            }
        }
        return found
    }

    /// Whatever stands beside a schema as its example has to conform to it.
    private func examples(_ value: JSON, at path: String) throws -> [String] {
        var found: [String] = []
        let validator = SchemaValidator(document: document)
        if let schema = value["schema"], let example = value["example"] {
            found += try validator.faults(of: example, in: schema, at: path)
        }
        if value["type"] != nil || value["anyOf"] != nil {
            for example in value["examples"]?.items ?? [] {
                found += try validator.faults(of: example, in: value, at: path)
            }
        }
        for member in value.members where member.key != "example" && member.key != "examples" {
            found += try examples(member.value, at: "\(path)/\(member.key)")
        }
        for (index, item) in value.items.enumerated() {
            found += try examples(item, at: "\(path)/\(index)")
        }
        return found
    }
}
