import Cohort
import TestSupport
import Testing

// What the routes take, in the order of Medusa's validator classes.

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

struct QueryFieldsTests {
    @Test(
        arguments: [
            ("", nil), ("limit=", nil), ("limit=0&offset=4", nil), ("limit=1e1", nil),
            ("limit=0x2", nil), ("limit=%202", nil),
            ("limit=9223372036854775807", nil), ("limit=9223372036854775808", "limit \(count)"),
            ("limit=abc", "limit \(count)"), ("limit=2&limit=3", "limit \(count)"),
            ("limit[]=2", "limit \(count)"),
            ("limit[a]=2", "limit \(count)"), ("limit=Infinity", "limit \(count)"),
            ("limit=-1", "limit \(count)"),
            ("limit=1.5", "limit \(count)"), ("limit=99999999999999999999", "limit \(count)"),
            ("offset=-1", "offset \(count)"),
            ("limit=a&offset=b", "offset \(count), limit \(count)"),
            ("order[]=name", "order must be a string"),
            ("order=name&order=id", "order must be a string"),
            ("expand[]=customers", "expand must be a string"),
            ("fields[]=name", "fields must be a string"),
            ("q[a]=1", "q must be a string"), ("q=a&q=b", "q must be a string"), ("q=", nil),
            ("name=VIP", "name must be an array"), ("name=", "name must be an array"),
            ("name[a]=VIP", "each value in name must be a string, name must be an array"),
            ("name[0][a]=VIP&name[1]=x", "each value in name must be a string"),
            ("name[]=VIP", nil), ("name[]=A,B", nil), ("name=A&name=B", nil),
            ("name[3]=A&name[7]=B", nil),
            ("created_at[gt]=yesterday", "gt must be a Date instance"), ("created_at[gt]=", nil),
            ("created_at[eq]=2024-01-01", "property eq should not exist"),
            ("created_at=2024-01-01", "nested property created_at \(notNested)"),
            ("created_at=", "nested property created_at \(notNested)"),
            ("created_at[]=2024-01-01", "nested property created_at \(notNested)"),
            (
                "created_at=a&created_at=b",
                "nested property created_at \(notNested), nested property created_at \(notNested)"
            ),
            ("created_at[gt]=1&created_at[gt]=2", "gt must be a Date instance"),
            (
                "created_at[gt]=x&updated_at[lt]=y",
                "lt must be a Date instance, gt must be a Date instance"
            ),
            (
                "created_at[zz]=1&created_at[gte]=q&created_at[lt]=p",
                "property zz should not exist, lt must be a Date instance, gte must be a Date instance"
            ),
            ("foo=1", "property foo should not exist"),
            ("deleted_at[gt]=2020-01-01", "property deleted_at should not exist"),
            ("customer_id=cus_ana", "property customer_id should not exist"),
            ("%C3%A9=1", "property é should not exist"),
            ("discount_condition_id[]=x", "discount_condition_id must be a string"),
            (
                "zz=1&limit=x&q[a]=1&order[a]=a&name=x&created_at=1&offset=y&updated_at[lt]=zz&updated_at[q]=1",
                "property zz should not exist, order must be a string, offset \(count), limit \(count), q must be a string, name must be an array, property q should not exist, lt must be a Date instance, nested property created_at \(notNested)"
            ),
            ("id=", nil), ("id=x", nil), ("id[]=x&id[]=y", nil), ("id[gte]=a&id[lte]=b", nil),
            ("id[like]=a", "property like should not exist"),
            ("id[][a]=x", "each value in id must be a string"),
            ("id[contains][]=a", "contains must be a string"),
            ("q=%00", "text must not contain the NUL character (U+0000)"),
            ("name[]=a&name[]=%00", "text must not contain the NUL character (U+0000)"),
            ("constructor=1&__proto__=2", nil),
        ] as [(String, String?)])
    func `listing groups`(query: String, message: String?) {
        #expect(objection(toQuery: query, listGroups) == message)
    }

