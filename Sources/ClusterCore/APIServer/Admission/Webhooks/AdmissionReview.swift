import API
import JSON
import Machinery

/// What is sent to a webhook, and what it answers. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/webhook/request/admissionreview.go`, `errors/statuserror.go`.
enum AdmissionReview {
    /// An answer that is none, in upstream's words.
    struct Malformed: Error, Hashable {
        var message: String
    }

    struct Answer: Hashable {
        var isAllowed: Bool
        /// Of a refusal.
        var status: JSONValue
        /// RFC 6902; nil: nothing is changed.
        var patch: JSONValue?
        var warnings: [String]
    }

    /// - Parameters:
    ///   - kind: The version in which the webhook is shown the objects.
    ///   - object: In that version, as `old`.
    static func request(
        _ request: AdmissionRequest, for hook: AdmissionHook, as kind: KindDefinition, object: JSONValue, old: JSONValue,
        uid: String, fieldManager: String
    ) -> JSONValue {
        var body: JSONValue = ["uid": .string(uid)]
        for member in description(of: request, as: kind, fieldManager: fieldManager).object?.members ?? [] {
            body[member.key] = member.value
        }
        body["object"] = object
        body["oldObject"] = old
        return [
            "kind": "AdmissionReview", "apiVersion": .string("admission.k8s.io/\(hook.reviewVersion)"), "request": body,
        ]
    }

    /// Who wants to do what, without the objects themselves.
    static func description(of request: AdmissionRequest, as kind: KindDefinition, fieldManager: String) -> JSONValue {
        func kindName(_ kind: KindDefinition) -> JSONValue {
            let shown = kind.subresource(request.subresource)?.kind ?? kind.gvk
            return [
                "group": .string(shown.group), "version": .string(shown.version), "kind": .string(shown.kind),
            ]
        }
        func resourceName(_ kind: KindDefinition) -> JSONValue {
            [
                "group": .string(kind.gvr.group), "version": .string(kind.gvr.version),
                "resource": .string(kind.gvr.resource),
            ]
        }
        var body: JSONValue = ["kind": kindName(kind), "resource": resourceName(kind)]
        if !request.subresource.isEmpty { body["subResource"] = .string(request.subresource) }
        body["requestKind"] = kindName(request.kind)
        body["requestResource"] = resourceName(request.kind)
        if !request.subresource.isEmpty { body["requestSubResource"] = .string(request.subresource) }
        let name = request.displayName == nil ? request.key.name : ""
        if !name.isEmpty { body["name"] = .string(name) }
        let isNamespace = request.resource == Namespace.resource
        let namespace = isNamespace ? request.key.name : request.namespace
        if !namespace.isEmpty { body["namespace"] = .string(namespace) }
        body["operation"] = .string(request.operation.rawValue)
        body["userInfo"] = UserInfo.json(request.user)
        body["dryRun"] = .bool(request.isDryRun)
        body["options"] = options(request, fieldManager)
        return body
    }

    private static func options(_ request: AdmissionRequest, _ fieldManager: String) -> JSONValue {
        let kinds: [AdmissionRequest.Operation: JSONValue] = [
            .create: "CreateOptions", .update: "UpdateOptions", .delete: "DeleteOptions",
        ]
        guard let kind = kinds[request.operation] else { return .null }
        var options: JSONValue = ["kind": kind, "apiVersion": "meta.k8s.io/v1"]
        if request.isDryRun { options["dryRun"] = ["All"] }
        if !fieldManager.isEmpty, request.operation != .delete { options["fieldManager"] = .string(fieldManager) }
        return options
    }

    static func answer(_ json: JSONValue, to hook: AdmissionHook, uid: String, isMutating: Bool) throws(Malformed) -> Answer {
        guard let response = json["response"], response.object != nil else {
            throw Malformed(message: "webhook response was absent")
        }
        let isStrict = hook.reviewVersion == "v1"
        let expected = "admission.k8s.io/\(hook.reviewVersion)"
        if isStrict, json["kind"]?.string != "AdmissionReview" || json["apiVersion"]?.string != expected {
            throw Malformed(
                message: "expected webhook response of \(expected), Kind=AdmissionReview, got "
                    + "\(json["apiVersion"]?.string ?? ""), Kind=\(json["kind"]?.string ?? "")")
        }
        if isStrict, response["uid"]?.string != uid {
            throw Malformed(message: "expected response.uid=\"\(uid)\", got \"\(response["uid"]?.string ?? "")\"")
        }
        var answer = Answer(
            isAllowed: response["allowed"]?.bool ?? false, status: response["status"] ?? [:], patch: nil,
            warnings: response["warnings"]?.array?.compactMap(\.string) ?? [])
        guard let text = response["patch"]?.string, !text.isEmpty else { return answer }
        guard isMutating else {
            throw Malformed(message: "validating webhook may not return response.patch")
        }
        let type = response["patchType"]?.string ?? ""
        guard type == "JSONPatch" || (type.isEmpty && !isStrict) else {
            throw Malformed(message: "webhook returned response.patch but response.patchType is not 'JSONPatch'")
        }
        guard let bytes = Base64.decode(text), let patch = try? JSONParser.parse(bytes) else {
            throw Malformed(message: "webhook returned a response.patch that is no JSON")
        }
        answer.patch = patch
        return answer
    }

    /// The refusal that the client is told.
    static func refusal(_ answer: Answer, by hook: AdmissionHook) -> Status {
        let said = answer.status
        let denied = "admission webhook \"\(hook.name)\" denied the request"
        let (message, reason) = (said["message"]?.string ?? "", said["reason"]?.string ?? "")
        let why = message.isEmpty ? reason : message
        let text = why.isEmpty ? "\(denied) without explanation" : "\(denied): \(why)"
        return Status(code: max(400, Int(clamping: said["code"]?.int ?? 400)), reason: reason, message: text)
    }
}
