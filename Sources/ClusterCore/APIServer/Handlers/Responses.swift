import API
import HTTP
import JSON
import Machinery

/// Trees and statuses as HTTP answers.
enum Responses {
    static let jsonHeaders: HTTPHeaders = ["content-type": "application/json"]

    static func json(_ value: JSONValue, code: Int = 200) -> HTTPResponse {
        HTTPResponse(status: code, headers: jsonHeaders, body: .bytes(JSONWriter.write(value) + [0x0a]))
    }

    static func bytes(_ bytes: [UInt8], code: Int = 200) -> HTTPResponse {
        HTTPResponse(status: code, headers: jsonHeaders, body: .bytes(bytes))
    }

    /// Protobuf bytes, written one slice after another.
    static func protobuf(_ slices: [[UInt8]], code: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: code, headers: ["content-type": AnswerEncoding.protobuf.rawValue], body: .slices(slices))
    }

    static func status(_ status: Status) -> HTTPResponse {
        var response = json(status.json, code: status.code)
        if let seconds = status.details?.retryAfterSeconds, seconds > 0 {
            response.headers["retry-after"] = String(seconds)
        }
        return response
    }

    static func expired(_ expired: ListExpired) -> HTTPResponse {
        var body = expired.status.json
        body[path: ["metadata", "continue"]] = .string(expired.continueToken)
        return json(body, code: expired.status.code)
    }

    static func text(_ text: String, code: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: code, headers: ["content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"],
            body: .bytes(Array(text.utf8)))
    }

    /// `299 - "unknown field \"spec.x\""`.
    static func addWarnings(_ warnings: [String], to response: inout HTTPResponse) {
        for warning in warnings {
            let quoted = warning.flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }
            response.headers.add("warning", "299 - \"\(String(quoted))\"")
        }
    }
}
