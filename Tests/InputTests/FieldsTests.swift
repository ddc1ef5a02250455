import Cohort
import JSON
import Testing

/// What an endpoint's fields say to a body, nil where they have no objection.
private func objection(
    to body: String?, _ read: (inout Fields) -> Void
) throws(JSONSyntaxError) -> String? {
    let body = try body.map { text throws(JSONSyntaxError) in try JSONReader.parse(Array(text.utf8)) }
    return objection(body, read)
}

private func objection(toQuery query: String, splitting: Bool = true, _ read: (inout Fields) -> Void) -> String? {
    let object = QueryString.parse(query)
    return objection(.object(splitting ? QueryString.splittingSingleElements(object) : object), read)
}

private func objection(_ body: JSONValue?, _ read: (inout Fields) -> Void) -> String? {
    do throws(APIError) {
        var fields = try Fields(body)
        read(&fields)
        try fields.finish()
        return nil
    } catch {
        guard case .invalidData(let message) = error else { return "another error: \(error)" }
        return message
    }
}

// The contract's tables, in their order.

private func createGroup(_ fields: inout Fields) {
    _ = fields.string("name")
    _ = fields.optionalObject("metadata")
}

private func updateGroup(_ fields: inout Fields) {
    _ = fields.optionalString("name")
    _ = fields.optionalObject("metadata")
}

private func batch(_ fields: inout Fields) {
    _ = fields.identifierList("customer_ids")
}

private func createCustomer(_ fields: inout Fields) {
    _ = fields.email("email")
    _ = fields.string("first_name")
    _ = fields.string("last_name")
    _ = fields.string("password")
    _ = fields.optionalString("phone")
    _ = fields.optionalObject("metadata")
}

private func updateCustomer(_ fields: inout Fields) {
    _ = fields.optionalEmail("email")
    _ = fields.optionalString("first_name")
    _ = fields.optionalString("last_name")
    _ = fields.optionalString("password")
    _ = fields.optionalString("phone")
    _ = fields.optionalObject("metadata")
    _ = fields.optionalIdentifierList("groups")
}

private func signIn(_ fields: inout Fields) {
    _ = fields.nonEmptyEmail("email")
    _ = fields.nonEmptyString("password")
}

private func createUser(_ fields: inout Fields) {
    _ = fields.email("email")
    _ = fields.optionalString("first_name")
    _ = fields.optionalString("last_name")
    _ = fields.optionalRole("role")
    _ = fields.string("password")
}

private func updateUser(_ fields: inout Fields) {
    _ = fields.optionalString("first_name")
    _ = fields.optionalString("last_name")
    _ = fields.optionalRole("role")
    _ = fields.optionalString("api_token")
    _ = fields.optionalObject("metadata")
}

private func resetPassword(_ fields: inout Fields) {
    _ = fields.optionalEmail("email")
    _ = fields.string("token")
    _ = fields.string("password")
}

private func listGroups(_ query: inout Fields) {
    _ = query.optionalString("order")
    _ = query.number("offset", default: 0)
    _ = query.number("limit", default: 10)
    _ = query.optionalString("expand")
    _ = query.optionalString("fields")
    _ = query.identifierFilter("id")
    _ = query.optionalString("q")
    _ = query.stringArray("name")
    _ = query.dateFilter("updated_at")
    _ = query.dateFilter("created_at")
    _ = query.optionalString("discount_condition_id")
}

private func listCustomers(_ query: inout Fields) {
    _ = query.number("limit", default: 50)
    _ = query.number("offset", default: 0)
    _ = query.optionalString("expand")
    _ = query.optionalString("fields")
    _ = query.optionalString("q")
    _ = query.booleanFilter("has_account")
    _ = query.groupsFilter("groups")
    _ = query.optionalString("order")
    _ = query.dateFilter("created_at")
    _ = query.dateFilter("updated_at")
}

private let count = "must be a number conforming to the specified constraints"
private let notNested = "must be either object or array"

