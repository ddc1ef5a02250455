/// A value for a `$n`, sent in PostgreSQL's binary format.
///
/// The case must match the type that the statement gives its placeholder; the server refuses any other.
package enum Value: Sendable, Equatable, ExpressibleByNilLiteral, ExpressibleByStringLiteral {
    case null
    /// `text`, `varchar` and enums. U+0000 is refused by the server (22021).
    case text(String)
    /// As ``text(_:)``, already in UTF-8.
    case utf8([UInt8])
    case bool(Bool)
    case int4(Int32)
    case int8(Int64)
    case float8(Double)
    /// `timestamptz`.
    case timestamp(microsecondsSince2000: Int64)
    /// JSON text in UTF-8.
    case jsonb([UInt8])
    case bytea([UInt8])
    /// `text[]`, without nulls.
    case texts([String])
    /// `int8[]`, without nulls.
    case int8s([Int64])

    package init(nilLiteral: ()) { self = .null }
    package init(stringLiteral literal: String) { self = .text(literal) }
}