    @Test(
        arguments: [
            ("q[]=x", "q must be a string"),
            ("groups[a]=x", "each value in groups must be a string"),
            ("groups[0][id]=x&groups[1]=y", "each value in groups must be a string"),
            ("groups[][id]=x", "each value in groups must be a string"), ("groups=", nil),
            ("groups[]=", nil), ("groups=x", nil),
            ("email=a@b.co", "property email should not exist"),
            ("updated_at[is]=1", "property is should not exist"),
            ("has_account=1", nil), ("has_account[]=true&has_account[]=false", nil),
            ("has_account[a]=1", nil),
            ("has_account[][a]=1", "each value in has_account must be a string"),
            (
                "zz=1&limit=a&offset=b&q[x]=1&order[]=b&created_at=5",
                "property zz should not exist, limit \(count), offset \(count), q must be a string, order must be a string, nested property created_at \(notNested)"
            ),
        ] as [(String, String?)])
    func `listing customers`(query: String, message: String?) {
        #expect(objection(toQuery: query, listCustomers) == message)
    }

    @Test(
        arguments: [
            ("role=owner", nil), ("role=", nil), ("role[]=admin&role[]=x", nil),
            ("role[a]=admin", nil),
            ("role[0][a]=admin&role[1]=admin", nil),
            ("role=admin", ["admin"]), ("role[]=admin", ["admin"]),
            ("role[]=admin,member", ["admin", "member"]),
            ("role=developer&role=admin", ["developer", "admin"]),
        ] as [(String, [String]?)])
    func `filtering users by role`(query: String, roles: [String]?) {
        var read: [String]?
        let message = objection(toQuery: query) {
            read = $0.choices("role", of: ["member", "admin", "developer"])
        }
        #expect(read == roles)
        #expect(
            message
                == (roles == nil
                    ? "each value in role must be one of the following values: member, admin, developer"
                    : nil))
    }

    @Test(
        arguments: [
            ("", .absent), ("has_account=true", .value(true)), ("has_account=false", .value(false)),
            ("has_account=null", .null), ("has_account=1", .absent), ("has_account=TRUE", .absent),
            ("has_account=", .absent),
            ("has_account[]=true", .absent),
        ] as [(String, Optionality<Bool>)])
    func `whether customers have an account`(query: String, filter: Optionality<Bool>) {
        var read: Optionality<Bool>?
        #expect(objection(toQuery: query) { read = $0.booleanFilter("has_account") } == nil)
        #expect(read == filter)
    }

    @Test(
        arguments: [
            ("", nil), ("groups=", nil), ("groups[]=", [""]), ("groups=x", ["x"]),
            ("groups[]=x,y", ["x", "y"]),
            ("groups=x&groups=y", ["x", "y"]), ("groups=x,y", ["x,y"]),
        ] as [(String, [String]?)])
    func `which groups customers are in`(query: String, groups: [String]?) {
        var read: [String]?
        #expect(objection(toQuery: query) { read = $0.groupsFilter("groups") } == nil)
        #expect(read == groups)
    }

    @Test func `a field that the route decides takes anything`() {
        var read: [String] = []
        #expect(
            objection(toQuery: "groups[a][b]=1", splitting: false) {
                read = $0.overwritten("groups", by: ["g"])
            } == nil)
        #expect(read == ["g"])
    }

    @Test func `spans of time keep what was asked`() {
        var read: DateFilter?
        #expect(
            objection(toQuery: "at[gte]=2000-01-01&at[lt]=2000-01-02") {
                read = $0.dateFilter("at")
            } == nil)
        #expect(read?.gte == 0)
        #expect(read?.lt == 86_400_000_000)
        #expect(read?.gt == nil)
        #expect(read?.lte == nil)
        #expect(objection(toQuery: "") { read = $0.dateFilter("at") } == nil)
        #expect(read == nil)
    }

    @Test func `conditions on ids keep what was asked`() {
        var read: IdentifierFilter?
        #expect(
            objection(toQuery: "id[ends_with]=z&id[gt]=a") { read = $0.identifierFilter("id") }
                == nil)
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
            "limit", "offset", "name", "created_at", "id", "groups", "has_account", "[gt]", "[]",
            "[0]", "[a]", "=", "&",
            "1", "2024-01-01", "%00", "é", "true", "x",
        ]
        for _ in 0..<50 {
            let count = Int.random(in: 0..<30, using: &random)
            let query = (0..<count).map { _ in tokens.randomElement(using: &random) ?? "" }.joined()
            if let message = objection(toQuery: query, listGroups) {
                #expect(!message.isEmpty, "seed \(seed): \(query)")
            }
            if let message = objection(toQuery: query, listCustomers) {
                #expect(!message.isEmpty, "seed \(seed): \(query)")
            }
        }
    }
}
