import Cohort
import Testing

/// A shop in small, with the relations that make cycles.
private final class Kind: EntityShape, Sendable {
    let columnNames: [String]
    private let relations: [String: @Sendable () -> Kind]

    init(_ columnNames: [String], _ relations: [String: @Sendable () -> Kind] = [:]) {
        self.columnNames = columnNames
        self.relations = relations
    }

    func shape(ofRelation name: String) -> Kind? {
        relations[name]?()
    }

    static let group: Kind = Kind(
        ["id", "created_at", "name", "metadata"],
        ["customers": { customer }, "price_lists": { priceList }])
    static let customer: Kind = Kind(
        ["id", "email"],
        ["groups": { group }, "orders": { country }, "shipping_addresses": { address }])
    static let address: Kind = Kind(["id", "city"], ["country": { country }])
    static let country: Kind = Kind(["id", "iso_2"])
    static let priceList: Kind = Kind(["id", "name"], ["customer_groups": { group }])
}

private func named(_ name: String, _ columns: [String]?, _ relations: [String]...) -> String {
    let inner = relations.flatMap { $0 }.joined(separator: " ")
    return name + (columns.map { "(\($0.joined(separator: " ")))" } ?? "")
        + (inner.isEmpty ? "" : "{\(inner)}")
}

private func text(_ relations: [RequestedRelation]) -> [String] {
    relations.map { named($0.name, $0.columns, text($0.relations)) }
}

struct OrderTests {
    @Test func `a column sorts upwards, with a minus downwards`() throws {
        let up = try Order.parse("name", on: Kind.group)
        #expect(up?.column == "name")
        #expect(up?.isDescending == false)
        let down = try Order.parse("-created_at", on: Kind.group)
        #expect(down?.column == "created_at")
        #expect(down?.isDescending == true)
    }

    @Test func `without a column the order is ours`() throws {
        #expect(try Order.parse(nil, on: Kind.group) == nil)
        #expect(try Order.parse("", on: Kind.group) == nil)
    }

    @Test(arguments: [
        ("zzz", "zzz"), ("name,id", "name,id"), ("Name", "Name"), ("-", "-"), ("-zzz", "zzz"),
        (" name", " name"), ("password_hash", "password_hash"), ("customers", "customers"),
        ("customers.email", "customers.email"), ("--name", "-name"),
        ("-\u{301}name", "\u{301}name"),
        ("name; DROP TABLE x", "name; DROP TABLE x"),
    ])
    func `anything but a column is refused by name`(order: String, named: String) {
        #expect(throws: APIError.invalidData("Order field \(named) is not valid")) {
            try Order.parse(order, on: Kind.group)
        }
    }
}

struct ExpandTests {
    @Test(arguments: [
        ("customers", ["customers"]), ("customers,price_lists", ["customers", "price_lists"]),
        ("customers,", ["customers"]), (",,customers,,customers", ["customers"]), (",", []),
        ("customers.groups", ["customers{groups}"]),
        ("customers.groups,customers", ["customers{groups}"]),
        ("customers.groups,customers.orders", ["customers{groups orders}"]),
        ("customers.shipping_addresses.country", ["customers{shipping_addresses{country}}"]),
    ])
    func `paths make a tree`(expand: String, expected: [String]) throws {
        #expect(try text(Expand.parse(expand, on: Kind.group) ?? []) == expected)
    }

    @Test func `absent and empty leave it to the endpoint, a comma does not`() throws {
        #expect(try Expand.parse(nil, on: Kind.group) == nil)
        #expect(try Expand.parse("", on: Kind.group) == nil)
        #expect(try Expand.parse(",", on: Kind.group) == [])
    }

