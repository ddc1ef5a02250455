import Testing

struct DocumentTests {
    @Test func `the document keeps the rules of OpenAPI 3.1`() throws {
        let breaches = try DocumentRules(document: .load()).breaches()
        #expect(breaches == [])
    }

    @Test func `every route of the admin API asks for a credential but those that give one`() throws
    {
        let open = try Document.load().operations.filter { $0.json["security"] == [] }
            .filter { $0.path.hasPrefix("/admin") }.map { "\($0.method) \($0.path)" }
        #expect(
            Set(open) == [
                "POST /admin/auth", "POST /admin/auth/token", "POST /admin/users/password-token",
                "POST /admin/users/reset-password",
            ])
    }

    @Test func `no schema shows a password or its hash`() throws {
        for schema in try Document.load().root["components"]?["schemas"]?.members ?? [] {
            let names = schema.value["properties"]?.keys ?? []
            #expect(!names.contains { $0.contains("password") }, "\(schema.key)")
        }
    }

    /// A document with one thing wrong, and what the rules say about it.
    @Test(arguments: [
        (
            #""operationId":"b""#, #""operationId":"a""#,
            "GET /b/{id}: a names another operation too"
        ),
        (
            "#/components/schemas/T", "#/components/schemas/U",
            "#/components/schemas/U leads nowhere"
        ),
        (
            #""name":"id""#, #""name":"ix""#,
            #"GET /b/{id}: path parameters ["ix"] instead of ["id"]"#
        ),
        (#""required":true"#, #""required":false"#, "GET /b/{id}: id: in a path and not required"),
        (#""200""#, #""700""#, "GET /b/{id}: 700 is no status"),
        (#""200""#, #""404""#, "GET /b/{id}: it never succeeds"),
        (#""minLength""#, #""minLenght""#, "#/components/schemas/T: unknown keyword minLenght"),
        (
            #""example":"yes""#, #""example":"""#,
            "#/paths//a/get/responses/200/content/text/plain: shorter than 1"
        ),
        (#""tags":["x"]"#, #""tags":["y"]"#, "GET /a: the tag y is not declared"),
        (#""token":[]"#, #""tokne":[]"#, "GET /a: no security scheme tokne"),
    ])
    func `a broken document is found out`(right: String, wrong: String, breach: String) throws {
        let text = #"""
            {"openapi":"3.1.0","info":{"title":"t","version":"1"},"tags":[{"name":"x"}],"security":[{"token":[]}],
            "paths":{"/a":{"get":{"operationId":"a","tags":["x"],"responses":{"200":{"description":"d","content":
            {"text/plain":{"schema":{"$ref":"#/components/schemas/T"},"example":"yes"}}}}}},
            "/b/{id}":{"get":{"operationId":"b","parameters":[{"name":"id","in":"path","required":true,
            "schema":{"type":"string"}}],"responses":{"200":{"description":"d"}}}}},
            "components":{"schemas":{"T":{"type":"string","minLength":1}},
            "securitySchemes":{"token":{"type":"apiKey","in":"header","name":"t"}}}}
            """#
        #expect(try DocumentRules(document: Document(root: JSON(text))).breaches() == [])
        #expect(text.contains(right))
        let broken = try JSON(text.replacing(right, with: wrong))
        #expect(try DocumentRules(document: Document(root: broken)).breaches().contains(breach))
    }

    @Test(arguments: [
        (#"{"type":"object","required":["a"]}"#, "{}", false),
        (
            #"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#,
            #"{"b":1}"#, false
        ),
        (#"{"type":"object","properties":{"a":{"type":"string"}}}"#, #"{"a":1}"#, false),
        (#"{"type":["string","null"]}"#, "null", true),
        (#"{"type":["string","null"]}"#, "1", false),
        (#"{"type":"integer"}"#, "1.0", true),
        (#"{"type":"integer"}"#, "1.5", false),
        (#"{"enum":["a",null]}"#, "null", true),
        (#"{"enum":["a"]}"#, #""b""#, false),
        (#"{"const":true}"#, "1", false),
        (#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#, "1", false),
        (#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#, "1.5", true),
        (#"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#, #""x""#, false),
        (#"{"allOf":[{"type":"string"},{"minLength":2}]}"#, #""x""#, false),
        (#"{"pattern":"^a+$"}"#, #""aab""#, false),
        (#"{"pattern":"^a+$"}"#, #""aa""#, true),
        (#"{"minimum":0}"#, "-1", false),
        (#"{"maximum":3}"#, "4", false),
        (#"{"items":{"type":"string"},"minItems":1}"#, "[1]", false),
        (#"{"items":{"type":"string"},"minItems":1}"#, "[]", false),
        (#"{"propertyNames":{"pattern":"^a"}}"#, #"{"b":1}"#, false),
    ])
    func `a value conforms to a schema, or not`(schema: String, value: String, conforms: Bool)
        throws
    {
        let validator = SchemaValidator(document: Document(root: .null))
        let faults = try validator.faults(of: JSON(value), in: JSON(schema))
        #expect(faults.isEmpty == conforms)
    }
}
