import Cohort
import Testing

private func newPrices(_ fields: inout Fields) {
    _ = fields.prices("prices", allowingIDs: false)
}

private func changes(_ fields: inout Fields) {
    _ = fields.optionalPrices("prices", allowingIDs: true)
}

private let xor =
    #"Failed XOR relation between "region_id" and "currency_code"., Failed XOR relation between "currency_code" and "region_id"."#

/// A body with one price that has these members besides an amount and a variant.
private func one(_ members: String) -> String {
    #"{"prices":[{"amount":1,"variant_id":"v",\#(members)}]}"#
}

/// Messages of Medusa 1.20.10, and ours where it answered 500 (docs/medusa.md).
struct PriceFieldsTests {
    @Test(
        arguments: [
            ("{}", "prices must be an array"), (#"{"prices":null}"#, "prices must be an array"),
            (#"{"prices":[]}"#, nil),
            (
                #"{"prices":5}"#,
                "prices must be an array, each value in nested property prices must be either object or array"
            ),
            (
                #"{"prices":[1,null,"x"]}"#,
                "each value in nested property prices must be either object or array, each value in nested property prices must be either object or array, each value in nested property prices must be either object or array"
            ),
            (
                #"{"prices":{"currency_code":"usd"}}"#,
                "prices must be an array, amount must be an integer number, variant_id must be a string"
            ),
            (
                #"{"prices":[{}]}"#,
                xor + ", amount must be an integer number, variant_id must be a string"
            ),
            (one(#""currency_code":"usd""#), nil), (one(#""region_id":"r""#), nil),
            (one(#""region_id":"","currency_code":"usd""#), nil),
            (one(#""region_id":null,"currency_code":"usd""#), nil),
            (one(#""region_id":"","currency_code":null"#), xor),
            (one(#""region_id":"r","currency_code":"usd""#), xor),
            // What is true is given, whatever it is; nothing has such a name.
            (one(#""region_id":5"#), nil), (one(#""currency_code":true"#), nil),
            (one(#""region_id":false,"currency_code":"usd""#), nil),
            (one(#""region_id":0,"currency_code":"usd""#), nil),
            (one(#""region_id":-0.0,"currency_code":false"#), xor),
            (one(#""region_id":5,"currency_code":"usd""#), xor),
            (one(#""region_id":[]"#), "region_id must be a string"),
            (one(#""currency_code":"usd","id":"ma_1""#), "property id should not exist"),
            (one(#""currency_code":"usd","min_quantity":0,"max_quantity":null"#), nil),
            (
                one(#""currency_code":"usd","min_quantity":"1","max_quantity":2.5"#),
                "min_quantity must be an integer number, max_quantity must be an integer number"
            ),
            (one(#""currency_code":"usd","min_quantity":1.0,"max_quantity":1e2"#), nil),
            (one(#""currency_code":"usd","min_quantity":-1,"max_quantity":-2147483648"#), nil),
            // Recorded with Medusa: nothing lies between them, and it may be stored.
            (one(#""currency_code":"usd","min_quantity":9,"max_quantity":2"#), nil),
            (
                one(#""currency_code":"usd","max_quantity":1e400"#),
                "max_quantity must be an integer number"
            ),
        ] as [(String, String?)])
    func `prices to be made`(body: String, message: String?) throws {
        #expect(try objection(to: body, newPrices) == message)
    }

    @Test(
        arguments: [
            ("2147483647", nil), ("-2147483648", nil), ("-5", nil), ("0", nil), ("-0", nil),
            ("2147483648", "amount must be between -2147483648 and 2147483647"),
            ("-2147483649", "amount must be between -2147483648 and 2147483647"),
            ("1.5", "amount must be an integer number"),
            ("null", "amount must be an integer number"),
            (#""1""#, "amount must be an integer number"),
            ("true", "amount must be an integer number"),
        ] as [(String, String?)])
    func amounts(amount: String, message: String?) throws {
        let body = #"{"prices":[{"amount":\#(amount),"variant_id":"v","currency_code":"usd"}]}"#
        #expect(try objection(to: body, newPrices) == message)
    }

    @Test(
        arguments: [
            ("{}", nil), (#"{"prices":null}"#, nil),
            (
                #"{"prices":"x"}"#,
                "prices must be an array, each value in nested property prices must be either object or array"
            ),
            (one(#""id":"ma_1""#), nil),
            (one(#""id":"ma_1","region_id":"r","currency_code":"usd""#), nil),
            (one(#""id":"ma_1","region_id":false,"currency_code":0"#), nil),
            (one(#""id":"ma_1","region_id":[]"#), "region_id must be a string"),
            (one(#""id":"""#), xor), (one(#""id":null"#), xor),
            (one(#""id":7,"currency_code":"usd""#), "id must be a string"),
            (one(#""id":7"#), "id must be a string"), (one(#""id":[1]"#), "id must be a string"),
            (one(#""id":0"#), "id must be a string, " + xor),
            (#"{"prices":[{"id":"ma_1","amount":1}]}"#, "variant_id must be a string"),
            (
                #"{"prices":[{"id":"ma_1"}]}"#,
                "variant_id must be a string, amount must be an integer number"
            ),
        ] as [(String, String?)])
    func `changes of prices`(body: String, message: String?) throws {
        #expect(try objection(to: body, changes) == message)
    }

    @Test(
        arguments: [
            ("{}", "each value in ids must be a string, ids should not be empty"),
            (#"{"ids":null}"#, "each value in ids must be a string, ids should not be empty"),
            (#"{"ids":{}}"#, "each value in ids must be a string, ids should not be empty"),
            (#"{"ids":[]}"#, "ids should not be empty"),
            (#"{"ids":"a"}"#, "ids should not be empty"),
            (#"{"ids":["a",1]}"#, "each value in ids must be a string"), (#"{"ids":["a"]}"#, nil),
        ] as [(String, String?)])
    func `ids of which there is at least one`(body: String, message: String?) throws {
        #expect(try objection(to: body) { _ = $0.nonEmptyStrings("ids") } == message)
    }
}