    @Test(arguments: [
        ("nonsense", "nonsense"), ("customers,foo", "foo"), ("foo,customers,bar", "foo, bar"),
        (" customers", " customers"), ("customers ", "customers "), ("name", "name"),
        ("customers.", "customers."), (".customers", ".customers"),
        ("customers..groups", "customers..groups"),
        ("customers.nope", "customers.nope"), ("Customers", "Customers"), ("*", "*"),
        ("customers,\u{301}", "\u{301}"),
    ])
    func `what is no relation is refused by name`(expand: String, named: String) {
        #expect(throws: APIError.invalidData("Requested fields [\(named)] are not valid")) {
            try Expand.parse(expand, on: Kind.group)
        }
    }

    @Test func `three steps are taken, four are not`() throws {
        #expect(
            try text(Expand.parse("customers.groups.customers", on: Kind.group) ?? []) == [
                "customers{groups{customers}}"
            ])
        let four = "customers.groups.customers.groups"
        #expect(throws: APIError.invalidData("Requested fields [\(four)] are not valid")) {
            try Expand.parse(four, on: Kind.group)
        }
    }
}

struct FieldSelectionTests {
    private func chosen(_ fields: String, standard: [String] = [], always: [String] = []) throws
        -> String
    {
        let selection = try FieldSelection.parse(
            fields, on: Kind.group, standard: standard, always: always)
        return named("", selection.columns, text(selection.relations))
    }

    @Test(arguments: [
        ("name,metadata", "(id name metadata)"), ("name", "(id name)"), ("id", "(id)"),
        ("", "(id)"),
        (",", "(id)"), ("-name", "(id)"), ("-id", "(id)"), ("+name", "(id name)"),
        ("name,+metadata", "(id name metadata)"),
        ("metadata,name,name", "(id name metadata)"), ("customers", "(id)"),
        ("customers.groups", "(id)"),
        ("*customers", "(id){customers}"), ("*customers.groups", "(id){customers{groups}}"),
        ("customers.email,name", "(id name){customers(id email)}"),
        ("customers.email,customers.id", "(id){customers(id email)}"),
        ("customers.email,*customers", "(id){customers}"),
        ("*customers,customers.email", "(id){customers}"),
        ("customers.groups.name", "(id){customers(id){groups(id name)}}"), ("-nope", "(id)"),
    ])
    func `fields choose columns and parts of relations`(fields: String, expected: String) throws {
        #expect(try chosen(fields) == expected)
    }

    @Test func `lists always show their own columns besides the id`() throws {
        #expect(try chosen("name", always: ["created_at"]) == "(id created_at name)")
        #expect(try chosen("", always: ["created_at"]) == "(id created_at)")
        #expect(try chosen("-created_at", always: ["created_at"]) == "(id created_at)")
    }

    @Test func `plus and minus change the standard columns, a bare column replaces them`() throws {
        let standard = Kind.group.columnNames
        #expect(try chosen("-metadata", standard: standard) == "(id created_at name)")
        #expect(try chosen("-metadata,-name", standard: standard) == "(id created_at)")
        #expect(try chosen("+name", standard: standard) == "(id created_at name metadata)")
        #expect(try chosen("", standard: standard) == "(id)")
        #expect(try chosen(",", standard: standard, always: ["created_at"]) == "(id created_at)")
        #expect(try chosen("name", standard: standard) == "(id name)")
        // Beside a bare column a minus is a plus.
        #expect(try chosen("name,-metadata", standard: standard) == "(id name metadata)")
        #expect(
            try chosen("*customers", standard: standard)
                == "(id created_at name metadata){customers}")
    }

    @Test(arguments: [
        ("nope", "nope"), ("password_hash", "password_hash"),
        ("customers.password_hash", "customers.password_hash"),
        ("name,x,y", "x, y"), ("name,-nope", "nope"), ("+nope", "nope"), ("*nope", "nope"),
        ("*name", "name"),
        (" name", " name"),
        ("customers.nope.id", "customers.nope.id"), ("customers.*", "customers.*"),
        (".name", ".name"), ("name.", "name."),
    ])
    func `what is neither column nor relation is refused by name`(fields: String, named: String) {
        #expect(throws: APIError.invalidData("Requested fields [\(named)] are not valid")) {
            try chosen(fields)
        }
    }

    @Test func `a relation expanded as a whole outdoes a part of it`() throws {
        var relations = try Expand.parse("customers.orders", on: Kind.group) ?? []
        relations.add(
            try FieldSelection.parse(
                "customers.email,price_lists.name", on: Kind.group, standard: []
            ).relations)
        #expect(text(relations) == ["customers{orders}", "price_lists(id name)"])
    }
}
