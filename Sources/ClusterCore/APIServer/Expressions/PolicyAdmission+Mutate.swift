import API
import CEL
import JSON
import Machinery

/// What mutating policies did to a request so far, for calling some of them again.
struct PolicyMutations {
    struct Key: Hashable {
        var policy: String
        var binding: String
        /// Namespace and name; empty: without parameters.
        var parameters: String
    }

    /// The object as each invocation left it, for those that want to see later changes.
    fileprivate var seen: [Key: JSONValue] = [:]
    /// False until the first pass is over.
    fileprivate(set) var isAgain = false
    fileprivate(set) var hasRun = false
}

extension PolicyAdmission {
    /// One pass over all policies; the second one calls those again that ask for it and saw another object than there is now.
    ///
    /// - Parameter settle: Makes an object that a policy changed canonical again.
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go`.
    func mutate(
        _ request: inout AdmissionRequest, _ state: inout PolicyMutations, fieldManager: String,
        mergeType: (KindDefinition) -> MergeType?, settle: (JSONValue) throws(Status) -> JSONValue
    ) throws(Status) {
        let all = mutating.all
        defer {
            state.isAgain = true
            state.hasRun = true
        }
        guard !all.isEmpty, !Self.isExempt(request.kind), request.operation != .delete else { return }
        let equivalents = caches.kinds.equivalents(of: request.kind)
        let labels = caches.namespaceLabels(request)
        var failures: [(policy: MutatingPolicy, message: String)] = []
        for bound in all {
            guard let kind = bound.policy.match.kind(for: request, equivalents: equivalents, namespaceLabels: labels) else {
                continue
            }
            let policy = bound.policy
            let parameters = PolicyParameters(caches: caches)
            for binding in bound.bindings
            where binding.match.kind(for: request, equivalents: equivalents, namespaceLabels: labels) != nil {
                let name = "policy '\(policy.name)' with binding '\(binding.name)' denied request: "
                do throws(PolicyParameters.Failure) {
                    let paramKind = try parameters.kind(policy.paramKind)
                    for params in try parameters.collect(paramKind, binding.paramRef, namespace: request.namespace) {
                        let invocation = Invocation(policy: policy, binding: binding, kind: kind, params: params)
                        let problems = try invoke(
                            invocation, &request, &state, fieldManager: fieldManager, mergeType: mergeType, settle: settle)
                        failures += problems.map { (policy, name + $0) }
                    }
                } catch {
                    failures.append((policy, "\(name)failed to configure binding: \(error.message)"))
                }
            }
        }
        let counted = failures.filter { !$0.policy.ignoresFailures }.map(\.message)
        guard let first = counted.first else { return }
        var status = request.forbidden("admission request denied by policy")
        status.message = first
        status.reason = "Invalid"
        status.details?.causes += counted.map { .init(reason: "", message: $0) }
        throw status
    }

    private struct Invocation {
        var policy: MutatingPolicy
        var binding: PolicyBinding
        var kind: KindDefinition
        var params: JSONValue?

        var key: PolicyMutations.Key {
            let metadata = params?["metadata"]
            return PolicyMutations.Key(
                policy: policy.name, binding: binding.name,
                parameters: params == nil
                    ? "" : "\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? "")")
        }
    }

    /// - Returns: What kept mutations from being made.
    private func invoke(
        _ invocation: Invocation, _ request: inout AdmissionRequest, _ state: inout PolicyMutations, fieldManager: String,
        mergeType: (KindDefinition) -> MergeType?, settle: (JSONValue) throws(Status) -> JSONValue
    ) throws(PolicyParameters.Failure) -> [String] {
        let policy = invocation.policy
        guard request.object.object != nil else { return [] }
        if state.isAgain, state.seen[invocation.key] == nil || state.seen[invocation.key] == request.object { return [] }
        func values() -> AdmissionValues {
            var values = AdmissionValues(
                request, as: invocation.kind, fieldManager: fieldManager, namespace: namespaceObject(request))
            values.set(authorizer, request)
            values.set(params: invocation.params)
            return values
        }
        switch policy.conditions.outcome(values()) {
        case .matches: break
        case .differs: return []
        case .failed(let message): return policy.ignoresFailures ? [] : [message]
        }
        var problems: [String] = []
        for mutation in policy.mutations {
            var values = values()
            values.define(policy.variables)
            do throws(ExpressionFailure) {
                let object = try changed(
                    KindEquivalence.convert(request.object, from: request.kind, to: invocation.kind), mutation, values,
                    mergeType(invocation.kind))
                request.object = try settled(object, invocation.kind, request, settle)
            } catch {
                problems.append(error.message)
            }
        }
        if policy.isReinvoked { state.seen[invocation.key] = request.object }
        return problems
    }

    private func changed(
        _ object: JSONValue, _ mutation: MutatingPolicy.Mutation, _ values: AdmissionValues, _ type: MergeType?
    ) throws(ExpressionFailure) -> JSONValue {
        var budget = ExpressionBudget(left: ExpressionBudget.policyMax)
        let value = try mutation.expression.evaluate(values, &budget)
        switch mutation {
        case .apply: return try ObjectMutation.apply(value, to: object, type ?? .deduced)
        case .patch: return try ObjectMutation.patch(value, object)
        }
    }

    private func settled(
        _ object: JSONValue, _ kind: KindDefinition, _ request: AdmissionRequest,
        _ settle: (JSONValue) throws(Status) -> JSONValue
    ) throws(ExpressionFailure) -> JSONValue {
        var result: JSONValue
        do throws(Status) {
            result = try settle(KindEquivalence.convert(object, from: kind, to: request.kind))
        } catch {
            throw ExpressionFailure(message: error.message)
        }
        // The request's own place stays what it is.
        for name in ["name", "namespace", "generateName"] where request.object["metadata"]?.object != nil {
            result[path: ["metadata", name]] = request.object["metadata"]?[name]
        }
        return result
    }
}
