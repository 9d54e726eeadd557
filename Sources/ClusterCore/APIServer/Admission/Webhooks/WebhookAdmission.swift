import API
import JSON
import Logging
import Machinery
import Store
import Synchronization

/// Asks webhooks about a write: those that may change it one after the other, those that only judge it all at once.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go`.
final class WebhookAdmission: Sendable {
    private struct Known {
        var revision: Revision
        var hooks: [AdmissionHook]
    }

    private static let group = "admissionregistration.k8s.io"
    private static let mutating = GroupVersionResource(group: group, version: "v1", resource: "mutatingwebhookconfigurations")
    private static let validating = GroupVersionResource(
        group: group, version: "v1", resource: "validatingwebhookconfigurations")

    private let caches: CacheSet
    private let environment: ServerEnvironment
    private let caller: any WebhookCaller
    private let converter: ObjectConverter
    private let logger: Logger
    private let known = Mutex<[GroupVersionResource: Known]>([:])

    init(
        caches: CacheSet, environment: ServerEnvironment, caller: any WebhookCaller, converter: ObjectConverter, logger: Logger
    ) {
        self.converter = converter
        self.caches = caches
        self.environment = environment
        self.caller = caller
        self.logger = logger
    }

    /// In upstream's order: by the name of the configuration, then as written in it.
    private func hooks(_ resource: GroupVersionResource) -> [AdmissionHook] {
        guard let cache = caches[resource] else { return [] }
        let revision = cache.lastRevision
        if let found = known.withLock({ $0[resource] }), found.revision == revision { return found.hooks }
        let hooks = cache.all().sorted { $0.key.name < $1.key.name }
            .flatMap { $0.object["webhooks"]?.array ?? [] }.map(AdmissionHook.init)
        known.withLock { $0[resource] = Known(revision: revision, hooks: hooks) }
        return hooks
    }

    private func asked(
        _ resource: GroupVersionResource, _ request: AdmissionRequest
    ) throws(Status) -> [(hook: AdmissionHook, kind: KindDefinition)] {
        let hooks = hooks(resource)
        guard !hooks.isEmpty, !AdmissionHook.isExempt(request.kind) else { return [] }
        let equivalents = caches.kinds.equivalents(of: request.kind)
        let labels = caches.namespaceLabels(request)
        return hooks.compactMap { hook in
            hook.kind(for: request, equivalents: equivalents, namespaceLabels: labels).map { (hook, $0) }
        }
    }

    // MARK: Changing

    /// Lets webhooks change the object of a request.
    ///
    /// - Parameters:
    ///   - settle: Makes an object that a webhook changed canonical again.
    ///   - again: Runs the server's own steps once more after webhooks changed something.
    func mutate(
        _ request: inout AdmissionRequest, fieldManager: String, authorizer: Authorizer,
        settle: (JSONValue) throws(Status) -> JSONValue, again: (inout AdmissionRequest) throws(Status) -> Void
    ) async throws(Status) {
        let asked = try asked(Self.mutating, request)
        guard !asked.isEmpty else { return }
        let before = request.object
        var seen: [JSONValue] = []
        for (hook, kind) in asked {
            try await call(hook, kind, &request, fieldManager, authorizer, settle)
            seen.append(request.object)
        }
        guard request.object != before else { return }
        try again(&request)
        // Those that ask for it see what came after them, once.
        for (index, (hook, kind)) in asked.enumerated() where hook.isReinvoked && seen[index] != request.object {
            try await call(hook, kind, &request, fieldManager, authorizer, settle)
        }
    }

    private func call(
        _ hook: AdmissionHook, _ kind: KindDefinition, _ request: inout AdmissionRequest, _ fieldManager: String,
        _ authorizer: Authorizer, _ settle: (JSONValue) throws(Status) -> JSONValue
    ) async throws(Status) {
        guard try isMeant(hook, kind, request, fieldManager, authorizer),
            let answer = try await ask(hook, kind, request, fieldManager, isMutating: true)
        else { return }
        request.warnings += answer.warnings
        guard answer.isAllowed else { throw AdmissionReview.refusal(answer, by: hook) }
        guard let patch = answer.patch, request.object.object != nil else { return }
        let shown = try await converted(request.object, from: request.kind, to: kind)
        let patched: JSONValue
        do throws(PatchError) {
            patched = try JSONPatch.apply(patch, to: shown)
        } catch {
            throw APIErrors.internalError("\(error)")
        }
        var object = try settle(try await converted(patched, from: kind, to: request.kind))
        // The request's own place stays what it is.
        for name in ["name", "namespace", "generateName"] where request.object["metadata"]?.object != nil {
            object[path: ["metadata", name]] = request.object["metadata"]?[name]
        }
        request.object = object
    }

