import API
import ControlLoop
import JSON
import Logging
import Machinery

/// The APIServices that stand for what this server serves itself: one per group and version. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controlplane/apiserver/aggregator.go`, `cmd/kube-apiserver/app/server.go`,
///   `kube-aggregator/pkg/controllers/autoregister/autoregister_controller.go`.
enum LocalServices {
    static let resource = GroupVersionResource(group: "apiregistration.k8s.io", version: "v1", resource: "apiservices")
    /// Marks what the server keeps; anything else is its writer's own.
    static let label = "kube-aggregator.kubernetes.io/automanaged"

    enum Change: Hashable {
        case create(JSONValue)
        /// The object with another specification.
        case update(JSONValue)
        case delete(String)
    }

    /// Group priority and version priority of Kubernetes' own groups: where discovery puts them.
    private static let priorities: [String: (group: Int64, version: Int64)] = [
        "v1": (18000, 1), "apps/v1": (17800, 15), "events.k8s.io/v1": (17750, 15), "authentication.k8s.io/v1": (17700, 15),
        "authorization.k8s.io/v1": (17600, 15), "autoscaling/v1": (17500, 15), "autoscaling/v2": (17500, 30),
        "batch/v1": (17400, 15), "certificates.k8s.io/v1": (17300, 15), "networking.k8s.io/v1": (17200, 15),
        "policy/v1": (17100, 15), "rbac.authorization.k8s.io/v1": (17000, 15), "storage.k8s.io/v1": (16800, 15),
        "apiextensions.k8s.io/v1": (16700, 15), "admissionregistration.k8s.io/v1": (16700, 15),
        "scheduling.k8s.io/v1": (16600, 15), "coordination.k8s.io/v1": (16500, 15), "node.k8s.io/v1": (16300, 15),
        "discovery.k8s.io/v1": (16200, 12), "flowcontrol.apiserver.k8s.io/v1": (16100, 21), "resource.k8s.io/v1": (15900, 9),
    ]

    /// By name: `v1.` for the core group, `v1.apps`.
    static func wanted(_ offer: KindRegistry.Offer) -> [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        func add(_ kind: GroupVersionKind, _ priority: (group: Int64, version: Int64), _ mark: String) {
            var spec: JSONValue = [
                "version": .string(kind.version), "groupPriorityMinimum": .int(priority.group),
                "versionPriority": .int(priority.version),
            ]
            if !kind.group.isEmpty { spec["group"] = .string(kind.group) }
            let name = "\(kind.version).\(kind.group)"
            result[name] = [
                "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                "metadata": ["name": .string(name), "labels": [label: .string(mark)]], "spec": spec,
            ]
        }
        for kind in offer.builtIn where kind.gvk.group != resource.group {
            add(kind.gvk, priorities[kind.gvk.apiVersion] ?? (15000, 15), "onstart")
        }
        // Custom versions are ordered among themselves by their names.
        for kind in offer.custom { add(kind.gvk, (1000, 100), "true") }
        return result
    }

    /// - Parameter present: Every APIService in the store.
    static func changes(_ wanted: [String: JSONValue], present: [JSONValue]) -> [Change] {
        var changes: [Change] = []
        var missing = wanted
        for object in present {
            let name = object["metadata"]?["name"]?.string ?? ""
            let isOurs = object["metadata"]?["labels"]?[label]?.string != nil
            guard let want = missing.removeValue(forKey: name) else {
                if isOurs { changes.append(.delete(name)) }
                continue
            }
            let isSame = (want["spec"]?.object?.members ?? []).allSatisfy { object["spec"]?[$0.key] == $0.value }
            guard isOurs, !isSame else { continue }
            var new = object
            new["spec"] = want["spec"]
            changes.append(.update(new))
        }
        changes += missing.sorted { $0.key < $1.key }.map { .create($0.value) }
        return changes
    }

    /// Whether the object says that it is there.
    static func isAvailable(_ object: JSONValue) -> Bool {
        (object["status"]?["conditions"]?.array ?? []).contains { $0["type"] == "Available" }
    }

    static func available(_ object: JSONValue, now: Timestamp) -> JSONValue {
        var result = object
        result[path: ["status", "conditions"]] = [
            [
                "type": "Available", "status": "True", "lastTransitionTime": .string(now.description), "reason": "Local",
                "message": "Local APIServices are always available",
            ]
        ]
        return result
    }
}

extension DefinitionReconciler {
    /// Makes the APIServices say what is served.
    package func reconcileServices() async {
        guard let kind = registry.kinds.kind(LocalServices.resource), let cache = registry.caches[kind] else { return }
        let wanted = LocalServices.wanted(registry.kinds.offer)
        for change in LocalServices.changes(wanted, present: cache.all().map(\.object)) {
            do throws(Status) {
                switch change {
                case .create(let object):
                    _ = try await registry.create(kind, namespace: "", try registry.normalize(object, kind), .loopback)
                case .update(let object):
                    let key = NamespacedName(name: object["metadata"]?["name"]?.string ?? "")
                    _ = try await registry.update(kind, key, object, part: .whole, .loopback)
                case .delete(let name):
                    _ = try await registry.delete(kind, NamespacedName(name: name), DeletionOptions(), .loopback)
                }
            } catch {
                guard !error.isNotFound, !error.isConflict, !error.isAlreadyExists else { continue }
                logger.info("API service not settled", metadata: ["error": "\(error)"])
            }
        }
        await settleAvailability(kind, cache)
    }

    private func settleAvailability(_ kind: KindDefinition, _ cache: ResourceCache) async {
        let now = registry.environment.now()
        for object in cache.all() {
            let tree = object.object
            guard tree["spec"]?["service"]?.object == nil, !LocalServices.isAvailable(tree) else { continue }
            do throws(Status) {
                _ = try await registry.modify(kind, object.key, part: .status, .loopback) { old throws(Status) in
                    LocalServices.isAvailable(old) ? old : LocalServices.available(old, now: now)
                }
            } catch {
                guard !error.isNotFound, !error.isConflict else { continue }
                logger.info("API service not settled", metadata: ["key": "\(object.key)", "error": "\(error)"])
            }
        }
    }
}
