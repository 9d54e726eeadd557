package import API
package import ControlLoop
import JSON

/// Brings claims and the volumes that people made for them together, and follows what becomes of both.
///
/// Nothing is provisioned and nothing on disk is deleted: a released volume that says `Delete` waits for whoever made it.
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/volume/persistentvolume/pv_controller.go`.
package struct VolumeBinder: Controller {
    package static let name = "persistentvolume-controller"
    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"
    static let selectedNode = "volume.kubernetes.io/selected-node"
    static let provisioner = "kubernetes.io/no-provisioner"

    package enum Key: Hashable, Sendable, CustomStringConvertible {
        case claim(NamespacedName)
        case volume(String)

        package var description: String {
            switch self {
            case .claim(let name): "claim \(name)"
            case .volume(let name): "volume \(name)"
            }
        }
    }

    package init() {}

    package var triggers: [Trigger<Key>] {
        [
            .onChange(PersistentVolumeClaim.self) { change, _ in
                [.claim(change.key)]
                    + Set([change.old?.volumeName, change.new?.volumeName].compactMap { $0 }).filter { !$0.isEmpty }
                    .map(Key.volume)
            },
            .onChange(PersistentVolume.self) { change, snapshot in
                // A volume that became free may be what a claim waits for.
                let waiting = snapshot.list(PersistentVolumeClaim.self).filter { claim in
                    claim.volumeName == change.key.name
                        || (claim.volumeName.isEmpty && change.new?.storageClassName == claim.storageClassName ?? "")
                }
                return [.volume(change.key.name)] + waiting.map { .claim($0.key) }
            },
            .onChange(StorageClass.self) { change, snapshot in
                snapshot.list(PersistentVolumeClaim.self)
                    .filter { $0.volumeName.isEmpty && $0.storageClassName == change.key.name }.map { .claim($0.key) }
            },
        ]
    }

    package func plan(for key: Key, in snapshot: Snapshot) -> Plan {
        switch key {
        case .claim(let name):
            guard let claim = snapshot.get(PersistentVolumeClaim.self, name) else { return .settled }
            return claim.metadata.annotations[Self.bindCompleted] == nil
                ? planUnbound(claim, snapshot) : planBound(claim, snapshot)
        case .volume(let name):
            guard let volume = snapshot.get(PersistentVolume.self, NamespacedName(name: name)) else { return .settled }
            return plan(volume, snapshot)
        }
    }

    // MARK: Claims

    private func planUnbound(_ claim: PersistentVolumeClaim, _ snapshot: Snapshot) -> Plan {
        if !claim.volumeName.isEmpty {
            let volume = snapshot.get(PersistentVolume.self, NamespacedName(name: claim.volumeName))
            guard let volume, volume.claim.map({ Self.isFor(claim, $0) }) ?? true else { return pending(claim) }
            return VolumeBinding(volume, claim).plan
        }
        // A claim that is going away is bound to nothing new.
        guard !claim.metadata.isBeingDeleted else { return .settled }
        let storageClass = snapshot.get(StorageClass.self, NamespacedName(name: claim.storageClassName ?? ""))
        let waits = storageClass?.waitsForConsumer ?? false
        let volumes = snapshot.list(PersistentVolume.self)
        let reserved = volumes.first { $0.claim.map { Self.isFor(claim, $0) } ?? false }
        if waits, reserved == nil, claim.metadata.annotations[Self.selectedNode] == nil {
            return pending(
                claim,
                Plan.Notice(
                    ObjectReference(to: claim), reason: "WaitForFirstConsumer",
                    message: "waiting for first consumer to be created before binding"))
        }
        if let volume = VolumeMatch(claim: claim).best(of: volumes) { return VolumeBinding(volume, claim).plan }
        if let storageClass, storageClass.provisioner != Self.provisioner {
            return pending(
                claim,
                Plan.Notice(
                    ObjectReference(to: claim), reason: "ExternalProvisioning",
                    message: "Waiting for a volume to be created either by the external provisioner "
                        + "'\(storageClass.provisioner)' or manually by the system administrator. If volume creation is delayed, "
                        + "please verify that the provisioner is running and correctly registered."))
        }
        return pending(
            claim,
            Plan.Notice(
                ObjectReference(to: claim), reason: "FailedBinding",
                message: (claim.storageClassName ?? "").isEmpty
                    ? "no persistent volumes available for this claim and no storage class is set"
                    : "no persistent volumes available for this claim"))
    }

    private func planBound(_ claim: PersistentVolumeClaim, _ snapshot: Snapshot) -> Plan {
        let volume = snapshot.get(PersistentVolume.self, NamespacedName(name: claim.volumeName))
        guard !claim.volumeName.isEmpty, let volume else {
            return lose(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
        }
        guard let reference = volume.claim else { return VolumeBinding(volume, claim).plan }
        guard reference.uid == claim.metadata.uid else {
            return lose(
                claim, "ClaimMisbound",
                "Two claims are bound to the same volume, this one is bound incorrectly")
        }
        return VolumeBinding(volume, claim).plan
    }

    private func pending(_ claim: PersistentVolumeClaim, _ notice: Plan.Notice? = nil) -> Plan {
        guard claim.phase != "Pending" || notice != nil else { return .settled }
        var plan = Plan(notices: notice.map { [$0] } ?? [])
        if claim.phase != "Pending" { plan.add(Self.status(claim, ["phase": "Pending"])) }
        return plan
    }

    private func lose(_ claim: PersistentVolumeClaim, _ reason: String, _ message: String) -> Plan {
        guard claim.phase != "Lost" else { return .settled }
        return Plan(
            [Self.status(claim, ["phase": "Lost", "accessModes": .null, "capacity": .null])],
            notices: [Plan.Notice(ObjectReference(to: claim), type: "Warning", reason: reason, message: message)])
    }

    /// Whether a volume's reference means this claim; one without a uid was written by a person.
    static func isFor(_ claim: PersistentVolumeClaim, _ reference: ObjectReference) -> Bool {
        reference.name == claim.metadata.name && reference.namespace == claim.metadata.namespace
            && (reference.uid.isEmpty || reference.uid == claim.metadata.uid)
    }

    // MARK: Volumes

    private func plan(_ volume: PersistentVolume, _ snapshot: Snapshot) -> Plan {
        guard let reference = volume.claim, !reference.uid.isEmpty else { return phase("Available", of: volume) }
        let key = NamespacedName(namespace: reference.namespace, name: reference.name)
        let claim = snapshot.get(PersistentVolumeClaim.self, key)
        guard let claim, claim.metadata.uid == reference.uid else {
            guard volume.phase != "Released", volume.phase != "Failed" else { return .settled }
            var plan = Plan()
            plan.steps.append(.confirmAbsent(PersistentVolumeClaim.resource, key, uid: reference.uid))
            plan.add(Self.status(volume, ["phase": "Released", "message": .null]))
            return plan
        }
        if claim.volumeName == volume.metadata.name { return phase("Bound", of: volume) }
        // The claim's own plan finishes the binding; a claim that went elsewhere gives the volume back.
        guard !claim.volumeName.isEmpty, volume.metadata.annotations[Self.boundByController] != nil else { return .settled }
        return Plan([
            .merge(
                PersistentVolume.resource, volume.key,
                ["metadata": ["annotations": [Self.boundByController: .null]], "spec": ["claimRef": .null]],
                revision: volume.metadata.resourceVersion, tolerates: .notFound)
        ])
    }

    private func phase(_ phase: String, of volume: PersistentVolume) -> Plan {
        volume.phase == phase ? .settled : Plan([Self.status(volume, ["phase": .string(phase), "message": .null])])
    }

    static func status<Object: APIObject>(_ object: Object, _ status: JSONValue) -> Write {
        .merge(Object.resource, object.key, ["status": status], subresource: "status", tolerates: .notFound)
    }
}
