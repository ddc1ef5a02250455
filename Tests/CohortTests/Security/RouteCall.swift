import Cohort
import HTTP

/// A request that does something on a route: a path with ids of the seed, and a body that the route takes.
struct RouteCall: Sendable {
    let route: Route
    let method: String
    /// `POST /admin/customer-groups/:id`
    let name: String
    let path: String
    /// nil where the route reads none.
    let body: JSON?

    init(_ route: Route) {
        self.route = route
        method = "\(route.method.name)"
        name = "\(method) \(route.pattern)"
        let words = route.pattern.split(separator: "/")
        path =
            "/"
            + words.enumerated().map { index, word in
                word.hasPrefix(":")
                    ? Self.ids[word == ":id" ? String(words[index - 1]) : String(word.dropFirst())]
                        ?? "unknown_1"
                    : String(word)
            }.joined(separator: "/")
        body = Self.bodies[name] ?? (method == "POST" ? JSON.object([]) : Optional<JSON>.none)
    }

    func send(_ client: ShopClient, _ headers: [(String, String)]) throws -> Answer {
        guard let body else { return try client.send(method, path, headers: headers) }
        return try client.send(method, path, json: body, headers: headers)
    }

    /// Rows of `Exchanges/seed.sql`, by the word in front of `:id`, or by the parameter's name.
    static let ids = [
        "customer-groups": "cgrp_whs", "customers": "cus_ana", "price-lists": "pl_vip",
        "users": "usr_mem", "variants": "variant_mug_s", "products": "prod_mug",
        "product_id": "prod_mug", "variant_id": "variant_mug_s", "discount_id": "disc_a",
        "condition_id": "discon_ain",
    ]

    /// What writes take. A route that is not here gets an empty object.
    static let bodies: [String: JSON] = [
        "POST /admin/auth": ["email": "ops@example.com", "password": "open-sesame"],
        "POST /admin/auth/token": ["email": "ops@example.com", "password": "open-sesame"],
        "POST /store/auth": ["email": "ana@example.com", "password": "ana-pass"],
        "POST /store/auth/token": ["email": "ana@example.com", "password": "ana-pass"],
        "POST /store/customers": [
            "email": "new.shopper@example.com", "first_name": "N", "last_name": "S",
            "password": "supersecret",
        ],
        "POST /admin/customer-groups": ["name": "Matrix"],
        "POST /admin/customer-groups/:id": ["metadata": ["matrix": 1]],
        "POST /admin/customer-groups/:id/customers/batch": ["customer_ids": [["id": "cus_f18"]]],
        "DELETE /admin/customer-groups/:id/customers/batch": ["customer_ids": [["id": "cus_ana"]]],
        "POST /admin/customers": [
            "email": "new@example.com", "first_name": "N", "last_name": "C", "password": "",
        ],
        "POST /admin/customers/:id": ["first_name": "Matrix"],
        "POST /admin/price-lists": [
            "name": "Matrix", "description": "d", "type": "sale",
            "prices": [["amount": 5, "currency_code": "usd", "variant_id": "variant_mug_s"]],
        ],
        "POST /admin/price-lists/:id": ["name": "Matrix"],
        "POST /admin/price-lists/:id/prices/batch": [
            "prices": [["amount": 5, "currency_code": "usd", "variant_id": "variant_mug_s"]]
        ],
        "DELETE /admin/price-lists/:id/prices/batch": ["price_ids": ["ma_v1"]],
        "DELETE /admin/price-lists/:id/products/prices/batch": ["product_ids": ["prod_mug"]],
        "POST /admin/users": ["email": "new.user@example.com", "password": "supersecret"],
        "POST /admin/users/:id": ["first_name": "Matrix"],
        "POST /admin/users/password-token": ["email": "ops@example.com"],
        "POST /admin/users/reset-password": [
            "email": "ops@example.com", "token": "x", "password": "supersecret",
        ],
        "POST /admin/discounts/:discount_id/conditions": [
            "operator": "not_in", "customer_groups": ["cgrp_whs"],
        ],
        "POST /admin/discounts/:discount_id/conditions/:condition_id": [
            "customer_groups": ["cgrp_whs"]
        ],
        "POST /admin/discounts/:discount_id/conditions/:condition_id/batch": [
            "resources": [["id": "cgrp_staff"]]
        ],
        "DELETE /admin/discounts/:discount_id/conditions/:condition_id/batch": [
            "resources": [["id": "cgrp_whs"]]
        ],
    ]

    /// Every route of the router, as it is.
    static let all = Routes.all.map(RouteCall.init)

    /// Everybody may call these, with or without a credential, a good or a bad one.
    static let open: Set = [
        "GET /health", "GET /ready", "GET /openapi.json", "GET /docs", "GET /docs/page.js",
        "GET /docs/page.css", "POST /admin/auth", "POST /admin/auth/token",
        "POST /admin/users/password-token", "POST /admin/users/reset-password",
    ]

    /// Those that look at nothing that is sent.
    static let fixed: Set = [
        "GET /health", "GET /ready", "GET /openapi.json", "GET /docs", "GET /docs/page.js",
        "GET /docs/page.css",
    ]

    /// And these are for shoppers.
    static let store: Set = [
        "POST /store/auth", "GET /store/auth", "DELETE /store/auth", "POST /store/auth/token",
        "POST /store/customers", "GET /store/variants", "GET /store/variants/:id",
        "GET /store/products", "GET /store/products/:id",
    ]

    /// All others are for admins, whatever the route itself says.
    static let admin = all.filter { !open.contains($0.name) && !store.contains($0.name) }
}
