import API
import HTTP
import JSON
import Machinery

/// What `kubectl logs` asks for, checked, and as the kubelet is asked for it.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePodLogOptions`; `pkg/registry/core/pod/strategy.go`.
struct PodLogOptions: Sendable {
    /// Empty: the only one.
    var container: String
    /// For the kubelet.
    var query: [HTTPRequest.QueryItem] = []

    private static let positive = "must be greater than 0"

    init(_ request: HTTPRequest, podName: String) throws(Status) {
        container = request.query("container") ?? ""
        for name in ["follow", "previous", "timestamps"] where ListOptions.flag(request.query(name)) {
            query.append(.init(name: name, value: "true"))
        }
        var errors: [FieldError] = []
        let tail = try number("tailLines", request)
        if let tail, tail < 0 {
            errors.append(.invalid(FieldPath("tailLines"), .int(tail), "must be greater than or equal to 0"))
        }
        if let limit = try number("limitBytes", request), limit < 1 {
            errors.append(.invalid(FieldPath("limitBytes"), .int(limit), Self.positive))
        }
        let seconds = try number("sinceSeconds", request)
        let time = request.query("sinceTime") ?? ""
        if !time.isEmpty {
            guard Timestamp(parsing: time) != nil else {
                throw APIErrors.badRequest("parsing time \"\(time)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse it")
            }
            query.append(.init(name: "sinceTime", value: time))
        }
        if seconds != nil, !time.isEmpty {
            errors.append(.forbidden(FieldPath(""), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
        } else if let seconds, seconds < 1 {
            errors.append(.invalid(FieldPath("sinceSeconds"), .int(seconds), Self.positive))
        }
        errors += checkStream(request.query("stream") ?? "", hasTail: tail != nil)
        guard errors.isEmpty else {
            throw APIErrors.invalid(GroupVersionKind(group: "", version: "v1", kind: "PodLogOptions"), podName, errors)
        }
    }

    private mutating func checkStream(_ stream: String, hasTail: Bool) -> [FieldError] {
        guard !stream.isEmpty else { return [] }
        let known = ["All", "Stderr", "Stdout"]
        guard known.contains(stream) else { return [.notSupported(FieldPath("stream"), .string(stream), supported: known)] }
        guard stream != "All" else { return [] }
        query.append(.init(name: "stream", value: stream))
        return hasTail
            ? [.forbidden(FieldPath(""), "`tailLines` and specific `stream` are mutually exclusive for now")] : []
    }

    private mutating func number(_ name: String, _ request: HTTPRequest) throws(Status) -> Int64? {
        guard let text = request.query(name), !text.isEmpty else { return nil }
        guard let value = Int64(text) else {
            throw APIErrors.badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        query.append(.init(name: name, value: text))
        return value
    }
}
