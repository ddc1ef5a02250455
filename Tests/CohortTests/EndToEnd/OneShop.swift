import Testing

/// One shop for all tests of a suite, which have it from `Shop.ofSuite()`: for those that do not mind what others leave.
struct OneShop: SuiteTrait, TestScoping {
    let settings: [String: String]
    /// What is in it at first.
    let sql: String

    @TaskLocal fileprivate static var shop: Shop?

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let shop = try await Shop.open(settings: settings)
        if !sql.isEmpty { try shop.sql().run(sql) }
        try await Self.$shop.withValue(shop) { try await function() }
    }
}

extension Trait where Self == OneShop {
    static func oneShop(settings: [String: String] = [:], sql: String = "") -> Self {
        Self(settings: settings, sql: sql)
    }
}

extension Shop {
    /// The one that the suite has by `.oneShop()`.
    static func ofSuite() throws -> Shop { try #require(OneShop.shop) }
}
