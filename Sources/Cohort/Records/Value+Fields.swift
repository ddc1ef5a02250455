import Postgres

/// What a client sent, as a statement takes it.
extension Value {
    /// SQL NULL for nil.
    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

    /// Whether to set a column, and to what: nothing that the client did not send.
    static func pair(_ field: Optionality<String>) -> [Value] {
        [isSent(field), Value(field)]
    }

    static func pair(instant field: Optionality<Int64>) -> [Value] {
        [isSent(field), Value(instant: field)]
    }

    private static func isSent<T>(_ field: Optionality<T>) -> Value {
        if case .absent = field { .bool(false) } else { .bool(true) }
    }

    /// SQL NULL for null, and for what the client did not send.
    init(_ field: Optionality<String>) {
        if let text = field.value { self = .text(text) } else { self = .null }
    }

    init(instant field: Optionality<Int64>) {
        self = field.value.map { .timestamp(microsecondsSince2000: $0) } ?? .null
    }
}
