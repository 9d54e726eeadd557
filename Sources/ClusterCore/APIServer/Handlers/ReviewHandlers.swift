import API
import HTTP
import JSON
import Machinery

// Reviews: questions that are answered and forgotten.
extension APIHandler {
    /// Nil when the request is no review.
    func reviews(_ context: RequestContext) throws(Status) -> HTTPResponse? {
        let resource = context.info.resource
        guard ["authorization.k8s.io", "authentication.k8s.io"].contains(context.info.group) else { return nil }
        guard context.info.verb == "create", context.info.subresource.isEmpty else { throw APIErrors.methodNotAllowed }
        let decoded = try registry.decoder.decode(
            context.request.body, contentType: context.contentType, expecting: context.kind,
            fieldValidation: context.fieldValidation)
        var object = decoded.object
        let spec = object["spec"] ?? [:]
        object[path: ["metadata", "creationTimestamp"]] = object["metadata"]?["creationTimestamp"] ?? .null
        switch resource {
        case "selfsubjectaccessreviews": object["status"] = access(user: context.user, spec)
        case "subjectaccessreviews", "localsubjectaccessreviews":
            object["status"] = access(user: Self.subject(spec), spec)
        case "selfsubjectrulesreviews":
            object["status"] = rules(context.user, namespace: spec["namespace"]?.string ?? "")
        case "selfsubjectreviews": object["status"] = ["userInfo": Self.json(context.user)]
        case "tokenreviews": object["status"] = token(spec, now: context.now)
        default: return nil
        }
        return Responses.json(object, code: 201)
    }

    private static func subject(_ spec: JSONValue) -> User {
        var extra: [String: [String]] = [:]
        for member in spec["extra"]?.object?.members ?? [] {
            extra[member.key] = member.value.array?.compactMap(\.string) ?? []
        }
        return User(
            name: spec["user"]?.string ?? "", uid: spec["uid"]?.string ?? "",
            groups: spec["groups"]?.array?.compactMap(\.string) ?? [], extra: extra)
    }

    private func access(user: User, _ spec: JSONValue) -> JSONValue {
        let request: AccessRequest
        if let path = spec["nonResourceAttributes"] {
            request = AccessRequest(
                user: user, verb: path["verb"]?.string ?? "", nonResourcePath: path["path"]?.string ?? "")
        } else {
            let attributes = spec["resourceAttributes"] ?? [:]
            func text(_ name: String) -> String { attributes[name]?.string ?? "" }
            request = AccessRequest(
                user: user, verb: text("verb"), namespace: text("namespace"), group: text("group"),
                version: text("version"), resource: text("resource"), subresource: text("subresource"), name: text("name"))
        }
        return ["allowed": .bool(authorizer.allows(request))]
    }

    private func rules(_ user: User, namespace: String) -> JSONValue {
        let rules = authorizer.rules(for: user, namespace: namespace)
        return [
            "resourceRules": .array(rules.filter { $0.paths.isEmpty }.map(\.json)),
            "nonResourceRules": .array(rules.filter { !$0.paths.isEmpty }.map(\.json)), "incomplete": false,
        ]
    }

    private func token(_ spec: JSONValue, now: Timestamp) -> JSONValue {
        let asked = spec["audiences"]?.array?.compactMap(\.string) ?? []
        let audiences = asked.isEmpty ? tokenAudiences : asked
        guard let user = authenticator.user(token: spec["token"]?.string ?? "", audiences: audiences, now: now) else {
            return ["user": [:], "error": "[invalid bearer token]"]
        }
        return ["authenticated": true, "user": Self.json(user), "audiences": JSONValue(audiences)]
    }

    private static func json(_ user: User) -> JSONValue {
        var result: JSONValue = ["username": .string(user.name)]
        if !user.uid.isEmpty { result["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { result["groups"] = JSONValue(user.groups) }
        if !user.extra.isEmpty {
            result["extra"] = .object(
                JSONObject(user.extra.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: JSONValue($0.value)) }))
        }
        return result
    }
}
