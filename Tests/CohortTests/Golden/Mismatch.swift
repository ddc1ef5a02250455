/// Where an answer first differs from what was recorded.
struct Mismatch: Error, CustomStringConvertible {
    /// Such as `body.customer_group.name` or `rows[0][1]`.
    let path: String
    let want: String
    let got: String

    var description: String { "at \(path)\n  want \(Self.short(want))\n  got  \(Self.short(got))" }

    static func short(_ text: String) -> String {
        text.utf8.count <= 1000 ? text : text.prefix(1000) + "…"
    }
}
