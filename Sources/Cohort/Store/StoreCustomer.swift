import HTTP
import Postgres

/// A customer as the store shows one to oneself.
enum StoreCustomer {
    /// `{"customer":{…}}` with the given relations.
    static func answer(
        _ id: String, _ relations: [Relation] = Customer.defaultRelations, in context: Context
    ) async throws(APIError) -> Response {
        try await .record(
            "customer", Customer.entity, id: id,
            Selection(of: Customer.entity, expand: nil, default: relations),
            found: context.db.start(GetCustomer.findAny, [.texts([id])]), on: context.db,
            missing: .unauthorized)
    }
}