    private func converted(
        _ object: JSONValue, from source: KindDefinition, to target: KindDefinition
    ) async throws(Status) -> JSONValue {
        guard let rules = target.custom, rules.conversion != nil, object["kind"]?.string == source.gvk.kind else {
            return KindEquivalence.convert(object, from: source, to: target)
        }
        do throws(Status) {
            return try await converter.convert([object], rules).first ?? object
        } catch {
            throw APIErrors.internalError(error.message)
        }
    }

    // MARK: Judging

    func validate(_ request: inout AdmissionRequest, fieldManager: String, authorizer: Authorizer) async throws(Status) {
        var asked = try asked(Self.validating, request)
        for index in asked.indices.reversed() {
            let (hook, kind) = asked[index]
            if try !isMeant(hook, kind, request, fieldManager, authorizer) { asked.remove(at: index) }
        }
        guard !asked.isEmpty else { return }
        let shown = request
        let chosen = asked
        let outcomes = await withTaskGroup(of: (Int, Result<[String], Status>).self) { group in
            for (index, (hook, kind)) in chosen.enumerated() {
                group.addTask {
                    do throws(Status) {
                        let answer = try await self.ask(hook, kind, shown, fieldManager, isMutating: false)
                        if let answer, !answer.isAllowed { throw AdmissionReview.refusal(answer, by: hook) }
                        return (index, .success(answer?.warnings ?? []))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var outcomes: [(Int, Result<[String], Status>)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.0 < $1.0 }
        }
        for (_, outcome) in outcomes { request.warnings += try outcome.get() }
    }

    // MARK: Asking

    /// Whether the conditions of a webhook hold; where nobody can tell, the request is refused unless failures are ignored.
    private func isMeant(
        _ hook: AdmissionHook, _ kind: KindDefinition, _ request: AdmissionRequest, _ fieldManager: String,
        _ authorizer: Authorizer
    ) throws(Status) -> Bool {
        guard !hook.conditions.isEmpty else { return true }
        var values = AdmissionValues(request, as: kind, fieldManager: fieldManager, namespace: nil)
        values.set(authorizer, request)
        switch hook.conditions.outcome(values) {
        case .matches: return true
        case .differs: return false
        case .failed(let message):
            if hook.ignoresFailures { return false }
            throw request.forbidden(message)
        }
    }

    /// Nil: there is no answer, and the webhook does not mind.
    private func ask(
        _ hook: AdmissionHook, _ kind: KindDefinition, _ request: AdmissionRequest, _ fieldManager: String, isMutating: Bool
    ) async throws(Status) -> AdmissionReview.Answer? {
        if request.isDryRun, !hook.isQuiet {
            throw APIErrors.badRequest("admission webhook \"\(hook.name)\" does not support dry run")
        }
        let object = try await converted(request.object, from: request.kind, to: kind)
        var old = JSONValue.null
        if let before = request.old { old = try await converted(before, from: request.kind, to: kind) }
        do throws(WebhookFailure) {
            guard !hook.reviewVersion.isEmpty else {
                throw WebhookFailure(message: "webhook does not accept known AdmissionReview versions (v1, v1beta1)")
            }
            let uid = environment.makeUID()
            let review = AdmissionReview.request(
                request, for: hook, as: kind, object: object, old: old, uid: uid, fieldManager: fieldManager)
            let target = try WebhookTarget(hook, caches: caches, random: environment.random())
            let answer = try await caller.call(target, JSONWriter.write(review), timeout: hook.timeout)
            do throws(AdmissionReview.Malformed) {
                return try AdmissionReview.answer(answer, to: hook, uid: uid, isMutating: isMutating)
            } catch {
                throw WebhookFailure(message: error.message)
            }
        } catch {
            let message = "failed calling webhook \"\(hook.name)\": failed to call webhook: \(error.message)"
            guard !hook.ignoresFailures else {
                logger.info("webhook failed and is ignored", metadata: ["webhook": "\(hook.name)", "reason": "\(error.message)"])
                return nil
            }
            throw APIErrors.internalError(message)
        }
    }
}
