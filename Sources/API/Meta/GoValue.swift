package import JSON

/// How upstream prints whole values of its internal types in messages: as JSON under the names of the Go fields.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/validation/field/errors.go`, `ErrorBody`; `pkg/apis/core/types.go`.
package enum GoValue {
    /// A pointer that is nil.
    package static let null: JSONValue = "null"

    static func object(_ fields: [(String, JSONValue?)]) -> JSONValue {
        .object(JSONObject(fields.map { JSONObject.Member(key: $0.0, value: $0.1 ?? .null) }))
    }

    package static func servicePort(transport: String, port: Int64) -> JSONValue {
        object([
            ("Name", ""), ("Protocol", .string(transport)), ("AppProtocol", nil), ("Port", .int(port)), ("TargetPort", 0),
            ("NodePort", 0),
        ])
    }

    package static func taint(_ taint: JSONValue) -> JSONValue {
        object([
            ("Key", .string(taint.text("key"))), ("Value", .string(taint.text("value"))),
            ("Effect", .string(taint.text("effect"))), ("TimeAdded", taint["timeAdded"]),
        ])
    }

    package static func nodeAddress(_ address: JSONValue) -> JSONValue {
        object([("Type", .string(address.text("type"))), ("Address", .string(address.text("address")))])
    }

    package static func addresses(_ addresses: [JSONValue]) -> JSONValue {
        .array(addresses.map { object([("IP", .string($0.text("ip")))]) })
    }

    package static func resourceClaim(_ claim: JSONValue) -> JSONValue {
        object([
            ("Name", .string(claim.text("name"))), ("ResourceClaimName", claim["resourceClaimName"]),
            ("ResourceClaimTemplateName", claim["resourceClaimTemplateName"]),
        ])
    }

    static func securityContext(_ context: JSONValue) -> JSONValue {
        object(
            [
                "capabilities", "privileged", "seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot",
                "readOnlyRootFilesystem", "allowPrivilegeEscalation", "procMount", "seccompProfile", "appArmorProfile",
            ].map { (goName($0), context[$0].map(renamed)) })
    }

    static func nodeSelectorTerm(_ term: JSONValue) -> JSONValue {
        func requirements(_ field: String) -> JSONValue? {
            term[field]?.array.map { list in
                .array(
                    list.map {
                        object([("Key", $0["key"]), ("Operator", $0["operator"]), ("Values", $0["values"])])
                    })
            }
        }
        return object([("MatchExpressions", requirements("matchExpressions")), ("MatchFields", requirements("matchFields"))])
    }

    /// Every member under its Go name.
    static func renamed(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(JSONObject(object.members.map { JSONObject.Member(key: goName($0.key), value: renamed($0.value)) }))
        case .array(let values): .array(values.map(renamed))
        default: value
        }
    }

    private static let initials = ["ip": "IP", "uid": "UID", "tty": "TTY", "ips": "IPs", "podIP": "PodIP", "os": "OS"]

    /// `runAsUser` is `RunAsUser`.
    static func goName(_ name: String) -> String {
        initials[name] ?? name.prefix(1).uppercased() + name.dropFirst()
    }
}
