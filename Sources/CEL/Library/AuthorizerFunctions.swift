/// Answers what a user may do.
package protocol AuthorizationSource: Sendable {
    func decide(_ query: AuthorizationQuery) -> AuthorizationAnswer
}

/// One question to an authorizer.
package struct AuthorizationQuery: Hashable, Sendable {
    /// Namespace and name of a service account that is asked about; nil: the user of the request.
    package var serviceAccount: [String]?
    package var verb = ""
    /// Not empty: a path that is no resource.
    package var path = ""
    package var group = ""
    package var resource = ""
    package var subresource = ""
    package var namespace = ""
    package var name = ""
    package var fieldSelector = ""
    package var labelSelector = ""

    package init() {}
}

package struct AuthorizationAnswer: Hashable, Sendable {
    package var isAllowed: Bool
    package var reason: String
    /// Why there is no answer; nil: there is one.
    package var error: String?

    package init(isAllowed: Bool, reason: String = "", error: String? = nil) {
        self.isAllowed = isAllowed
        self.reason = reason
        self.error = error
    }
}

/// A question in the making, or its answer.
package struct AuthorizerValue: Sendable {
    enum Stage: Hashable, Sendable {
        case authorizer, path, group, resource
        case decision(AuthorizationAnswer)
    }

    var source: any AuthorizationSource
    var query = AuthorizationQuery()
    var stage = Stage.authorizer

    package init(_ source: any AuthorizationSource) { self.source = source }

    var typeName: String {
        switch stage {
        case .authorizer: "kubernetes.authorization.Authorizer"
        case .path: "kubernetes.authorization.PathCheck"
        case .group: "kubernetes.authorization.GroupCheck"
        case .resource: "kubernetes.authorization.ResourceCheck"
        case .decision: "kubernetes.authorization.Decision"
        }
    }

    fileprivate func at(_ stage: Stage, _ change: (inout AuthorizationQuery) -> Void) -> CELValue {
        var result = self
        result.stage = stage
        change(&result.query)
        return .opaque(.authorizer(result))
    }

    /// Asks about one resource.
    package func asking(_ query: AuthorizationQuery) -> CELValue {
        var result = self
        result.query = query
        result.stage = .resource
        return .opaque(.authorizer(result))
    }
}

extension SchemaType {
    package static let authorizer = SchemaType(.opaque("kubernetes.authorization.Authorizer", []))
    package static let resourceCheck = SchemaType(.opaque("kubernetes.authorization.ResourceCheck", []))
}

/// Questions to the authorizer of the server.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/library/authz.go`.
enum AuthorizerFunctions: FunctionLibrary {
    static let declarations: String = {
        let space = "kubernetes.authorization."
        var lines = [
            "\(space)Authorizer: path(string) -> \(space)PathCheck", "\(space)PathCheck: check(string) -> \(space)Decision",
            "\(space)Authorizer: group(string) -> \(space)GroupCheck",
            "\(space)Authorizer: serviceAccount(string, string) -> \(space)Authorizer",
            "\(space)GroupCheck: resource(string) -> \(space)ResourceCheck",
            "\(space)ResourceCheck: check(string) -> \(space)Decision", "\(space)Decision: errored() -> bool",
            "\(space)Decision: error() -> string", "\(space)Decision: allowed() -> bool", "\(space)Decision: reason() -> string",
        ]
        for name in ["subresource", "namespace", "name", "fieldSelector", "labelSelector"] {
            lines.append("\(space)ResourceCheck: \(name)(string) -> \(space)ResourceCheck")
        }
        return lines.joined(separator: "\n")
    }()

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        guard case .opaque(.authorizer(let value)) = arguments.first else { return nil }
        let texts = arguments.dropFirst().compactMap(\.string)
        guard texts.count == arguments.count - 1 else { return nil }
        switch (value.stage, name, texts.count) {
        case (.authorizer, "path", 1):
            guard !texts[0].isEmpty else { throw EvaluationError("path must not be empty") }
            return value.at(.path) { $0.path = texts[0] }
        case (.authorizer, "group", 1): return value.at(.group) { $0.group = texts[0] }
        case (.authorizer, "serviceAccount", 2): return value.at(.authorizer) { $0.serviceAccount = texts }
        case (.group, "resource", 1):
            guard !texts[0].isEmpty else { throw EvaluationError("resource must not be empty") }
            return value.at(.resource) { $0.resource = texts[0] }
        case (.resource, "subresource", 1): return value.at(.resource) { $0.subresource = texts[0] }
        case (.resource, "namespace", 1): return value.at(.resource) { $0.namespace = texts[0] }
        case (.resource, "name", 1): return value.at(.resource) { $0.name = texts[0] }
        case (.resource, "fieldSelector", 1): return value.at(.resource) { $0.fieldSelector = texts[0] }
        case (.resource, "labelSelector", 1): return value.at(.resource) { $0.labelSelector = texts[0] }
        case (.resource, "check", 1), (.path, "check", 1):
            var query = value.query
            query.verb = texts[0]
            return value.at(.decision(value.source.decide(query))) { _ in }
        case (.decision(let answer), _, 0): return read(name, answer)
        default: return nil
        }
    }

    private static func read(_ name: String, _ answer: AuthorizationAnswer) -> CELValue? {
        switch name {
        case "allowed": .bool(answer.isAllowed)
        case "reason": .string(answer.reason)
        case "errored": .bool(answer.error != nil)
        case "error": .string(answer.error ?? "")
        default: nil
        }
    }
}
