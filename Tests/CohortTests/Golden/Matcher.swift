import Foundation

/// Compares answers with recorded ones and remembers what later steps refer to.
struct Matcher {
    /// What `{{…>name}}` tokens met so far.
    private(set) var remembered: [String: JSON] = [:]
    /// Seconds since 1970, for `{{recent}}`.
    var now: @Sendable () -> Double = { Date().timeIntervalSince1970 }

    /// - Parameter got: nil when there is no such thing.
    /// - Throws: ``Mismatch`` at the first difference; ``UnknownToken``.
    mutating func match(_ want: JSON, _ got: JSON?, at path: String) throws {
        if want == "{{absent}}" {
            guard let got else { return }
            throw Mismatch(path: path, want: "(nothing)", got: got.description)
        }
        guard let got else {
            throw Mismatch(path: path, want: want.description, got: "(nothing)")
        }
        switch want {
        case .string(let text) where text.contains("{{"):
            try match(Template(text), written: text, got, at: path)
        case .object(let members):
            if want["unordered"] != nil, let items = want["items"] {
                try match(anyOrder: items.items, got, at: path)
            } else {
                try match(members, got, at: path)
            }
        case .array(let items):
            try match(items, got, at: path)
        case .number:
            guard case .number = got, want == got || want.number == got.number else {
                throw Mismatch(path: path, want: want.description, got: got.description)
            }
        default:
            guard want == got else {
                throw Mismatch(path: path, want: want.description, got: got.description)
            }
        }
    }

    /// Puts remembered texts in place of `{{$name}}`.
    func fill(_ text: String) throws -> String {
        guard text.contains("{{$") else { return text }
        var out = ""
        for part in Template(text).parts {
            switch part {
            case .literal(let text): out += text
            case .variable(let name): out += try recall(name, at: text)
            case .token(let kind, _): throw UnknownToken(kind: kind)
            }
        }
        return out
    }

    func fill(_ value: JSON) throws -> JSON {
        switch value {
        case .string(let text): .string(try fill(text))
        case .array(let items): .array(try items.map(fill))
        case .object(let members):
            .object(
                try members.map { JSON.Member(key: try fill($0.key), value: try fill($0.value)) })
        default: value
        }
    }

    private func recall(_ name: String, at path: String) throws -> String {
        guard let value = remembered[name] else {
            throw Mismatch(path: path, want: "{{$\(name)}}", got: "nothing remembered as \(name)")
        }
        return value.text ?? value.description
    }

    // MARK: -

    private mutating func match(_ members: [JSON.Member], _ got: JSON, at path: String) throws {
        guard case .object(let have) = got else {
            throw Mismatch(
                path: path, want: JSON.object(members).description, got: got.description)
        }
        var isSubset = false
        var known: Set<String> = []
        for member in members {
            if member.key == "{{subset}}" {
                isSubset = true
                continue
            }
            let key = try fill(member.key)
            known.insert(key)
            try match(member.value, got[key], at: path + "." + key)
        }
        guard !isSubset else { return }
        for member in have where !known.contains(member.key) {
            throw Mismatch(
                path: path + "." + member.key, want: "(nothing)", got: member.value.description)
        }
    }

    private mutating func match(_ items: [JSON], _ got: JSON, at path: String) throws {
        guard case .array(let have) = got else {
            throw Mismatch(path: path, want: JSON.array(items).description, got: got.description)
        }
        for (index, pair) in zip(items, have).enumerated() {
            try match(pair.0, pair.1, at: "\(path)[\(index)]")
        }
        guard items.count == have.count else {
            throw Mismatch(
                path: path, want: "\(items.count) elements", got: "\(have.count) elements")
        }
    }

    /// Each expected item takes the first left one that it matches; those without tokens choose first.
    private mutating func match(anyOrder items: [JSON], _ got: JSON, at path: String) throws {
        guard case .array(var left) = got else {
            throw Mismatch(path: path, want: JSON.array(items).description, got: got.description)
        }
        guard left.count == items.count else {
            throw Mismatch(
                path: path, want: "\(items.count) elements", got: "\(left.count) elements")
        }
        func tokens(_ item: JSON) -> Int { item.description.ranges(of: "{{").count }
        for item in items.map({ ($0, tokens($0)) }).sorted(by: { $0.1 < $1.1 }).map(\.0) {
            var nearest: Mismatch?
            var isFound = false
            for (index, candidate) in left.enumerated() {
                var trial = self
                do {
                    try trial.match(item, candidate, at: "\(path){\(index)}")
                } catch let miss as Mismatch {
                    if miss.path.count > nearest?.path.count ?? -1 { nearest = miss }
                    continue
                }
                self = trial
                left.remove(at: index)
                isFound = true
                break
            }
            if !isFound {
                throw nearest
                    ?? Mismatch(path: path, want: item.description, got: "(nothing left)")
            }
        }
    }

    private mutating func match(
        _ template: Template, written: String, _ got: JSON, at path: String
    ) throws {
        // Alone, `{{any}}` stands for a value of any type.
        if template.parts.count == 1, case .token("any", let name) = template.parts[0] {
            if let name { remembered[name] = got }
            return
        }
        guard case .string(let text) = got else {
            throw Mismatch(path: path, want: written, got: got.description)
        }
        var pattern = ""
        var tokens: [(kind: String, name: String?)] = []
        for part in template.parts {
            switch part {
            case .literal(let literal): pattern += Template.escaped(literal)
            case .variable(let name): pattern += Template.escaped(try recall(name, at: path))
            case .token(let kind, let name):
                pattern += "(" + (try Template.regex(of: kind)) + ")"
                tokens.append((kind, name))
            }
        }
        let regex = try Regex(pattern).matchingSemantics(.unicodeScalar)
        guard let found = text.wholeMatch(of: regex) else {
            throw Mismatch(path: path, want: written, got: text)
        }
        for (index, token) in tokens.enumerated() {
            var met = String(found.output[index + 1].substring ?? "")
            if token.kind == "recent" { try checkRecent(met, at: path) }
            if token.kind == "cookie" { met = String(met.prefix { $0 != ";" }) }
            if let name = token.name { remembered[name] = .string(met) }
        }
    }

    private func checkRecent(_ text: String, at path: String) throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let time = try Date(text, strategy: style).timeIntervalSince1970
        guard abs(time - now()) <= 600 else {
            throw Mismatch(path: path, want: "a time within 10 minutes of now", got: text)
        }
    }
}
