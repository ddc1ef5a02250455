/// What may be named of a kind of record in `order`, `fields` and `expand`: a closed set.
package protocol EntityShape {
    /// Columns that clients may see, named as on the wire.
    var columnNames: [String] { get }

    /// The kind of record at the other end of a relation; nil for a name that is none.
    func shape(ofRelation name: String) -> Self?
}
