import API
import HTTP
import JSON
import Machinery

// Reviews: questions that are answered and forgotten.
extension APIHandler {
    /// Nil when the request is no review.
    func reviews(_ context: RequestContext) throws(Status) -> HTTPResponse? {
        guard ["authorization.k8s.io", "authentication.k8s.io"].contains(context.info.group) else { return nil }
        guard context.info.verb == "create", context.info.subresource.isEmpty else { throw APIErrors.methodNotAllowed }
        let decoded = try registry.decoder.decode(
            context.request.body, contentType: context.contentType, expecting: context.kind,
            fieldValidation: context.fieldValidation)
        var object = decoded.object
        object[path: ["metadata", "creationTimestamp"]] = object["metadata"]?["creationTimestamp"] ?? .null
        let spec = object["spec"] ?? [:]
        switch context.info.resource {
        case "selfsubjectaccessreviews", "subjectaccessreviews", "localsubjectaccessreviews":
            object["status"] = try accessReview(context, object, spec)
        case "selfsubjectrulesreviews": object["status"] = try rules(context.user, namespace: spec["namespace"]?.string ?? "")
        case "selfsubjectreviews":
            object[path: ["metadata", "creationTimestamp"]] = .string(context.now.description)
            object["status"] = ["userInfo": UserInfo.json(context.user)]
        case "tokenreviews": object["status"] = try token(object, now: context.now)
        default: return nil
        }
        var response = Responses.json(object, code: 201)
        Responses.addWarnings(decoded.warnings, to: &response)
        return response
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/authorization`, `pkg/apis/authorization/validation`.
    private func accessReview(
        _ context: RequestContext, _ object: JSONValue, _ spec: JSONValue
    ) throws(Status) -> JSONValue {
        let isSelf = context.info.resource == "selfsubjectaccessreviews"
        var object = object
        if context.info.resource == "localsubjectaccessreviews" {
            let namespace = object["metadata"]?["namespace"]?.string ?? ""
            guard namespace.isEmpty || namespace == context.info.namespace else { throw ObjectRegistry.namespaceMismatch }
            object[path: ["metadata", "namespace"]] = .string(context.info.namespace)
        }
        let errors = context.kind.rules.validate(object)
        guard errors.isEmpty else { throw APIErrors.invalid(context.kind.gvk, "", errors) }
        let user = isSelf ? context.user : AccessReviewSubject.subject(spec)
        let decision = authorizer.decide(AccessReviewSubject.request(user, spec))
        var status: JSONValue = ["allowed": .bool(decision.isAllowed)]
        if !decision.reason.isEmpty { status["reason"] = .string(decision.reason) }
        return status
    }

    private func rules(_ user: User, namespace: String) throws(Status) -> JSONValue {
        guard !namespace.isEmpty else { throw APIErrors.badRequest("no namespace on request") }
        let (rules, problem) = authorizer.rules(for: user, namespace: namespace)
        var resources: [JSONValue] = []
        var paths: [JSONValue] = []
        for rule in rules {
            if !rule.resources.isEmpty { resources.append(rule.json) }
            if !rule.paths.isEmpty {
                paths.append(["verbs": JSONValue(rule.verbs), "nonResourceURLs": JSONValue(rule.paths)])
            }
        }
        var status: JSONValue = [
            "resourceRules": .array(resources), "nonResourceRules": .array(paths), "incomplete": .bool(problem != nil),
        ]
        if let problem { status["evaluationError"] = .string(problem) }
        return status
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/authentication/tokenreview/storage.go`.
    private func token(_ object: JSONValue, now: Timestamp) throws(Status) -> JSONValue {
        let token = object["spec"]?["token"]?.string ?? ""
        guard !token.isEmpty else { throw APIErrors.badRequest("token is required for TokenReview in authentication") }
        let asked = object["spec"]?["audiences"]?.array?.compactMap(\.string) ?? []
        do throws(ServiceAccountTokens.Refusal) {
            let holder = try authenticator.holder(
                of: token, audiences: asked.isEmpty ? authenticator.audiences : asked, now: now)
            return ["authenticated": true, "user": UserInfo.json(holder.user), "audiences": JSONValue(holder.audiences)]
        } catch {
            let invalid = "invalid bearer token"
            return ["user": [:], "error": .string(error.reason.isEmpty ? invalid : "[\(invalid), \(error.reason)]")]
        }
    }
}

/// The request that an access review describes. Pure.
enum AccessReviewSubject {
    static func subject(_ spec: JSONValue) -> User {
        var extra: [String: [String]] = [:]
        for member in spec["extra"]?.object?.members ?? [] {
            extra[member.key.lowercased()] = member.value.array?.compactMap(\.string) ?? []
        }
        return User(
            name: spec["user"]?.string ?? "", uid: spec["uid"]?.string ?? "",
            groups: spec["groups"]?.array?.compactMap(\.string) ?? [], extra: extra)
    }

    static func request(_ user: User, _ spec: JSONValue) -> AccessRequest {
        if let path = spec["nonResourceAttributes"] {
            return AccessRequest(user: user, verb: path["verb"]?.string ?? "", nonResourcePath: path["path"]?.string ?? "")
        }
        let attributes = spec["resourceAttributes"] ?? [:]
        func text(_ name: String) -> String { attributes[name]?.string ?? "" }
        var request = AccessRequest(
            user: user, verb: text("verb"), namespace: text("namespace"), group: text("group"), version: text("version"),
            resource: text("resource"), subresource: text("subresource"), name: text("name"))
        request.fields = fields(attributes["fieldSelector"])
        return request
    }

    /// Only equalities count; a selector that cannot be read narrows nothing.
    private static func fields(_ selector: JSONValue?) -> FieldSelector {
        if let raw = selector?["rawSelector"]?.string, !raw.isEmpty {
            return (try? FieldSelector(parsing: raw)) ?? .everything
        }
        let terms = (selector?["requirements"]?.array ?? []).compactMap { requirement -> FieldSelector.Term? in
            guard requirement["operator"]?.string == "In", let values = requirement["values"]?.array, values.count == 1,
                let value = values[0].string
            else { return nil }
            return FieldSelector.Term(field: requirement["key"]?.string ?? "", value: value)
        }
        return FieldSelector(terms)
    }
}
