/// Where the record that a write answers can be read, so that the answer need not be kept.
package enum AnswerSource: Sendable {
    /// Nowhere.
    case none
    /// At the write's own path and query.
    case ownPath
    case path(String)

    func target(path: String, query: String?) -> String? {
        switch self {
        case .none: nil
        case .ownPath: path + (query.map { "?" + $0 } ?? "")
        case .path(let path): path
        }
    }
}
