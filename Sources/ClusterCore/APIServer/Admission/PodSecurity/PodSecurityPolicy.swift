import API
import JSON

/// What the labels of a namespace ask of its pods.
///
/// - SeeAlso: Kubernetes 1.36 `pod-security-admission/api/helpers.go`, `PolicyToEvaluate`.
struct PodSecurityPolicy: Hashable, Sendable {
    enum Level: String, Hashable, Sendable, Comparable, CaseIterable {
        case privileged, baseline, restricted

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    /// `baseline:v1.30`.
    struct Demand: Hashable, Sendable, CustomStringConvertible {
        var level: Level
        /// The minor version of Kubernetes whose rules count; nil: this server's.
        var version: Int?

        static let nothing = Demand(level: .privileged)

        var description: String { "\(level):\(version.map { "v1.\($0)" } ?? "latest")" }
    }

    /// Violations are refused.
    var enforce = Demand.nothing
    /// Violations are told to the audit log.
    var audit = Demand.nothing
    /// Violations are told to the client.
    var warn = Demand.nothing

    static let labelPrefix = "pod-security.kubernetes.io/"

    var isPrivileged: Bool { [enforce, audit, warn].allSatisfy { $0.level == .privileged } }

    /// Labels that make no sense are errors; what they would have said is the strictest for `enforce`, nothing for the others.
    static func read(_ labels: [String: String]) -> (policy: PodSecurityPolicy, errors: [FieldError]) {
        var policy = PodSecurityPolicy()
        var errors: [FieldError] = []
        func complain(_ label: String, _ value: String, _ why: String) {
            errors.append(.invalid(FieldPath("metadata")("labels").key(labelPrefix + label), .string(value), why))
        }
        func level(_ label: String, otherwise: Level) -> Level? {
            guard let text = labels[labelPrefix + label] else { return nil }
            if let level = Level(rawValue: text) { return level }
            complain(label, text, "must be one of \(Level.allCases.map(\.rawValue).joined(separator: ", "))")
            return otherwise
        }
        func version(_ label: String) -> Int?? {
            guard let text = labels[labelPrefix + label] else { return nil }
            if text == "latest" { return .some(nil) }
            if text.hasPrefix("v1."), let minor = Int(text.dropFirst(3)), text == "v1.\(minor)", minor >= 0 { return minor }
            complain(label, text, "must be \"latest\" or \"v1.x\"")
            return .some(nil)
        }
        let count = errors.count
        let enforced = level("enforce", otherwise: .restricted)
        let isEnforceKnown = enforced != nil && errors.count == count
        if let enforced { policy.enforce.level = enforced }
        if let found = version("enforce-version") { policy.enforce.version = found }
        if let found = level("audit", otherwise: .privileged) { policy.audit.level = found }
        if let found = version("audit-version") { policy.audit.version = found }
        let warned = level("warn", otherwise: .privileged)
        if let warned { policy.warn.level = warned }
        let warnVersion = version("warn-version")
        if let warnVersion { policy.warn.version = warnVersion }
        // Who is to obey a rule is also told of it, for the controllers whose pods would be refused later.
        if warned == nil, isEnforceKnown, policy.enforce.level > policy.warn.level {
            policy.warn.level = policy.enforce.level
            if warnVersion == nil { policy.warn.version = policy.enforce.version }
        }
        return (policy, errors)
    }
}
