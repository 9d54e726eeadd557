import API
import JSON
import Machinery

extension ObjectRegistry {
    /// Adds what a write uses to every quota that limits it, before the write is done.
    ///
    /// Should the write fail afterwards, the controller's next count puts the quota right.
    func chargeQuotas(_ request: AdmissionRequest) async throws(Status) {
        guard let charge = QuotaCharge(request, at: environment.now()),
            let cache = caches[ResourceQuota.resource], let kind = Catalog.kind(ResourceQuota.resource)
        else { return }
        let selection = Selection(namespace: request.namespace)
        guard !cache.list(selection, clock: caches.clock).objects.isEmpty else { return }
        await quotaGate.enter(request.namespace)
        do throws(Status) {
            // Nothing is charged when one of them refuses.
            var changed: [NamespacedName] = []
            for object in cache.list(selection, clock: caches.clock).objects
            where try charge.used(of: ResourceQuota(json: object.object)) != nil { changed.append(object.key) }
            if !request.isDryRun {
                for key in changed { try await store(charge, in: key, kind) }
            }
        } catch {
            await quotaGate.leave(request.namespace)
            throw error
        }
        await quotaGate.leave(request.namespace)
    }

    private func store(_ charge: QuotaCharge, in key: NamespacedName, _ kind: KindDefinition) async throws(Status) {
        var options = WriteOptions.loopback
        options.needsAdmission = false
        do throws(Status) {
            _ = try await modify(kind, key, part: .status, options) { old throws(Status) in
                guard let used = try charge.used(of: ResourceQuota(json: old)) else { return old }
                var new = old
                new[path: ["status", "used"]] = used.json
                new[path: ["metadata", "resourceVersion"]] = nil
                return new
            }
        } catch {
            // A quota that was deleted meanwhile limits nothing.
            guard error.isNotFound else { throw error }
        }
    }
}
