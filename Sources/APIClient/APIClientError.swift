/// Why a client could not be made or an answer not be used. Refusals of the server are `Status`, lost connections `HTTPError`.
package enum APIClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A kubeconfig that cannot be used; the text says where and why.
    case configuration(String)
    /// Bytes that are not what the API promises.
    case malformedResponse(String)
    /// A response or a line of a watch beyond its limit.
    case tooLarge(limitBytes: Int)
    case timedOut

    package var description: String {
        switch self {
        case .configuration(let text): text
        case .malformedResponse(let text): "malformed response: \(text)"
        case .tooLarge(let limit): "response larger than \(limit) bytes"
        case .timedOut: "no answer in time"
        }
    }
}
