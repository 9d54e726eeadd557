import API
package import JSON

/// Which requests are written down, and how much of them.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/audit/policy/{checker,reader}.go`, `apiserver/pkg/apis/audit/v1/types.go`.
package struct AuditPolicy: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable, Comparable {
        case none = "None"
        case metadata = "Metadata"
        case request = "Request"
        case requestResponse = "RequestResponse"

        private var rank: Int {
            switch self {
            case .none: 0
            case .metadata: 1
            case .request: 2
            case .requestResponse: 3
            }
        }

        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    package enum Stage: String, Hashable, Sendable, CaseIterable {
        case requestReceived = "RequestReceived"
        /// Of watches and other streams, when their head is sent.
        case responseStarted = "ResponseStarted"
        case responseComplete = "ResponseComplete"
        case panic = "Panic"
    }

    /// What is done with one request.
    package struct Verdict: Hashable, Sendable {
        package var level: Level
        package var omittedStages: Set<Stage>
        package var omitsManagedFields: Bool
    }

    /// The policy's text is not one.
    package struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    struct GroupResources: Hashable, Sendable {
        var group: String
        var resources: [String]
        var names: [String]
    }

    struct Rule: Hashable, Sendable {
        var level: Level
        var users: [String]
        var groups: [String]
        var verbs: [String]
        var namespaces: [String]
        var resources: [GroupResources]
        var paths: [String]
        var omittedStages: Set<Stage>
        var omitsManagedFields: Bool?
    }

    var rules: [Rule]
    var omittedStages: Set<Stage>
    var omitsManagedFields: Bool

    package init(json: JSONValue) throws(Malformed) {
        let version = json["apiVersion"]?.string ?? ""
        guard json["kind"]?.string == "Policy", version == "audit.k8s.io/v1" else {
            throw Malformed(description: "unknown group version field \(version) in policy: want kind Policy of audit.k8s.io/v1")
        }
        let rules = json["rules"]?.array ?? []
        guard !rules.isEmpty else { throw Malformed(description: "loaded illegal policy with 0 rules") }
        self.rules = []
        for (index, rule) in rules.enumerated() { self.rules.append(try Self.rule(rule, index)) }
        omittedStages = try Self.stages(json, "omitStages")
        omitsManagedFields = json["omitManagedFields"]?.bool ?? false
    }

    /// The first rule that matches decides; none: nothing is written.
    package func verdict(_ request: AccessRequest) -> Verdict {
        guard let rule = rules.first(where: { $0.matches(request) }) else {
            return Verdict(level: .none, omittedStages: omittedStages, omitsManagedFields: omitsManagedFields)
        }
        return Verdict(
            level: rule.level, omittedStages: omittedStages.union(rule.omittedStages),
            omitsManagedFields: rule.omitsManagedFields ?? omitsManagedFields)
    }

    private static func rule(_ json: JSONValue, _ index: Int) throws(Malformed) -> Rule {
        let path = "rules[\(index)]"
        let text = json["level"]?.string ?? ""
        guard let level = Level(rawValue: text) else {
            throw Malformed(
                description: text.isEmpty
                    ? "\(path).level: Required value" : "\(path).level: Unsupported value: \"\(text)\"")
        }
        func strings(_ json: JSONValue, _ name: String) -> [String] { (json[name]?.array ?? []).compactMap(\.string) }
        let resources = (json["resources"]?.array ?? []).map { entry in
            GroupResources(
                group: entry["group"]?.string ?? "", resources: strings(entry, "resources"),
                names: strings(entry, "resourceNames"))
        }
        let rule = Rule(
            level: level, users: strings(json, "users"), groups: strings(json, "userGroups"), verbs: strings(json, "verbs"),
            namespaces: strings(json, "namespaces"), resources: resources, paths: strings(json, "nonResourceURLs"),
            omittedStages: try stages(json, "\(path).omitStages"), omitsManagedFields: json["omitManagedFields"]?.bool)
        if !rule.paths.isEmpty, !rule.resources.isEmpty || !rule.namespaces.isEmpty {
            throw Malformed(
                description: "\(path).nonResourceURLs: Invalid value: rules cannot apply to both regular resources and "
                    + "non-resource URLs")
        }
        for entry in rule.resources where entry.resources.isEmpty && !entry.names.isEmpty {
            throw Malformed(
                description: "\(path).resources.resourceNames: Invalid value: using resourceNames requires at least one resource")
        }
        return rule
    }

    private static func stages(_ json: JSONValue, _ path: String) throws(Malformed) -> Set<Stage> {
        var result: Set<Stage> = []
        for text in (json["omitStages"]?.array ?? []).compactMap(\.string) {
            guard let stage = Stage(rawValue: text) else {
                throw Malformed(description: "\(path): Unsupported value: \"\(text)\"")
            }
            result.insert(stage)
        }
        return result
    }
}

extension AuditPolicy.Rule {
    func matches(_ request: AccessRequest) -> Bool {
        if !users.isEmpty, !users.contains(request.user.name) { return false }
        if !groups.isEmpty, !request.user.groups.contains(where: groups.contains) { return false }
        if !verbs.isEmpty, !verbs.contains(request.verb) { return false }
        if !namespaces.isEmpty || !resources.isEmpty { return matchesResource(request) }
        guard !paths.isEmpty else { return true }
        guard let path = request.nonResourcePath else { return false }
        return paths.contains { $0 == "*" || $0 == path || ($0.hasSuffix("*") && path.hasPrefix($0.dropLast())) }
    }

    private func matchesResource(_ request: AccessRequest) -> Bool {
        guard request.nonResourcePath == nil else { return false }
        if !namespaces.isEmpty, !namespaces.contains(request.namespace) { return false }
        if resources.isEmpty { return true }
        return resources.contains { entry in
            guard entry.group == request.group else { return false }
            if entry.resources.isEmpty { return true }
            guard entry.names.isEmpty || entry.names.contains(request.name) else { return false }
            return entry.resources.contains { pattern in
                pattern == "*" || pattern == request.combinedResource || pattern == "\(request.resource)/*"
                    || (!request.subresource.isEmpty && pattern == "*/\(request.subresource)")
            }
        }
    }
}
