package import HTTP
package import JSON

extension Response {
    package static let jsonType: StaticString = "application/json; charset=utf-8"
    package static let textType: StaticString = "text/plain; charset=utf-8"

    package static func json(_ status: Int, _ body: [UInt8]) -> Response {
        Response(status: status, contentType: jsonType, body: body)
    }

    package static func json(_ status: Int, _ write: (inout JSONWriter) -> Void) -> Response {
        // A record without relations fits; an answer that does not grows.
        var json = JSONWriter(capacity: 512)
        write(&json)
        return .json(status, json.take())
    }

    package static func text(_ status: Int, _ text: String) -> Response {
        Response(status: status, contentType: textType, body: Array(text.utf8))
    }

    /// What Medusa answers to a deletion.
    package static func deleted(_ id: String, _ object: StaticString) -> Response {
        .json(200) { json in
            json.object { json in
                json.member("id", id)
                json.member("object", literal: object)
                json.member("deleted", true)
            }
        }
    }
}
