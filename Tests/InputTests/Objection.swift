import Cohort
import JSON

/// What an endpoint's fields say to a body, nil where they have no objection.
func objection(
    to body: String?, _ read: (inout Fields) -> Void
) throws(JSONSyntaxError) -> String? {
    let body = try body.map { text throws(JSONSyntaxError) in try JSONReader.parse(Array(text.utf8))
    }
    return objection(body, read)
}

func objection(
    toQuery query: String, splitting: Bool = true, _ read: (inout Fields) -> Void
) -> String? {
    let object = QueryString.parse(query)
    return objection(
        .object(splitting ? QueryString.splittingSingleElements(object) : object), read)
}

func objection(_ body: JSONValue?, _ read: (inout Fields) -> Void) -> String? {
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
