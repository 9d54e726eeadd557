import API
import JSON

/// One rule of the Pod Security Standards, in every version of it.
struct PodSecurityCheck: Sendable {
    /// What is wrong with a pod: a short reason, and details with the names of containers.
    struct Violation: Hashable, Sendable {
        var reason: String
        var detail: String

        init(_ reason: String, _ detail: String) {
            self.reason = reason
            self.detail = detail
        }
    }

    /// A rule since one minor version of Kubernetes; nil: nothing to complain of.
    typealias Rule = @Sendable (PodSecuritySubject) -> Violation?

    let identifier: String
    /// In order of version.
    let versions: [(since: Int, rule: Rule)]
    /// The baseline check that this one says more strictly.
    let replaces: String?

    init(_ identifier: String, replaces: String? = nil, _ versions: (since: Int, rule: Rule)...) {
        self.identifier = identifier
        self.versions = versions
        self.replaces = replaces
    }

    func rule(at version: Int?) -> Rule? {
        guard let version else { return versions.last?.rule }
        return versions.last { $0.since <= version }?.rule
    }

    /// The violations of a pod, baseline rules first.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pod-security-admission/policy/registry.go`.
    static func violations(of subject: PodSecuritySubject, _ demand: PodSecurityPolicy.Demand) -> [Violation] {
        guard demand.level != .privileged else { return [] }
        let restricted = demand.level == .restricted ? PodSecurityRules.restricted : []
        let replaced = Set(restricted.filter { $0.rule(at: demand.version) != nil }.compactMap(\.replaces))
        return (PodSecurityRules.baseline.filter { !replaced.contains($0.identifier) } + restricted)
            .compactMap { $0.rule(at: demand.version)?(subject) }
    }
}

extension [PodSecurityCheck.Violation] {
    /// `host namespaces (hostNetwork=true), privileged (container "a" must not set ...)`.
    var details: String {
        map { $0.detail.isEmpty ? $0.reason : "\($0.reason) (\($0.detail))" }.joined(separator: ", ")
    }

    var reasons: String { map(\.reason).joined(separator: ", ") }
}

/// A pod, or the template of one, as the rules look at it.
struct PodSecuritySubject: Sendable {
    let annotations: [String: String]
    let spec: JSONValue

    init(metadata: JSONValue?, spec: JSONValue) {
        annotations = metadata?["annotations"]?.object?.strings ?? [:]
        self.spec = spec
    }

    /// Init containers first, ephemeral ones last.
    var containers: [JSONValue] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.array ?? [] }
    }

    var securityContext: JSONValue { spec["securityContext"] ?? [:] }
    var isWindows: Bool { spec["os"]?["name"]?.string == "windows" }
    /// Root inside of a user namespace is nobody outside.
    var hasOwnUsers: Bool { spec["hostUsers"]?.bool == false }

    /// The names of the containers for whose security context something holds.
    func names(where holds: (JSONValue) -> Bool) -> [String] {
        containers.filter { holds($0["securityContext"] ?? [:]) }.map(Self.name)
    }

    static func name(_ container: JSONValue) -> String { container["name"]?.string ?? "" }
}

/// Upstream's way to put lists into sentences.
enum Wording {
    static func quoted(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

    static func plural(_ one: String, _ many: String, _ count: Int) -> String { count == 1 ? one : many }

    /// `container "a"`, `containers "a", "b"`.
    static func containers(_ names: [String]) -> String {
        "\(plural("container", "containers", names.count)) \(quoted(names))"
    }

    /// `pod and container "a"`.
    static func setters(pod: Bool, containers names: [String]) -> String {
        ((pod ? ["pod"] : []) + (names.isEmpty ? [] : [containers(names)])).joined(separator: " and ")
    }
}
