package import API
package import ControlLoop
import JSON

/// Deletes what nobody owns any more, and carries out foreground and orphaning deletion.
///
/// Looks only at metadata, of every kind. An owner that the caches do not know is looked up on the server before a dependent
/// is deleted.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/garbagecollector/garbagecollector.go`.
package struct GarbageCollector: Controller {
    package static let name = "garbage-collector-controller"
    static let foregroundFinalizer = "foregroundDeletion"
    static let orphanFinalizer = "orphan"

    package struct Key: Hashable, Sendable, CustomStringConvertible {
        package var kind: ResourceKind
        package var name: NamespacedName

        package init(kind: ResourceKind, name: NamespacedName) {
            self.kind = kind
            self.name = name
        }

        package var description: String { "\(kind.resource.groupResource) \(name)" }
    }

    private let kinds: [ResourceKind]
    private let byGroupKind: [String: ResourceKind]
    private static let ownerUID = CacheIndex<PartialObject>("ownerUID") { $0.metadata.ownerReferences.map(\.uid) }

    /// `kinds` is everything that can own or be owned.
    package init(kinds: [ResourceKind]) {
        // Events are many, short-lived, and owned by nobody.
        self.kinds = kinds.filter { $0.resource.resource != "events" }
        byGroupKind = Dictionary(self.kinds.map { ("\($0.resource.group)/\($0.kind)", $0) }) { first, _ in first }
    }

    package var triggers: [Trigger<Key>] {
        kinds.map { kind in
            .onChange(PartialObject.self, resource: kind.resource, indexes: [Self.ownerUID]) { change, snapshot in
                keys(change, of: kind, snapshot)
            }
        }
    }

    private func keys(_ change: CacheChange<PartialObject>, of kind: ResourceKind, _ snapshot: Snapshot) -> [Key] {
        var keys: [Key] = []
        if let new = change.new, !new.metadata.ownerReferences.isEmpty || isWaiting(new) {
            keys.append(Key(kind: kind, name: new.key))
        }
        // Owners that wait for this object in order to go.
        for reference in (change.old ?? change.object).metadata.ownerReferences
        where change.isDeletion || reference.blockOwnerDeletion {
            if let owner = owner(reference, of: change.object, snapshot), let object = owner.object, isWaiting(object) {
                keys.append(Key(kind: owner.kind, name: object.key))
            }
        }
        let ownerChanged = change.isDeletion || change.object.metadata.isBeingDeleted
        if ownerChanged {
            keys += dependents(of: change.object.metadata.uid, snapshot).map { Key(kind: $0.kind, name: $0.object.key) }
        }
        return keys
    }

    package func plan(for key: Key, in snapshot: Snapshot) -> Plan {
        guard let object = snapshot.content(PartialObject.self, of: key.kind.resource)[key.name] else { return .settled }
        if object.metadata.isBeingDeleted {
            if object.metadata.finalizers.contains(Self.orphanFinalizer) { return orphan(key, object, snapshot) }
            if object.metadata.finalizers.contains(Self.foregroundFinalizer) { return finishForeground(key, object, snapshot) }
            return .settled
        }
        return collect(key, object, snapshot)
    }

    /// An object that is alive goes when none of its owners stays.
    private func collect(_ key: Key, _ object: PartialObject, _ snapshot: Snapshot) -> Plan {
        guard !object.metadata.ownerReferences.isEmpty else { return .settled }
        var absent: [(ResourceKind, OwnerReference)] = []
        var waiting: [OwnerReference] = []
        var staying = 0
        for reference in object.metadata.ownerReferences {
            guard let owner = owner(reference, of: object, snapshot) else {
                // A kind that we do not know, or one that cannot own this object: nothing is certain.
                staying += 1
                continue
            }
            if let found = owner.object {
                let isForeground =
                    found.metadata.isBeingDeleted && found.metadata.finalizers.contains(Self.foregroundFinalizer)
                if isForeground { waiting.append(reference) } else { staying += 1 }
            } else {
                absent.append((owner.kind, reference))
            }
        }
        guard !absent.isEmpty || !waiting.isEmpty else { return .settled }
        var plan = Plan()
        for (kind, reference) in absent {
            let name = NamespacedName(namespace: kind.isNamespaced ? object.metadata.namespace : "", name: reference.name)
            plan.steps.append(.confirmAbsent(kind.resource, name, uid: reference.uid))
        }
        if staying > 0 {
            let gone = Set(absent.map(\.1.uid) + waiting.map(\.uid))
            plan.add(dropReferences(key.kind, object, to: gone))
            return plan
        }
        if !waiting.isEmpty, let unblocked = unblock(key, object, snapshot) {
            plan.add(unblocked)
            return plan
        }
        let propagation: DeletionPropagation =
            if object.metadata.finalizers.contains(Self.orphanFinalizer) {
                .orphan
            } else if object.metadata.finalizers.contains(Self.foregroundFinalizer)
                || (!waiting.isEmpty && !dependents(of: object.metadata.uid, snapshot).isEmpty)
            {
                .foreground
            } else {
                .background
            }
        plan.add(
            .delete(
                key.kind.resource, key.name,
                DeletionOptions(
                    propagation: propagation, uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion)))
        return plan
    }

    /// Objects that own each other in a circle would wait for each other for ever: a dependent that waits for its own dependents
    /// no longer blocks its owners.
    private func unblock(_ key: Key, _ object: PartialObject, _ snapshot: Snapshot) -> Write? {
        guard object.metadata.ownerReferences.contains(where: \.blockOwnerDeletion) else { return nil }
        let isCircle = dependents(of: object.metadata.uid, snapshot).contains { dependent in
            dependent.object.metadata.isBeingDeleted
                && dependent.object.metadata.finalizers.contains(Self.foregroundFinalizer)
        }
        guard isCircle else { return nil }
        let references = object.metadata.ownerReferences.map { reference in
            var reference = reference
            reference.blockOwnerDeletion = false
            return reference
        }
        return .merge(
            key.kind.resource, object.key,
            ["metadata": ["uid": .string(object.metadata.uid), "ownerReferences": .array(references.map(\.json))]],
            revision: object.metadata.resourceVersion, tolerates: .notFound)
    }

    /// Foreground: dependents that block go first, then the object's finalizer.
    private func finishForeground(_ key: Key, _ object: PartialObject, _ snapshot: Snapshot) -> Plan {
        let all = dependents(of: object.metadata.uid, snapshot)
        let blocking = all.filter { dependent in
            dependent.object.metadata.ownerReferences.contains { $0.uid == object.metadata.uid && $0.blockOwnerDeletion }
        }
        guard blocking.isEmpty else { return .settled }  // each dependent is its own key and wakes this one when it is gone
        return Plan([dropFinalizer(Self.foregroundFinalizer, key.kind, object)])
    }

    private func orphan(_ key: Key, _ object: PartialObject, _ snapshot: Snapshot) -> Plan {
        var plan = Plan()
        plan.addSlowStart(
            dependents(of: object.metadata.uid, snapshot).map { dropReferences($0.kind, $0.object, to: [object.metadata.uid]) })
        plan.add(dropFinalizer(Self.orphanFinalizer, key.kind, object))
        return plan
    }

    // MARK: The graph

    private func isWaiting(_ object: PartialObject) -> Bool {
        object.metadata.isBeingDeleted
            && (object.metadata.finalizers.contains(Self.foregroundFinalizer)
                || object.metadata.finalizers.contains(Self.orphanFinalizer))
    }

    private func dependents(of uid: String, _ snapshot: Snapshot) -> [(kind: ResourceKind, object: PartialObject)] {
        kinds.flatMap { kind in
            snapshot.content(PartialObject.self, of: kind.resource).list(by: Self.ownerUID, uid)
                .sorted { $0.key < $1.key }.map { (kind, $0) }
        }
    }

    /// The owner that a reference names, or only its kind when no such object is known; nil when it cannot be looked up.
    private func owner(
        _ reference: OwnerReference, of object: PartialObject, _ snapshot: Snapshot
    ) -> (kind: ResourceKind, object: PartialObject?)? {
        let group = GroupVersionKind(apiVersion: reference.apiVersion, kind: reference.kind).group
        guard let kind = byGroupKind["\(group)/\(reference.kind)"] else { return nil }
        if kind.isNamespaced, object.metadata.namespace.isEmpty { return nil }
        let name = NamespacedName(namespace: kind.isNamespaced ? object.metadata.namespace : "", name: reference.name)
        let found = snapshot.content(PartialObject.self, of: kind.resource)[name]
        return (kind, found?.metadata.uid == reference.uid ? found : nil)
    }

    private func dropReferences(_ kind: ResourceKind, _ object: PartialObject, to uids: Set<String>) -> Write {
        let left = object.metadata.ownerReferences.filter { !uids.contains($0.uid) }
        return .merge(
            kind.resource, object.key,
            ["metadata": ["uid": .string(object.metadata.uid), "ownerReferences": .array(left.map(\.json))]],
            revision: object.metadata.resourceVersion, tolerates: .notFound)
    }

    private func dropFinalizer(_ finalizer: String, _ kind: ResourceKind, _ object: PartialObject) -> Write {
        let left = object.metadata.finalizers.filter { $0 != finalizer }
        return .merge(
            kind.resource, object.key,
            ["metadata": ["uid": .string(object.metadata.uid), "finalizers": JSONValue(left)]],
            revision: object.metadata.resourceVersion, tolerates: .notFound)
    }
}