/// Messages that Medusa 1.20.10 gave to these requests, and those of the contract where it answered 500.
struct BodyFieldsTests {
    @Test(arguments: [
        (nil, "name must be a string"), ("{}", "name must be a string"),
        (#"{"name":7}"#, "name must be a string"), (#"{"name":null}"#, "name must be a string"),
        (#"{"name":["a"]}"#, "name must be a string"), (#"{"name":{}}"#, "name must be a string"),
        (#"{"name":true}"#, "name must be a string"),
        (#"{"name":"x","metadata":[]}"#, "metadata must be an object"),
        (#"{"name":"x","metadata":"{}"}"#, "metadata must be an object"),
        (#"{"name":"x","label":1}"#, "property label should not exist"),
        (#"{"name":"x","id":"cgrp_mine"}"#, "property id should not exist"),
        (#"{"zeta":1,"metadata":4,"name":5,"alpha":null}"#,
            "property zeta should not exist, property alpha should not exist, name must be a string, metadata must be an object"),
        (#"{"a":1,"b":2}"#, "property a should not exist, property b should not exist, name must be a string"),
        (#"{"Name":"x"}"#, "property Name should not exist, name must be a string"),
        (#"[{"name":"x"}]"#, "an unknown value was passed to the validate function"),
        ("[]", "an unknown value was passed to the validate function"),
        (#"{"name":"a\u0000b"}"#, "text must not contain the NUL character (U+0000)"),
        (#"{"name":"ok","metadata":{"k":["\u0000"]}}"#, "text must not contain the NUL character (U+0000)"),
        (#"{"name":"ok","metadata":{"\u0000":1}}"#, "text must not contain the NUL character (U+0000)"),
        (#"{"name":"\u0000","x":1}"#, "property x should not exist"),
        (#"{"name":""}"#, nil), (#"{"name":"x","metadata":null}"#, nil), (#"{"name":"x","metadata":{}}"#, nil),
        (#"{"name":"x","__proto__":{"a":1}}"#, nil), (#"{"name":1,"name":"x"}"#, nil),
        (#"{"name":"x","metadata":{"constructor":1,"prototype":{"toString":2}}}"#, nil),
    ] as [(String?, String?)])
    func `creating a group`(body: String?, message: String?) throws {
        #expect(try objection(to: body, createGroup) == message)
    }

    @Test(arguments: [
        ("{}", nil), (#"{"name":null,"metadata":null}"#, nil), (#"{"name":""}"#, nil),
        (#"{"name":3}"#, "name must be a string"), (#"{"customers":[]}"#, "property customers should not exist"),
        (#"{"z":1,"metadata":1,"name":[]}"#, "property z should not exist, name must be a string, metadata must be an object"),
    ] as [(String, String?)])
    func `updating a group`(body: String, message: String?) throws {
        #expect(try objection(to: body, updateGroup) == message)
    }

    @Test(arguments: [
        (nil, "each value in nested property customer_ids \(notNested)"),
        ("{}", "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":null}"#, "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":"x"}"#, "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":{}}"#, "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":["a"]}"#, "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":[null]}"#, "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":[["a"]]}"#, "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":[[]]}"#, "each value in nested property customer_ids \(notNested)"),
        (#"{"customer_ids":[{}]}"#, "id must be a string"), (#"{"customer_ids":[{"id":null}]}"#, "id must be a string"),
        (#"{"customer_ids":[{"id":1},{"id":"ok"},{}]}"#, "id must be a string, id must be a string"),
        (#"{"z":1,"customer_ids":[{"id":1,"y":1}]}"#,
            "property z should not exist, property y should not exist, id must be a string"),
        (#"{"customer_ids":[{"id":1},"a",{"k":1,"id":"x"}]}"#,
            "id must be a string, each value in nested property customer_ids \(notNested), property k should not exist"),
        (#"{"customer_ids":[{"id":"\u0000"}]}"#, "text must not contain the NUL character (U+0000)"),
        (#"{"customer_ids":[]}"#, nil), (#"{"customer_ids":[{"id":"a"},{"id":""}]}"#, nil),
    ] as [(String?, String?)])
    func `a batch of customers`(body: String?, message: String?) throws {
        #expect(try objection(to: body, batch) == message)
    }

    @Test(arguments: [
        ("{}", "email must be an email, first_name must be a string, last_name must be a string, password must be a string"),
        (#"{"email":"a@b","first_name":"","last_name":"","password":""}"#, "email must be an email"),
        (#"{"email":"a@b.co","first_name":null,"last_name":null,"password":""}"#,
            "first_name must be a string, last_name must be a string"),
        (#"{"email":"a@b.co","first_name":"","last_name":"","password":"","phone":5}"#, "phone must be a string"),
        (#"{"email":"a@b.co","first_name":"","last_name":"","password":"","phone":null}"#, nil),
        (#"{"zz":1,"email":1,"first_name":1,"last_name":1,"password":1,"phone":1,"metadata":1,"aa":2}"#,
            "property zz should not exist, property aa should not exist, email must be an email, first_name must be a string, last_name must be a string, password must be a string, phone must be a string, metadata must be an object"),
    ] as [(String, String?)])
    func `creating a customer`(body: String, message: String?) throws {
        #expect(try objection(to: body, createCustomer) == message)
    }

    @Test(arguments: [
        ("{}", nil), (#"{"email":null,"first_name":null,"groups":null,"metadata":null}"#, nil),
        (#"{"groups":[]}"#, nil), (#"{"groups":[{"id":"a"}]}"#, nil), (#"{"email":"x"}"#, "email must be an email"),
        (#"{"groups":"x"}"#, "groups must be an array, each value in nested property groups \(notNested)"),
        (#"{"groups":["a"]}"#, "each value in nested property groups \(notNested)"),
        (#"{"groups":["a",1]}"#,
            "each value in nested property groups \(notNested), each value in nested property groups \(notNested)"),
        (#"{"groups":[{"id":"a","name":"b"}]}"#, "property name should not exist"),
        (#"{"groups":[{}]}"#, "id must be a string"), (#"{"groups":{"id":"a"}}"#, "groups must be an array"),
        (#"{"q":1,"email":"x","first_name":1,"last_name":1,"password":1,"phone":1,"metadata":1,"groups":1}"#,
            "property q should not exist, email must be an email, first_name must be a string, last_name must be a string, password must be a string, phone must be a string, metadata must be an object, groups must be an array, each value in nested property groups \(notNested)"),
    ] as [(String, String?)])
    func `updating a customer`(body: String, message: String?) throws {
        #expect(try objection(to: body, updateCustomer) == message)
    }

    @Test(arguments: [
        ("{}", "email should not be empty, email must be an email, password should not be empty, password must be a string"),
        (#"{"email":null,"password":null}"#,
            "email should not be empty, email must be an email, password should not be empty, password must be a string"),
        (#"{"email":"x","password":"y"}"#, "email must be an email"),
        (#"{"email":"","password":"y"}"#, "email should not be empty, email must be an email"),
        (#"{"email":"a@b.co"}"#, "password should not be empty, password must be a string"),
        (#"{"email":"a@b.co","password":""}"#, "password should not be empty"),
        (#"{"email":1,"password":2,"zz":3}"#,
            "property zz should not exist, email must be an email, password must be a string"),
        (#"{"email":"a@b.co","password":"\u0000"}"#, "text must not contain the NUL character (U+0000)"),
        (#"{"email":"a@b.co","password":" "}"#, nil),
    ] as [(String, String?)])
    func `signing in`(body: String, message: String?) throws {
        #expect(try objection(to: body, signIn) == message)
    }

    @Test(arguments: [
        ("{}", "email must be an email, password must be a string"),
        (#"{"email":"a@b.co","password":"p","role":"owner"}"#,
            "role must be one of the following values: admin, member, developer"),
        (#"{"email":"a@b.co","password":"p","role":null}"#, nil),
        (#"{"email":"a@b.co","password":"p","role":"developer"}"#, nil),
        (#"{"email":1,"password":1,"first_name":1,"last_name":1,"role":1}"#,
            "email must be an email, first_name must be a string, last_name must be a string, role must be one of the following values: admin, member, developer, password must be a string"),
    ] as [(String, String?)])
    func `creating a user`(body: String, message: String?) throws {
        #expect(try objection(to: body, createUser) == message)
    }

    @Test(arguments: [
        (#"{"password":"x"}"#, "property password should not exist"),
        (#"{"first_name":1,"role":"x","api_token":3,"metadata":[]}"#,
            "first_name must be a string, role must be one of the following values: admin, member, developer, api_token must be a string, metadata must be an object"),
    ])
    func `updating a user`(body: String, message: String) throws {
        #expect(try objection(to: body, updateUser) == message)
    }

    @Test func `resetting a password`() throws {
        #expect(try objection(to: "{}", resetPassword) == "token must be a string, password must be a string")
        #expect(try objection(to: #"{"email":"","token":"","password":""}"#, resetPassword) == "email must be an email")
    }

    @Test func `absent, null and a value can be told apart`() throws {
        let body = try JSONReader.parse(Array(#"{"b":null,"c":"x"}"#.utf8))
        var fields = try Fields(body)
        #expect(fields.optionalString("a") == .absent)
        #expect(fields.optionalString("b") == .null)
        #expect(fields.optionalString("c") == .value("x"))
        try fields.finish()
    }

    /// Elements far outnumber what anybody reads, so the answer must not.
    @Test func `a thousand failures are listed, more are counted`() throws {
        let message = "each value in nested property customer_ids \(notNested)"
        func body(_ count: Int) -> JSONValue {
            .object(object(("customer_ids", .array(Array(repeating: .number("1"), count: count)))))
        }
        let thousand = Array(repeating: message, count: 1000).joined(separator: ", ")
        #expect(objection(body(1000), batch) == thousand)
        #expect(objection(body(1001), batch) == thousand + ", and 1 more")
        #expect(objection(body(500_000), batch) == thousand + ", and 499000 more")
        var unknown = JSONObject()
        for number in 0..<2000 { unknown["k\(number)"] = .null }
        #expect(objection(.object(unknown), batch)?.hasSuffix("property k999 should not exist, and 1001 more") == true)
    }

    private func object(_ members: (String, JSONValue)...) -> JSONObject {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return object
    }
}

struct QueryFieldsTests {
    @Test(arguments: [
        ("", nil), ("limit=", nil), ("limit=0&offset=4", nil), ("limit=1e1", nil), ("limit=0x2", nil), ("limit=%202", nil),
        ("limit=9223372036854775807", nil), ("limit=9223372036854775808", "limit \(count)"),
        ("limit=abc", "limit \(count)"), ("limit=2&limit=3", "limit \(count)"), ("limit[]=2", "limit \(count)"),
        ("limit[a]=2", "limit \(count)"), ("limit=Infinity", "limit \(count)"), ("limit=-1", "limit \(count)"),
        ("limit=1.5", "limit \(count)"), ("limit=99999999999999999999", "limit \(count)"), ("offset=-1", "offset \(count)"),
        ("limit=a&offset=b", "offset \(count), limit \(count)"),
        ("order[]=name", "order must be a string"), ("order=name&order=id", "order must be a string"),
        ("expand[]=customers", "expand must be a string"), ("fields[]=name", "fields must be a string"),
        ("q[a]=1", "q must be a string"), ("q=a&q=b", "q must be a string"), ("q=", nil),
        ("name=VIP", "name must be an array"), ("name=", "name must be an array"),
        ("name[a]=VIP", "each value in name must be a string, name must be an array"),
        ("name[0][a]=VIP&name[1]=x", "each value in name must be a string"),
        ("name[]=VIP", nil), ("name[]=A,B", nil), ("name=A&name=B", nil), ("name[3]=A&name[7]=B", nil),
        ("created_at[gt]=yesterday", "gt must be a Date instance"), ("created_at[gt]=", nil),
        ("created_at[eq]=2024-01-01", "property eq should not exist"),
        ("created_at=2024-01-01", "nested property created_at \(notNested)"),
        ("created_at=", "nested property created_at \(notNested)"),
        ("created_at[]=2024-01-01", "nested property created_at \(notNested)"),
        ("created_at=a&created_at=b", "nested property created_at \(notNested), nested property created_at \(notNested)"),
        ("created_at[gt]=1&created_at[gt]=2", "gt must be a Date instance"),
        ("created_at[gt]=x&updated_at[lt]=y", "lt must be a Date instance, gt must be a Date instance"),
        ("created_at[zz]=1&created_at[gte]=q&created_at[lt]=p",
            "property zz should not exist, lt must be a Date instance, gte must be a Date instance"),
        ("foo=1", "property foo should not exist"), ("deleted_at[gt]=2020-01-01", "property deleted_at should not exist"),
        ("customer_id=cus_ana", "property customer_id should not exist"),
        ("%C3%A9=1", "property é should not exist"), ("discount_condition_id[]=x", "discount_condition_id must be a string"),
        ("zz=1&limit=x&q[a]=1&order[a]=a&name=x&created_at=1&offset=y&updated_at[lt]=zz&updated_at[q]=1",
            "property zz should not exist, order must be a string, offset \(count), limit \(count), q must be a string, name must be an array, property q should not exist, lt must be a Date instance, nested property created_at \(notNested)"),
        ("id=", nil), ("id=x", nil), ("id[]=x&id[]=y", nil), ("id[gte]=a&id[lte]=b", nil),
        ("id[like]=a", "property like should not exist"), ("id[][a]=x", "each value in id must be a string"),
        ("id[contains][]=a", "contains must be a string"),
        ("q=%00", "text must not contain the NUL character (U+0000)"),
        ("name[]=a&name[]=%00", "text must not contain the NUL character (U+0000)"),
        ("constructor=1&__proto__=2", nil),
    ] as [(String, String?)])
    func `listing groups`(query: String, message: String?) {
        #expect(objection(toQuery: query, listGroups) == message)
    }

    @Test(arguments: [
        ("q[]=x", "q must be a string"), ("groups[a]=x", "each value in groups must be a string"),
        ("groups[0][id]=x&groups[1]=y", "each value in groups must be a string"),
        ("groups[][id]=x", "each value in groups must be a string"), ("groups=", nil), ("groups[]=", nil), ("groups=x", nil),
        ("email=a@b.co", "property email should not exist"), ("updated_at[is]=1", "property is should not exist"),
        ("has_account=1", nil), ("has_account[]=true&has_account[]=false", nil), ("has_account[a]=1", nil),
        ("has_account[][a]=1", "each value in has_account must be a string"),
        ("zz=1&limit=a&offset=b&q[x]=1&order[]=b&created_at=5",
            "property zz should not exist, limit \(count), offset \(count), q must be a string, order must be a string, nested property created_at \(notNested)"),
    ] as [(String, String?)])
    func `listing customers`(query: String, message: String?) {
        #expect(objection(toQuery: query, listCustomers) == message)
    }

    @Test(arguments: [
        ("role=owner", nil), ("role=", nil), ("role[]=admin&role[]=x", nil), ("role[a]=admin", nil),
        ("role[0][a]=admin&role[1]=admin", nil),
        ("role=admin", ["admin"]), ("role[]=admin", ["admin"]), ("role[]=admin,member", ["admin", "member"]),
        ("role=developer&role=admin", ["developer", "admin"]),
    ] as [(String, [String]?)])
    func `filtering users by role`(query: String, roles: [String]?) {
        var read: [String]?
        let message = objection(toQuery: query) { read = $0.roleFilter("role") }
        #expect(read == roles)
        #expect(
            message == (roles == nil
                ? "each value in role must be one of the following values: member, admin, developer" : nil))
    }

    @Test(arguments: [
        ("", .absent), ("has_account=true", .value(true)), ("has_account=false", .value(false)),
        ("has_account=null", .null), ("has_account=1", .absent), ("has_account=TRUE", .absent), ("has_account=", .absent),
        ("has_account[]=true", .absent),
    ] as [(String, Optionality<Bool>)])
    func `whether customers have an account`(query: String, filter: Optionality<Bool>) {
        var read: Optionality<Bool>?
        #expect(objection(toQuery: query) { read = $0.booleanFilter("has_account") } == nil)
        #expect(read == filter)
    }

    @Test(arguments: [
        ("", nil), ("groups=", nil), ("groups[]=", [""]), ("groups=x", ["x"]), ("groups[]=x,y", ["x", "y"]),
        ("groups=x&groups=y", ["x", "y"]), ("groups=x,y", ["x,y"]),
    ] as [(String, [String]?)])
    func `which groups customers are in`(query: String, groups: [String]?) {
        var read: [String]?
        #expect(objection(toQuery: query) { read = $0.groupsFilter("groups") } == nil)
        #expect(read == groups)
    }

    @Test func `a field that the route decides takes anything`() {
        var read: [String] = []
        #expect(objection(toQuery: "groups[a][b]=1", splitting: false) { read = $0.overwritten("groups", by: ["g"]) } == nil)
        #expect(read == ["g"])
    }

    @Test func `spans of time keep what was asked`() {
        var read: DateFilter?
        #expect(objection(toQuery: "at[gte]=2000-01-01&at[lt]=2000-01-02") { read = $0.dateFilter("at") } == nil)
        #expect(read?.gte == 0)
        #expect(read?.lt == 86_400_000_000)
        #expect(read?.gt == nil)
        #expect(read?.lte == nil)
        #expect(objection(toQuery: "") { read = $0.dateFilter("at") } == nil)
        #expect(read == nil)
    }

    @Test func `conditions on ids keep what was asked`() {
        var read: IdentifierFilter?
        #expect(objection(toQuery: "id[ends_with]=z&id[gt]=a") { read = $0.identifierFilter("id") } == nil)
        guard case .matching(let comparisons)? = read else {
            Issue.record("no comparisons")
            return
        }
        #expect(comparisons.map(\.by) == [.gt, .endsWith])
        #expect(comparisons.map(\.text) == ["a", "z"])
        #expect(objection(toQuery: "id[]=a,b") { read = $0.identifierFilter("id") } == nil)
        #expect(read == .anyOf(["a", "b"]))
        #expect(objection(toQuery: "id=") { read = $0.identifierFilter("id") } == nil)
        #expect(read == nil)
    }

    @Test func `without a number the standard one holds`() {
        var read: Int64 = -1
        #expect(objection(toQuery: "") { read = $0.number("limit", default: 10) } == nil)
        #expect(read == 10)
        #expect(objection(toQuery: "limit=") { read = $0.number("limit", default: 10) } == nil)
        #expect(read == 0)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `any query gets an answer`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let tokens = [
            "limit", "offset", "name", "created_at", "id", "groups", "has_account", "[gt]", "[]", "[0]", "[a]", "=", "&",
            "1", "2024-01-01", "%00", "é", "true", "x",
        ]
        for _ in 0..<50 {
            let count = Int.random(in: 0..<30, using: &random)
            let query = (0..<count).map { _ in tokens.randomElement(using: &random) ?? "" }.joined()
            if let message = objection(toQuery: query, listGroups) { #expect(!message.isEmpty, "seed \(seed): \(query)") }
            if let message = objection(toQuery: query, listCustomers) { #expect(!message.isEmpty, "seed \(seed): \(query)") }
        }
    }
}
