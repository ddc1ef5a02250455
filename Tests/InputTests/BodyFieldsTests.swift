import Cohort
import JSON
import Testing

// What the routes take, in the order of Medusa's validator classes.

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
    _ = fields.optionalChoice("role", of: ["admin", "member", "developer"])
    _ = fields.string("password")
}

private func updateUser(_ fields: inout Fields) {
    _ = fields.optionalString("first_name")
    _ = fields.optionalString("last_name")
    _ = fields.optionalChoice("role", of: ["admin", "member", "developer"])
    _ = fields.optionalString("api_token")
    _ = fields.optionalObject("metadata")
}

private func resetPassword(_ fields: inout Fields) {
    _ = fields.optionalEmail("email")
    _ = fields.string("token")
    _ = fields.string("password")
}

private let notNested = "must be either object or array"

/// Messages that Medusa 1.20.10 gave to these requests, and ours where it answered 500 (docs/medusa.md).
struct BodyFieldsTests {
    @Test(
        arguments: [
            (nil, "name must be a string"), ("{}", "name must be a string"),
            (#"{"name":7}"#, "name must be a string"), (#"{"name":null}"#, "name must be a string"),
            (#"{"name":["a"]}"#, "name must be a string"),
            (#"{"name":{}}"#, "name must be a string"),
            (#"{"name":true}"#, "name must be a string"),
            (#"{"name":"x","metadata":[]}"#, "metadata must be an object"),
            (#"{"name":"x","metadata":"{}"}"#, "metadata must be an object"),
            (#"{"name":"x","label":1}"#, "property label should not exist"),
            (#"{"name":"x","id":"cgrp_mine"}"#, "property id should not exist"),
            (
                #"{"zeta":1,"metadata":4,"name":5,"alpha":null}"#,
                "property zeta should not exist, property alpha should not exist, name must be a string, metadata must be an object"
            ),
            (
                #"{"a":1,"b":2}"#,
                "property a should not exist, property b should not exist, name must be a string"
            ),
            (#"{"Name":"x"}"#, "property Name should not exist, name must be a string"),
            (#"[{"name":"x"}]"#, "an unknown value was passed to the validate function"),
            ("[]", "an unknown value was passed to the validate function"),
            (#"{"name":"a\u0000b"}"#, "text must not contain the NUL character (U+0000)"),
            (
                #"{"name":"ok","metadata":{"k":["\u0000"]}}"#,
                "text must not contain the NUL character (U+0000)"
            ),
            (
                #"{"name":"ok","metadata":{"\u0000":1}}"#,
                "text must not contain the NUL character (U+0000)"
            ),
            (#"{"name":"\u0000","x":1}"#, "property x should not exist"),
            (#"{"name":""}"#, nil), (#"{"name":"x","metadata":null}"#, nil),
            (#"{"name":"x","metadata":{}}"#, nil),
            (#"{"name":"x","__proto__":{"a":1}}"#, nil), (#"{"name":1,"name":"x"}"#, nil),
            (#"{"name":"x","metadata":{"constructor":1,"prototype":{"toString":2}}}"#, nil),
        ] as [(String?, String?)])
    func `creating a group`(body: String?, message: String?) throws {
        #expect(try objection(to: body, createGroup) == message)
    }

    @Test(
        arguments: [
            ("{}", nil), (#"{"name":null,"metadata":null}"#, nil), (#"{"name":""}"#, nil),
            (#"{"name":3}"#, "name must be a string"),
            (#"{"customers":[]}"#, "property customers should not exist"),
            (
                #"{"z":1,"metadata":1,"name":[]}"#,
                "property z should not exist, name must be a string, metadata must be an object"
            ),
        ] as [(String, String?)])
    func `updating a group`(body: String, message: String?) throws {
        #expect(try objection(to: body, updateGroup) == message)
    }

    @Test(
        arguments: [
            (nil, "each value in nested property customer_ids \(notNested)"),
            ("{}", "each value in nested property customer_ids \(notNested)"),
            (#"{"customer_ids":null}"#, "each value in nested property customer_ids \(notNested)"),
            (#"{"customer_ids":"x"}"#, "each value in nested property customer_ids \(notNested)"),
            (#"{"customer_ids":{}}"#, "each value in nested property customer_ids \(notNested)"),
            (#"{"customer_ids":["a"]}"#, "each value in nested property customer_ids \(notNested)"),
            (
                #"{"customer_ids":[null]}"#,
                "each value in nested property customer_ids \(notNested)"
            ),
            (
                #"{"customer_ids":[["a"]]}"#,
                "each value in nested property customer_ids \(notNested)"
            ),
            (#"{"customer_ids":[[]]}"#, "each value in nested property customer_ids \(notNested)"),
            (#"{"customer_ids":[{}]}"#, "id must be a string"),
            (#"{"customer_ids":[{"id":null}]}"#, "id must be a string"),
            (
                #"{"customer_ids":[{"id":1},{"id":"ok"},{}]}"#,
                "id must be a string, id must be a string"
            ),
            (
                #"{"z":1,"customer_ids":[{"id":1,"y":1}]}"#,
                "property z should not exist, property y should not exist, id must be a string"
            ),
            (
                #"{"customer_ids":[{"id":1},"a",{"k":1,"id":"x"}]}"#,
                "id must be a string, each value in nested property customer_ids \(notNested), property k should not exist"
            ),
            (
                #"{"customer_ids":[{"id":"\u0000"}]}"#,
                "text must not contain the NUL character (U+0000)"
            ),
            (#"{"customer_ids":[]}"#, nil), (#"{"customer_ids":[{"id":"a"},{"id":""}]}"#, nil),
        ] as [(String?, String?)])
    func `a batch of customers`(body: String?, message: String?) throws {
        #expect(try objection(to: body, batch) == message)
    }

    @Test(
        arguments: [
            (
                "{}",
                "email must be an email, first_name must be a string, last_name must be a string, password must be a string"
            ),
            (
                #"{"email":"a@b","first_name":"","last_name":"","password":""}"#,
                "email must be an email"
            ),
            (
                #"{"email":"a@b.co","first_name":null,"last_name":null,"password":""}"#,
                "first_name must be a string, last_name must be a string"
            ),
            (
                #"{"email":"a@b.co","first_name":"","last_name":"","password":"","phone":5}"#,
                "phone must be a string"
            ),
            (#"{"email":"a@b.co","first_name":"","last_name":"","password":"","phone":null}"#, nil),
            (
                #"{"zz":1,"email":1,"first_name":1,"last_name":1,"password":1,"phone":1,"metadata":1,"aa":2}"#,
                "property zz should not exist, property aa should not exist, email must be an email, first_name must be a string, last_name must be a string, password must be a string, phone must be a string, metadata must be an object"
            ),
        ] as [(String, String?)])
    func `creating a customer`(body: String, message: String?) throws {
        #expect(try objection(to: body, createCustomer) == message)
    }

    @Test(
        arguments: [
            ("{}", nil), (#"{"email":null,"first_name":null,"groups":null,"metadata":null}"#, nil),
            (#"{"groups":[]}"#, nil), (#"{"groups":[{"id":"a"}]}"#, nil),
            (#"{"email":"x"}"#, "email must be an email"),
            (
                #"{"groups":"x"}"#,
                "groups must be an array, each value in nested property groups \(notNested)"
            ),
            (#"{"groups":["a"]}"#, "each value in nested property groups \(notNested)"),
            (
                #"{"groups":["a",1]}"#,
                "each value in nested property groups \(notNested), each value in nested property groups \(notNested)"
            ),
            (#"{"groups":[{"id":"a","name":"b"}]}"#, "property name should not exist"),
            (#"{"groups":[{}]}"#, "id must be a string"),
            (#"{"groups":{"id":"a"}}"#, "groups must be an array"),
            (
                #"{"q":1,"email":"x","first_name":1,"last_name":1,"password":1,"phone":1,"metadata":1,"groups":1}"#,
                "property q should not exist, email must be an email, first_name must be a string, last_name must be a string, password must be a string, phone must be a string, metadata must be an object, groups must be an array, each value in nested property groups \(notNested)"
            ),
        ] as [(String, String?)])
    func `updating a customer`(body: String, message: String?) throws {
        #expect(try objection(to: body, updateCustomer) == message)
    }

    @Test(
        arguments: [
            (
                "{}",
                "email should not be empty, email must be an email, password should not be empty, password must be a string"
            ),
            (
                #"{"email":null,"password":null}"#,
                "email should not be empty, email must be an email, password should not be empty, password must be a string"
            ),
            (#"{"email":"x","password":"y"}"#, "email must be an email"),
            (#"{"email":"","password":"y"}"#, "email should not be empty, email must be an email"),
            (#"{"email":"a@b.co"}"#, "password should not be empty, password must be a string"),
            (#"{"email":"a@b.co","password":""}"#, "password should not be empty"),
            (
                #"{"email":1,"password":2,"zz":3}"#,
                "property zz should not exist, email must be an email, password must be a string"
            ),
            (
                #"{"email":"a@b.co","password":"\u0000"}"#,
                "text must not contain the NUL character (U+0000)"
            ),
            (#"{"email":"a@b.co","password":" "}"#, nil),
        ] as [(String, String?)])
    func `signing in`(body: String, message: String?) throws {
        #expect(try objection(to: body, signIn) == message)
    }

    @Test(
        arguments: [
            ("{}", "email must be an email, password must be a string"),
            (
                #"{"email":"a@b.co","password":"p","role":"owner"}"#,
                "role must be one of the following values: admin, member, developer"
            ),
            (#"{"email":"a@b.co","password":"p","role":null}"#, nil),
            (#"{"email":"a@b.co","password":"p","role":"developer"}"#, nil),
            (
                #"{"email":1,"password":1,"first_name":1,"last_name":1,"role":1}"#,
                "email must be an email, first_name must be a string, last_name must be a string, role must be one of the following values: admin, member, developer, password must be a string"
            ),
        ] as [(String, String?)])
    func `creating a user`(body: String, message: String?) throws {
        #expect(try objection(to: body, createUser) == message)
    }

    @Test(arguments: [
        (#"{"password":"x"}"#, "property password should not exist"),
        (
            #"{"first_name":1,"role":"x","api_token":3,"metadata":[]}"#,
            "first_name must be a string, role must be one of the following values: admin, member, developer, api_token must be a string, metadata must be an object"
        ),
    ])
    func `updating a user`(body: String, message: String) throws {
        #expect(try objection(to: body, updateUser) == message)
    }

    @Test func `resetting a password`() throws {
        #expect(
            try objection(to: "{}", resetPassword)
                == "token must be a string, password must be a string")
        #expect(
            try objection(to: #"{"email":"","token":"","password":""}"#, resetPassword)
                == "email must be an email")
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
        #expect(
            objection(.object(unknown), batch)?.hasSuffix(
                "property k999 should not exist, and 1001 more") == true)
    }

    private func object(_ members: (String, JSONValue)...) -> JSONObject {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return object
    }
}
