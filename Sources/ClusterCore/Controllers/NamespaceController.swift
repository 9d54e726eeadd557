package import API
package import ControlLoop
import JSON

/// Empties a namespace that is being deleted, pods first, then lets it go.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/namespace/deletion/namespaced_resources_deleter.go`.
package struct NamespaceController: Controller {
    package static let name = "namespace-controller"
    static let finalizer = "kubernetes"

    private let kinds: [ResourceKind]

    /// `kinds` is everything that the server offers; only namespaced kinds matter.
    package init(kinds: [ResourceKind]) { self.kinds = kinds.filter(\.isNamespaced) }

    package var triggers: [Trigger<NamespacedName>] {
        [.itself(Namespace.self)]
            + kinds.map { kind in
                .onChange(PartialObject.self, resource: kind.resource) { change, snapshot in
                    let key = NamespacedName(name: change.key.namespace)
                    let isGoing = snapshot.get(Namespace.self, key)?.metadata.isBeingDeleted ?? false
                    return isGoing && (change.isDeletion || change.isAddition) ? [key] : []
                }
            }
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let namespace = snapshot.get(Namespace.self, key), namespace.metadata.isBeingDeleted,
            namespace.finalizers.contains(Self.finalizer)
        else { return .settled }
        var content: [(kind: ResourceKind, objects: [PartialObject])] = []
        for kind in kinds {
            let objects = snapshot.content(PartialObject.self, of: kind.resource).list(namespace: key.name)
            if !objects.isEmpty { content.append((kind, objects.sorted { $0.key < $1.key })) }
        }
        var plan = Plan()
        // While pods are there only pods go: they may need what else is in the namespace to end well.
        let pods = content.filter { $0.kind.resource == Pod.resource }
        for (kind, objects) in pods.isEmpty ? content : pods {
            plan.addSlowStart(
                objects.filter { !$0.metadata.isBeingDeleted }.map {
                    .delete(
                        kind.resource, $0.key,
                        DeletionOptions(propagation: .background, uid: $0.metadata.uid), tolerates: [.notFound, .conflict])
                })
        }
        showRefusal(namespace, content.reduce(0) { $0 + $1.objects.count }, snapshot.now, &plan)
        addConditions(namespace, content, snapshot.now, &plan)
        guard content.isEmpty else {
            plan.lookAgain(after: .seconds(5))
            return plan
        }
        for kind in kinds { plan.steps.append(.confirmEmpty(kind.resource, namespace: key.name)) }
        plan.add(finalize(namespace))
        return plan
    }

    private func finalize(_ namespace: Namespace) -> Write {
        let object: JSONValue = [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": ["name": .string(namespace.metadata.name), "uid": .string(namespace.metadata.uid)],
            "spec": ["finalizers": JSONValue(namespace.finalizers.filter { $0 != Self.finalizer })],
        ]
        return Write(
            .update(Namespace.resource, namespace.key, object, subresource: "finalize"), tolerates: .notFound)
    }

    /// Content that cannot be deleted becomes a condition, until a later attempt succeeds.
    private func showRefusal(_ namespace: Namespace, _ remaining: Int, _ now: Timestamp, _ plan: inout Plan) {
        guard !plan.isSettled else { return }
        let old = namespace.conditions[Self.contentFailure]
        plan.refusalCondition = Plan.RefusalCondition(
            Namespace.resource, namespace.key, others: namespace.conditions.filter { $0.type != Self.contentFailure },
            condition: Condition(
                type: Self.contentFailure, status: "True", reason: "ContentDeletionFailed",
                message: "Failed to delete all resource types, \(remaining) remaining: ",
                lastTransitionTime: old?.isTrue == true ? old?.lastTransitionTime ?? now : now))
    }

    private static let contentFailure = "NamespaceDeletionContentFailure"

    private func addConditions(
        _ namespace: Namespace, _ content: [(kind: ResourceKind, objects: [PartialObject])], _ now: Timestamp,
        _ plan: inout Plan
    ) {
        let remaining = content.map { "\($0.kind.resource.resource). has \($0.objects.count) resource instances" }
        var holders: [String: Int] = [:]
        for (_, objects) in content {
            for finalizer in objects.flatMap(\.metadata.finalizers) { holders[finalizer, default: 0] += 1 }
        }
        let waiting = holders.sorted { $0.key < $1.key }.map { "\($0.key) in \($0.value) resource instances" }
        let wanted = [
            Condition(
                type: "NamespaceDeletionDiscoveryFailure", status: "False", reason: "ResourcesDiscovered",
                message: "All resources successfully discovered"),
            Condition(
                type: "NamespaceDeletionGroupVersionParsingFailure", status: "False", reason: "ParsedGroupVersions",
                message: "All legacy kube types successfully parsed"),
            Condition(
                type: Self.contentFailure, status: "False", reason: "ContentDeleted",
                message: "All content successfully deleted, may be waiting on finalization"),
            remaining.isEmpty
                ? Condition(
                    type: "NamespaceContentRemaining", status: "False", reason: "ContentRemoved",
                    message: "All content successfully removed")
                : Condition(
                    type: "NamespaceContentRemaining", status: "True", reason: "SomeResourcesRemain",
                    message: "Some resources are remaining: " + remaining.joined(separator: ", ")),
            waiting.isEmpty
                ? Condition(
                    type: "NamespaceFinalizersRemaining", status: "False", reason: "ContentHasNoFinalizers",
                    message: "All content-preserving finalizers finished")
                : Condition(
                    type: "NamespaceFinalizersRemaining", status: "True", reason: "SomeFinalizersRemain",
                    message: "Some content in the namespace has finalizers remaining: " + waiting.joined(separator: ", ")),
        ]
        let conditions = wanted.map { condition in
            var condition = condition
            let old = namespace.conditions[condition.type]
            condition.lastTransitionTime = old?.status == condition.status ? old?.lastTransitionTime ?? now : now
            return condition
        }
        guard conditions != namespace.conditions else { return }
        plan.add(
            .merge(
                Namespace.resource, namespace.key, ["status": ["conditions": .array(conditions.map(\.json))]],
                subresource: "status", tolerates: .notFound))
    }
}
