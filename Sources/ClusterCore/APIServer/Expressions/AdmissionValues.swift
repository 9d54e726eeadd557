import API
import CEL
import JSON
import Machinery
import Synchronization

/// The variables of expressions about one request.
struct AdmissionValues {
    private(set) var variables: [String: CELValue]
    private var lazy: PolicyVariables?

    /// - Parameters:
    ///   - kind: The version in which expressions see the objects.
    ///   - namespace: The object's; nil: it has none.
    init(_ request: AdmissionRequest, as kind: KindDefinition, fieldManager: String, namespace: JSONValue?) {
        func shown(_ object: JSONValue?) -> CELValue {
            guard let object, object.object != nil else { return .null }
            return CELValue(KindEquivalence.convert(object, from: request.kind, to: kind))
        }
        variables = [
            "object": shown(request.object), "oldObject": shown(request.old),
            "request": CELValue(
                AdmissionReview.description(of: request, as: kind, fieldManager: fieldManager), AdmissionEnvironment.request),
            "namespaceObject": namespace.map { CELValue($0, AdmissionEnvironment.namespace) } ?? .null, "params": .null,
        ]
    }

    mutating func set(params: JSONValue?) { variables["params"] = params.map { CELValue($0) } ?? .null }

    /// Gives expressions an authorizer that answers for the user of the request.
    mutating func set(_ authorizer: Authorizer, _ request: AdmissionRequest) {
        let value = AuthorizerValue(RequestAuthorization(authorizer: authorizer, user: request.user))
        var query = AuthorizationQuery()
        query.group = request.kind.gvr.group
        query.resource = request.kind.gvr.resource
        query.subresource = request.subresource
        query.namespace = request.namespace
        query.name = request.key.name
        variables["authorizer"] = .opaque(.authorizer(value))
        variables["authorizer.requestResource"] = value.asking(query)
    }

    /// The same without what is left to validations.
    var withoutAuthorizer: AdmissionValues {
        var result = self
        result.variables["authorizer"] = nil
        result.variables["authorizer.requestResource"] = nil
        return result
    }

    mutating func define(_ definitions: [PolicyVariables.Definition]) {
        let lazy = PolicyVariables(definitions, variables)
        self.lazy = lazy
        variables["variables"] = .map(CELMap(lazy))
    }

    /// What variables cost since this was last asked.
    func takeLazyCost() -> UInt64 { lazy?.takeCost() ?? 0 }
}

/// `variables.name`: worked out when it is first asked for, then kept.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/cel/composition.go`.
final class PolicyVariables: LazyMembers {
    struct Definition: Sendable {
        var name: String
        var expression: AdmissionExpression
    }

    private struct State {
        var known: [String: Result<CELValue, EvaluationError>] = [:]
        var cost: UInt64 = 0
        /// Levels of the expressions that are being evaluated, one within the other.
        var levels = 0
    }

    /// A chain of variables must not use up the stack.
    private static let levelsMax = 600

    private let definitions: [String: Definition]
    private let base: [String: CELValue]
    private let state = Mutex(State())

    init(_ definitions: [Definition], _ base: [String: CELValue]) {
        self.definitions = Dictionary(definitions.map { ($0.name, $0) }) { first, _ in first }
        self.base = base
    }

    func takeCost() -> UInt64 {
        state.withLock { state in
            defer { state.cost = 0 }
            return state.cost
        }
    }

    func member(_ name: String) throws(EvaluationError) -> CELValue? {
        if let known = state.withLock({ $0.known[name] }) { return try known.get() }
        guard let definition = definitions[name] else { return nil }
        guard let program = definition.expression.program else {
            throw EvaluationError("composited variable \"\(name)\" fails to compile: \(definition.expression.problem)")
        }
        let levels = program.levels
        let fits = state.withLock { state in
            state.levels += levels
            return state.levels <= Self.levelsMax
        }
        defer { state.withLock { $0.levels -= levels } }
        guard fits else { throw EvaluationError("variables nest too deeply") }
        var values = base
        values["variables"] = .map(CELMap(self))
        let outcome = program.evaluate(values)
        var result = outcome.result
        if case .failure(let error) = result, error.kind == .failed {
            result = .failure(EvaluationError("composited variable \"\(name)\" fails to evaluate: \(error)"))
        }
        state.withLock { state in
            state.cost += outcome.cost
            state.known[name] = result
        }
        return try result.get()
    }
}

/// The server's own authorizer, asked by expressions.
private struct RequestAuthorization: AuthorizationSource {
    let authorizer: Authorizer
    let user: User

    func decide(_ query: AuthorizationQuery) -> AuthorizationAnswer {
        var request = AccessRequest(
            user: user, verb: query.verb, namespace: query.namespace, group: query.group, version: "*",
            resource: query.resource, subresource: query.subresource, name: query.name,
            nonResourcePath: query.path.isEmpty ? nil : query.path)
        if let account = query.serviceAccount, account.count == 2 {
            request.user = User(
                name: "system:serviceaccount:\(account[0]):\(account[1])",
                groups: ["system:serviceaccounts", "system:serviceaccounts:\(account[0])", User.authenticatedGroup])
        }
        if !query.fieldSelector.isEmpty, let fields = try? FieldSelector(parsing: query.fieldSelector) {
            request.fields = fields
        }
        let decision = authorizer.decide(request)
        return AuthorizationAnswer(isAllowed: decision.isAllowed, reason: decision.reason)
    }
}
