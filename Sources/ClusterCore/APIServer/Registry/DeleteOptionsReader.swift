import API
import ControlLoop
import HTTP
import JSON
import Machinery

/// Reads `DeleteOptions` from a body, or from the query that older clients use.
enum DeleteOptionsReader {
    static func options(_ body: JSONValue) -> DeletionOptions {
        var options = DeletionOptions()
        options.gracePeriodSeconds = body["gracePeriodSeconds"]?.int
        if let orphan = body["orphanDependents"]?.bool { options.propagation = orphan ? .orphan : .background }
        if let policy = body["propagationPolicy"]?.string { options.propagation = DeletionPropagation(rawValue: policy) }
        options.uid = body["preconditions"]?["uid"]?.string
        options.resourceVersion = body["preconditions"]?["resourceVersion"]?.string
        return options
    }

    static func read(_ request: HTTPRequest, _ decoder: BodyDecoder) throws(Status) -> (DeletionOptions, isDryRun: Bool) {
        guard request.body.isEmpty else {
            let body = try decoder.decodeDeleteOptions(request.body, contentType: request.headers["content-type"])
            try check(body)
            return (options(body), !(body["dryRun"]?.array ?? []).isEmpty || request.query("dryRun") == "All")
        }
        var body: JSONValue = [:]
        if let text = request.query("gracePeriodSeconds"), !text.isEmpty {
            guard let seconds = Int64(text) else {
                throw APIErrors.badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
            }
            body["gracePeriodSeconds"] = .int(seconds)
        }
        if let policy = request.query("propagationPolicy"), !policy.isEmpty { body["propagationPolicy"] = .string(policy) }
        if let orphan = request.query("orphanDependents") { body["orphanDependents"] = .bool(ListOptions.flag(orphan)) }
        try check(body)
        return (options(body), request.query("dryRun") == "All")
    }

    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/validation/validation.go`, `ValidateDeleteOptions`.
    private static func check(_ body: JSONValue) throws(Status) {
        var errors: [FieldError] = []
        let policy = body["propagationPolicy"]?.string
        if let policy, body["orphanDependents"]?.bool != nil {
            errors.append(
                .invalid(
                    FieldPath("propagationPolicy"), .string(policy),
                    "orphanDependents and deletionPropagation cannot be both set"))
        }
        if let policy, DeletionPropagation(rawValue: policy) == nil {
            errors.append(
                .notSupported(
                    FieldPath("propagationPolicy"), .string(policy),
                    supported: ["Foreground", "Background", "Orphan", "nil"]))
        }
        let dryRun = body["dryRun"]?.array ?? []
        if !dryRun.allSatisfy({ $0.string == "All" }) {
            errors.append(.notSupported(FieldPath("dryRun"), .array(dryRun), supported: ["All"]))
        }
        guard errors.isEmpty else {
            throw APIErrors.invalid(
                GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "DeleteOptions"), "", errors)
        }
    }
}
