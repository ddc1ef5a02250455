/// Holds answers of the running service against the document.
struct AnswerCheck {
    let document: Document

    /// - Returns: where the answer is not what the document promises; empty where it is, and for what the
    ///   document is silent about (routes that are none).
    func faults(_ method: String, _ path: String, _ answer: Answer) throws -> [String] {
        guard let operation = document.operation(method, path) else {
            return answer.status == 200 ? ["\(method) \(path) is not in the document"] : []
        }
        let responses = operation.json["responses"]
        let status = "\(answer.status)"
        guard let response = try (responses?[status] ?? responses?["default"]).map(document.resolve)
        else { return ["\(operation.json["operationId"]?.text ?? path): no status \(status)"] }
        var faults = try headers(of: answer, in: response)
        let bodyless = method == "HEAD" || answer.status == 304
        guard let content = response["content"], !bodyless else {
            if !answer.body.isEmpty { faults.append("\(status) has a body") }
            return faults
        }
        let type = String((answer["content-type"] ?? "").prefix { $0 != ";" })
        guard let media = content[type] else {
            return faults + ["\(status): the type \(type) is none of \(content.keys)"]
        }
        guard let schema = media["schema"] else { return faults }
        let body = type == "application/json" ? try JSON(answer.body) : .string(answer.text)
        return faults + (try SchemaValidator(document: document).faults(of: body, in: schema))
    }

    private func headers(of answer: Answer, in response: JSON) throws -> [String] {
        var faults: [String] = []
        for member in response["headers"]?.members ?? [] {
            let header = try document.resolve(member.value)
            guard let value = answer[member.key.lowercased()] else {
                if header["required"] == true { faults.append("\(member.key) is missing") }
                continue
            }
            let number = Int(value).map { JSON.number("\($0)") }
            let isNumber = header["schema"]?["type"] == "integer"
            faults += try SchemaValidator(document: document).faults(
                of: isNumber ? number ?? .string(value) : .string(value),
                in: header["schema"] ?? true, at: member.key)
        }
        return faults
    }
}
