import API
import JSON
import Machinery
import PKI

/// Who may have certificates approved and signed, and for which names.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/certificates/{approval,signing,subjectrestriction}`,
///   `pkg/registry/certificates/certificates/strategy.go`.
enum CertificateAdmission {
    static let clientSigner = "kubernetes.io/kube-apiserver-client"

    /// A request always says who really sent it.
    static func fillRequester(_ object: inout JSONValue, _ user: User) {
        var spec = object["spec"] ?? [:]
        spec["username"] = .string(user.name)
        spec["uid"] = user.uid.isEmpty ? .none : .some(.string(user.uid))
        spec["groups"] = user.groups.isEmpty ? .none : .some(JSONValue(user.groups))
        let extra = user.extra.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: JSONValue($0.value)) }
        spec["extra"] = extra.isEmpty ? .none : .some(.object(JSONObject(extra)))
        object["spec"] = spec
        object["status"] = [:]
    }

    /// Nobody gets a client certificate of the group that may do everything.
    static func checkSubject(_ object: JSONValue, _ kind: KindDefinition) throws(Status) {
        guard object["spec"]?["signerName"]?.string == clientSigner else { return }
        let name = object["metadata"]?["name"]?.string ?? ""
        guard let bytes = object["spec"]?["request"]?.string.flatMap(Base64.decode) else { return }
        let request: SigningRequest
        do throws(PKIError) {
            request = try SigningRequest(pem: bytes)
        } catch {
            throw APIErrors.forbidden(kind.gvr, name, "failed to parse CSR: \(error)")
        }
        guard request.organizations.contains(User.mastersGroup) else { return }
        throw APIErrors.forbidden(
            kind.gvr, name, "use of \(clientSigner) signer with \(User.mastersGroup) group is not allowed")
    }

    static func checkApproval(
        _ old: JSONValue, _ kind: KindDefinition, _ user: User, _ authorizer: Authorizer
    ) throws(Status) {
        try check("approve", old, kind, user, authorizer)
    }

    /// Only a change of the certificate or the conditions is signing.
    static func checkSigning(
        _ new: JSONValue, old: JSONValue, _ kind: KindDefinition, _ user: User, _ authorizer: Authorizer
    ) throws(Status) {
        let isSame = ["certificate", "conditions"].allSatisfy { new["status"]?[$0] == old["status"]?[$0] }
        if !isSame { try check("sign", old, kind, user, authorizer) }
    }

    private static func check(
        _ verb: String, _ object: JSONValue, _ kind: KindDefinition, _ user: User, _ authorizer: Authorizer
    ) throws(Status) {
        let signer = object["spec"]?["signerName"]?.string ?? ""
        let domain = signer.split(separator: "/", maxSplits: 1).first.map(String.init) ?? ""
        for name in [signer, "\(domain)/*"] {
            let request = AccessRequest(
                user: user, verb: verb, group: kind.gvr.group, version: "*", resource: "signers", name: name)
            if authorizer.allows(request) { return }
        }
        throw APIErrors.forbidden(
            kind.gvr, object["metadata"]?["name"]?.string ?? "",
            "user not permitted to \(verb) requests with signerName \"\(signer)\"")
    }
}

/// The `approval` subresource: conditions alone are written, and what was decided stays decided.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/certificates/certificates/strategy.go` (`csrApprovalStrategy`),
///   `pkg/apis/certificates/validation`.
enum CertificateApproval {
    /// - Returns: `old` with the conditions of `body`, their times filled in.
    static func merge(_ body: JSONValue, into old: JSONValue, now: Timestamp) -> JSONValue {
        var new = old
        // The revision that was found is no precondition: the write is made again when someone was faster.
        let revision = body["metadata"]?["resourceVersion"]
        new[path: ["metadata", "resourceVersion"]] = revision == old["metadata"]?["resourceVersion"] ? nil : revision
        for name in ["labels", "annotations"] {
            new[path: ["metadata", name]] = body["metadata"]?[name]
        }
        guard let conditions = body["status"]?["conditions"]?.array else {
            if old["status"]?["conditions"] != nil { new[path: ["status", "conditions"]] = nil }
            return new
        }
        let before = old["status"]?["conditions"]?.array ?? []
        new[path: ["status", "conditions"]] = .array(conditions.map { stamped($0, before, now: now) })
        return new
    }

    static func stamped(_ condition: JSONValue, _ before: [JSONValue], now: Timestamp) -> JSONValue {
        var condition = condition
        let time = JSONValue.string(now.description)
        let known = before.first { $0["type"] == condition["type"] && $0["status"] == condition["status"] }
        if (condition["lastTransitionTime"]?.string ?? "").isEmpty {
            condition["lastTransitionTime"] = known?["lastTransitionTime"] ?? time
        }
        if (condition["lastUpdateTime"]?.string ?? "").isEmpty { condition["lastUpdateTime"] = known?["lastUpdateTime"] ?? time }
        return condition
    }
}
