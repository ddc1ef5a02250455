package import Postgres

/// Every route of the service. A new endpoint is a file and a line here.
package enum Routes {
    package static let all: [Route] = [
        Route(Health.self),
        Route(Ready.self),
        Route(GetOpenAPI.self),
        Route(GetDocs.self),
        Route(GetDocsScript.self),
        Route(GetDocsStyle.self),

        Route(CreateSession.self),
        Route(GetSession.self),
        Route(DeleteSession.self),
        Route(CreateToken.self),

        Route(ListCustomerGroups.self),
        Route(CreateCustomerGroup.self),
        Route(GetCustomerGroup.self),
        Route(UpdateCustomerGroup.self),
        Route(DeleteCustomerGroup.self),
        Route(ListCustomersOfGroup.self),
        Route(AddCustomersToGroup.self),
        Route(RemoveCustomersFromGroup.self),

        Route(ListCustomers.self),
        Route(CreateCustomer.self),
        Route(GetCustomer.self),
        Route(UpdateCustomer.self),

        Route(ListPriceLists.self),
        Route(CreatePriceList.self),
        Route(GetPriceList.self),
        Route(UpdatePriceList.self),
        Route(DeletePriceList.self),
        Route(AddPrices.self),
        Route(DeletePrices.self),
        Route(ListProductsOfPriceList.self),
        Route(DeletePricesOfProduct.self),
        Route(DeletePricesOfProducts.self),
        Route(DeletePricesOfVariant.self),

        Route(CreateDiscountCondition.self),
        Route(GetDiscountCondition.self),
        Route(UpdateDiscountCondition.self),
        Route(DeleteDiscountCondition.self),
        Route(AddResourcesToCondition.self),
        Route(RemoveResourcesFromCondition.self),

        Route(ExplainPrices.self),
        Route(ListVariants.self),
        Route(GetVariant.self),

        Route(StoreCreateSession.self),
        Route(StoreGetSession.self),
        Route(StoreDeleteSession.self),
        Route(StoreCreateToken.self),
        Route(StoreCreateCustomer.self),
        Route(StoreListVariants.self),
        Route(StoreGetVariant.self),
        Route(StoreListProducts.self),
        Route(StoreGetProduct.self),

        Route(ListUsers.self),
        Route(CreateUser.self),
        Route(GetUser.self),
        Route(UpdateUser.self),
        Route(DeleteUser.self),
        Route(RequestPasswordReset.self),
        Route(ResetPassword.self),
    ].numbered()

    /// The kinds of record that answers show.
    package static let entities = [
        CustomerGroup.entity, Customer.entity, Address.entity, Country.entity, PriceList.entity,
        Price.entity, ProductVariant.entity, Region.entity, Currency.entity, User.entity,
        ProductOfPriceList.entity, ProductOfPriceList.variant, Discount.entity, DiscountRule.entity,
        DiscountCondition.entity, Product.entity,
    ]

    /// Every statement with a fixed text, once, by name.
    package static let statements: [Statement] = {
        let used =
            all.flatMap(\.statements) + Authenticator.statements + KeptAnswer.statements
            + UserAdministration.statements
            + CatalogImport.allStatements
            + entities.flatMap { $0.relations.compactMap(\.load) }
            + [Customer.groupsOfFilter, PriceList.pricesWithVariants].compactMap(\.load)
        return Dictionary(used.map { ($0.name, $0) }) { first, _ in first }
            .values.sorted { $0.name < $1.name }
    }()
}
