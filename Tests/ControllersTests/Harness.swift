import API
import ControlLoop
import Controllers
import JSON
import Logging
import Testing

/// Runs one controller's decisions against a cluster in memory, without tasks: plan, write, plan again.
struct Harness {
    let cluster = MemoryCluster()

    static let kinds: [ResourceKind] = [
        ResourceKind(Namespace.self), ResourceKind(Pod.self), ResourceKind(Node.self), ResourceKind(ConfigMap.self),
        ResourceKind(ServiceAccount.self), ResourceKind(Service.self), ResourceKind(EndpointSlice.self),
        ResourceKind(Endpoints.self), ResourceKind(ReplicaSet.self), ResourceKind(Deployment.self), ResourceKind(Lease.self),
        ResourceKind(ResourceQuota.self), ResourceKind(PersistentVolume.self), ResourceKind(PersistentVolumeClaim.self),
        ResourceKind(ReplicationController.self),
    ]

    /// Everything that any controller reads.
    var snapshot: Snapshot {
        var snapshot = cluster.show(
            Namespace.self, Pod.self, Node.self, ConfigMap.self, ServiceAccount.self, Service.self, EndpointSlice.self,
            Endpoints.self, ReplicaSet.self, Deployment.self, Lease.self)
        show(ResourceQuota.self, &snapshot)
        show(PersistentVolume.self, &snapshot)
        show(PersistentVolumeClaim.self, &snapshot)
        show(ReplicationController.self, &snapshot)
        show(PodDisruptionBudget.self, &snapshot)
        show(StatefulSet.self, &snapshot)
        show(DaemonSet.self, &snapshot)
        show(ControllerRevision.self, &snapshot)
        show(Secret.self, &snapshot)
        show(FlowSchema.self, &snapshot)
        show(PriorityLevelConfiguration.self, &snapshot)
        show(StorageClass.self, &snapshot)
        show(VolumeAttributesClass.self, &snapshot)
        show(CronJob.self, &snapshot)
        show(Job.self, &snapshot)
        show(ServiceCIDR.self, &snapshot)
        show(ServiceIPAddress.self, &snapshot)
        for kind in Self.kinds {
            let objects = cluster.objects(kind.resource).map(PartialObject.init(json:))
            snapshot.set(CacheContent(objects), of: kind.resource)
        }
        return snapshot
    }

    private func show<Object: APIObject>(_ type: Object.Type, _ snapshot: inout Snapshot) {
        snapshot.set(CacheContent(cluster.all(type)))
    }

    @discardableResult
    func perform(_ plan: Plan) async -> PlanExecutor.Effects {
        let logger = Logger(label: "test")
        let events = EventRecorder(writer: cluster, component: "test", logger: logger) { [cluster] in cluster.now }
        return await PlanExecutor(listWatch: cluster, writer: cluster, events: events, logger: logger).perform(plan)
    }

    /// Plans and writes until nothing is left to do; fails the test when that takes more than `roundsMax` rounds.
    @discardableResult
    func settle<Logic: Controller>(_ controller: Logic, _ key: Logic.Key, roundsMax: Int = 8) async -> Plan {
        var plan = controller.plan(for: key, in: snapshot)
        var rounds = 0
        while !plan.isSettled {
            rounds += 1
            guard rounds <= roundsMax else {
                Issue.record("\(Logic.name) does not settle: \(plan)")
                return plan
            }
            let effects = await perform(plan)
            if let failure = effects.failure { Issue.record("\(Logic.name): \(failure)") }
            plan = controller.plan(for: key, in: snapshot)
        }
        return plan
    }

    func pods(_ namespace: String = "default") -> [Pod] { cluster.all(Pod.self).filter { $0.metadata.namespace == namespace } }

    /// Plays kubelet: every pod runs and is ready.
    func makeReady(_ pods: [Pod], node: String = "node1") async throws {
        for (index, pod) in pods.enumerated() {
            let object: JSONValue = [
                "spec": ["nodeName": .string(pod.spec.nodeName.isEmpty ? node : pod.spec.nodeName)]
            ]
            try await cluster.patch(Pod.resource, pod.key, .merge, object, subresource: nil)
            let ready = Condition(type: "Ready", status: "True", lastTransitionTime: cluster.now)
            try await cluster.patch(
                Pod.resource, pod.key, .merge,
                [
                    "status": [
                        "phase": "Running", "podIP": .string("10.244.0.\(index + 10)"), "conditions": [ready.json],
                    ]
                ], subresource: "status")
        }
    }

    /// Plays kubelet: pods that are being deleted end.
    func endTerminating() {
        for pod in cluster.all(Pod.self) where pod.metadata.isBeingDeleted { cluster.remove(Pod.resource, pod.key) }
    }
}

func deployment(_ name: String, replicas: Int, image: String = "web:1", strategy: JSONValue? = nil) -> JSONValue {
    var spec: JSONValue = [
        "replicas": .int(Int64(replicas)), "selector": ["matchLabels": ["app": .string(name)]],
        "progressDeadlineSeconds": 600,
        "template": [
            "metadata": ["labels": ["app": .string(name)]],
            "spec": ["containers": [["name": "web", "image": .string(image)]]],
        ],
    ]
    spec["strategy"] = strategy
    return [
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name), "namespace": "default"], "spec": spec,
    ]
}

func replicaSet(_ name: String, replicas: Int) -> JSONValue {
    [
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": ["name": .string(name), "namespace": "default"],
        "spec": [
            "replicas": .int(Int64(replicas)), "selector": ["matchLabels": ["app": .string(name)]],
            "template": [
                "metadata": ["labels": ["app": .string(name)]],
                "spec": ["containers": [["name": "web", "image": "web:1"]]],
            ],
        ],
    ]
}

func node(_ name: String, ready: String = "True", at time: Timestamp, taints: [Taint] = []) -> JSONValue {
    [
        "metadata": ["name": .string(name)], "spec": ["taints": .array(taints.map(\.json))],
        "status": [
            "conditions": [
                Condition(type: "Ready", status: ready, lastTransitionTime: time, lastHeartbeatTime: time).json
            ]
        ],
    ]
}

func key(_ name: String, _ namespace: String = "default") -> NamespacedName { NamespacedName(namespace: namespace, name: name) }
