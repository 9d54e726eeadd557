package import API
package import JSON
import Machinery

// Where writes meet the admission chain.
extension ObjectRegistry {
    var admissionView: any AdmissionView { CachedAdmissionView(caches: caches, environment: environment) }

    /// The first half: steps fill `object` in, or refuse.
    func admit(
        _ operation: AdmissionRequest.Operation, _ kind: KindDefinition, _ key: NamespacedName, _ object: inout JSONValue,
        old: JSONValue?, _ options: WriteOptions
    ) async throws(Status) {
        guard options.needsAdmission else { return }
        var request = request(operation, kind, key, object, old, options)
        request.displayName = Self.nameBeforeGeneration(object, operation)
        defer {
            options.warnings.add(request.warnings)
            options.auditNotes?.add(request.auditAnnotations)
        }
        let view = admissionView
        try admission.admit(&request, in: view)
        var mutations = PolicyMutations()
        let before = request.object
        try applyPolicies(&request, &mutations, kind, options)
        if request.object != before {
            try admission.admit(&request, in: view)
            try applyPolicies(&request, &mutations, kind, options)
        }
        try await webhooks?.mutate(&request, fieldManager: options.fieldManager, authorizer: access.authorizer) {
            tree throws(Status) in
            try settled(tree, kind, options)
        } again: { request throws(Status) in
            try admission.admit(&request, in: view)
            try applyPolicies(&request, &mutations, kind, options)
        }
        object = request.object
    }

    /// What policies and webhooks make of an object is read and filled in as a client's own words.
    private func settled(_ tree: JSONValue, _ kind: KindDefinition, _ options: WriteOptions) throws(Status) -> JSONValue {
        guard options.subresource.isEmpty || options.subresource == "status" else { return tree }
        var object = try normalize(tree, kind)
        kind.applyDefaults(&object)
        return object
    }

    private func applyPolicies(
        _ request: inout AdmissionRequest, _ mutations: inout PolicyMutations, _ kind: KindDefinition, _ options: WriteOptions
    ) throws(Status) {
        try policies.mutate(
            &request, &mutations, fieldManager: options.fieldManager,
            mergeType: { mergeVersions(of: $0).type(of: $0.gvk.apiVersion) }
        ) { tree throws(Status) in
            try settled(tree, kind, options)
        }
    }

    /// The second half, when the object is as it will be stored: steps refuse or warn, quotas are charged.
    func validateAdmission(
        _ operation: AdmissionRequest.Operation, _ kind: KindDefinition, _ key: NamespacedName, _ object: JSONValue,
        old: JSONValue?, _ options: WriteOptions
    ) async throws(Status) {
        guard options.needsAdmission else { return }
        var request = request(operation, kind, key, object, old, options)
        defer {
            options.warnings.add(request.warnings)
            options.auditNotes?.add(request.auditAnnotations)
        }
        try admission.validate(&request, in: admissionView)
        try policies.validate(&request, fieldManager: options.fieldManager)
        try await webhooks?.validate(&request, fieldManager: options.fieldManager, authorizer: access.authorizer)
        try await chargeQuotas(request)
    }

    /// Both halves at once, for bodies that are not stored themselves: bindings, evictions, token requests, connections.
    package func admitSubresource(
        _ operation: AdmissionRequest.Operation, _ kind: KindDefinition, _ key: NamespacedName, _ body: JSONValue,
        _ options: WriteOptions
    ) async throws(Status) -> JSONValue {
        var body = body
        try await admit(operation, kind, key, &body, old: nil, options)
        try await validateAdmission(operation, kind, key, body, old: nil, options)
        return body
    }

    private func request(
        _ operation: AdmissionRequest.Operation, _ kind: KindDefinition, _ key: NamespacedName, _ object: JSONValue,
        _ old: JSONValue?, _ options: WriteOptions
    ) -> AdmissionRequest {
        AdmissionRequest(
            operation, kind, subresource: options.subresource, key: key, user: options.user, isDryRun: options.isDryRun,
            object: object, old: old)
    }

    /// Upstream fills objects in before it makes up their names, so early refusals show `generateName`.
    private static func nameBeforeGeneration(_ object: JSONValue, _ operation: AdmissionRequest.Operation) -> String? {
        guard operation == .create, let base = object["metadata"]?["generateName"]?.string, !base.isEmpty,
            let name = object["metadata"]?["name"]?.string, name.hasPrefix(base)
        else { return nil }
        return base
    }
}
