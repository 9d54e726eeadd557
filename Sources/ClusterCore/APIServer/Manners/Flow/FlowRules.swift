import API
import JSON

/// The flow schemas and priority levels of one moment, in the order in which they are tried. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/util/flowcontrol/rule.go`, `apf_controller.go`.
struct FlowRules: Sendable {
    /// What becomes of one request.
    struct Class: Hashable, Sendable {
        var schema: String
        var schemaUID: String
        var level: FlowLevel
        var levelUID: String
        /// Requests of one flow wait in one line.
        var flow: String
    }

    private struct Rule: Sendable {
        var subjects: [JSONValue]
        var resourceRules: [JSONValue]
        var nonResourceRules: [JSONValue]
    }

    private struct Schema: Sendable {
        var name: String
        var uid: String
        var precedence: Int
        var distinguisher: String
        var rules: [Rule]
        var level: FlowLevel
        var levelUID: String
    }

    private let schemas: [Schema]
    let levels: [FlowLevel]

    /// - Parameter seats: Of the whole server, to be shared out among the levels.
    init(schemas: [FlowSchema], levels: [PriorityLevelConfiguration], seats: Int) {
        let shares = max(1, levels.reduce(0) { $0 + $1.shares })
        let known = Dictionary(
            levels.map { level in
                let nominal = (seats * level.shares + shares - 1) / shares
                return (
                    level.metadata.name,
                    (
                        FlowLevel(
                            name: level.metadata.name, isExempt: level.isExempt, nominalSeats: nominal,
                            queueLengthMax: level.queueLengthMax, flowQueueLengthMax: level.flowQueueLengthMax),
                        level.metadata.uid
                    )
                )
            }
        ) { first, _ in first }
        self.levels = known.values.map(\.0).sorted { $0.name < $1.name }
        self.schemas = schemas.compactMap { schema in
            guard let (level, uid) = known[schema.priorityLevel] else { return nil }
            return Schema(
                name: schema.metadata.name, uid: schema.metadata.uid, precedence: schema.matchingPrecedence,
                distinguisher: schema.spec["distinguisherMethod"]?["type"]?.string ?? "",
                rules: (schema.spec["rules"]?.array ?? []).map {
                    Rule(
                        subjects: $0["subjects"]?.array ?? [], resourceRules: $0["resourceRules"]?.array ?? [],
                        nonResourceRules: $0["nonResourceRules"]?.array ?? [])
                }, level: level, levelUID: uid)
        }.sorted { ($0.precedence, $0.name) < ($1.precedence, $1.name) }
    }

    /// Nil when no schema takes the request: the server has none yet.
    func classify(_ request: AccessRequest) -> Class? {
        guard let schema = schemas.first(where: { $0.rules.contains { Self.matches($0, request) } }) else { return nil }
        let flow =
            switch schema.distinguisher {
            case "ByUser": request.user.name
            case "ByNamespace": request.namespace
            default: ""
            }
        return Class(
            schema: schema.name, schemaUID: schema.uid, level: schema.level, levelUID: schema.levelUID,
            flow: "\(schema.name)\u{1}\(flow)")
    }

    private static func matches(_ rule: Rule, _ request: AccessRequest) -> Bool {
        guard rule.subjects.contains(where: { isMeant($0, request.user) }) else { return false }
        if let path = request.nonResourcePath {
            return rule.nonResourceRules.contains {
                has($0["verbs"], request.verb)
                    && ($0["nonResourceURLs"]?.array ?? []).contains { covers($0.string ?? "", path) }
            }
        }
        return rule.resourceRules.contains { rule in
            guard has(rule["verbs"], request.verb), has(rule["apiGroups"], request.group),
                has(rule["resources"], request.combinedResource)
            else { return false }
            return request.namespace.isEmpty
                ? rule["clusterScope"]?.bool ?? false : has(rule["namespaces"], request.namespace)
        }
    }

    private static func isMeant(_ subject: JSONValue, _ user: User) -> Bool {
        switch subject["kind"]?.string {
        case "User":
            let name = subject["user"]?["name"]?.string ?? ""
            return name == "*" || name == user.name
        case "Group":
            let name = subject["group"]?["name"]?.string ?? ""
            return name == "*" || user.groups.contains(name)
        case "ServiceAccount":
            let account = subject["serviceAccount"]
            let prefix = "system:serviceaccount:\(account?["namespace"]?.string ?? ""):"
            guard user.name.hasPrefix(prefix) else { return false }
            let name = account?["name"]?.string ?? ""
            return name == "*" || user.name.dropFirst(prefix.count) == name
        default: return false
        }
    }

    private static func has(_ names: JSONValue?, _ name: String) -> Bool {
        (names?.array ?? []).contains { $0.string == "*" || $0.string == name }
    }

    private static func covers(_ pattern: String, _ path: String) -> Bool {
        pattern == "*" || pattern == path || (pattern.hasSuffix("/*") && path.hasPrefix(pattern.dropLast()))
    }
}

/// How many requests of one priority level are worked on at once, and how many may wait.
struct FlowLevel: Hashable, Sendable {
    var name: String
    /// No limit counts.
    var isExempt: Bool
    /// What the level has whatever the others do; more while seats are idle.
    var nominalSeats: Int
    /// Zero: requests without a seat are refused at once.
    var queueLengthMax: Int
    /// Requests of one flow that may wait.
    var flowQueueLengthMax: Int
}
