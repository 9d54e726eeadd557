package import API
package import ControlLoop
import JSON

/// Lets a claim go when no pod uses it any more.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/volume/pvcprotection/pvc_protection_controller.go`.
package struct ClaimProtectionController: Controller {
    package static let name = "pvc-protection-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [.itself(PersistentVolumeClaim.self), .on(Pod.self) { pod in Self.claims(of: pod) }]
    }

    private static func claims(of pod: Pod) -> [NamespacedName] {
        pod.spec.volumes.compactMap { volume in
            switch volume.source {
            case .persistentVolumeClaim(let name, _): NamespacedName(namespace: pod.metadata.namespace, name: name)
            // A generic ephemeral volume has a claim named after pod and volume.
            case .other("ephemeral"):
                NamespacedName(namespace: pod.metadata.namespace, name: "\(pod.metadata.name)-\(volume.name)")
            default: nil
            }
        }
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let claim = snapshot.get(PersistentVolumeClaim.self, key) else { return .settled }
        let isHeld = claim.metadata.finalizers.contains(PersistentVolumeClaim.protectionFinalizer)
        if claim.metadata.isBeingDeleted {
            let isUsed = snapshot.list(Pod.self, namespace: key.namespace).contains { pod in
                !pod.isFinished && !pod.spec.nodeName.isEmpty && Self.claims(of: pod).contains(key)
            }
            return isHeld && !isUsed
                ? Plan([FinalizerWrites.drop(PersistentVolumeClaim.protectionFinalizer, from: claim)]) : .settled
        }
        return isHeld ? .settled : Plan([FinalizerWrites.add(PersistentVolumeClaim.protectionFinalizer, to: claim)])
    }
}

/// Lets a volume go when it is bound to no claim any more.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/volume/pvprotection/pv_protection_controller.go`.
package struct VolumeProtectionController: Controller {
    package static let name = "pv-protection-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] { [.itself(PersistentVolume.self)] }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let volume = snapshot.get(PersistentVolume.self, key) else { return .settled }
        let isHeld = volume.metadata.finalizers.contains(PersistentVolume.protectionFinalizer)
        if volume.metadata.isBeingDeleted {
            return isHeld && volume.phase != "Bound"
                ? Plan([FinalizerWrites.drop(PersistentVolume.protectionFinalizer, from: volume)]) : .settled
        }
        return isHeld ? .settled : Plan([FinalizerWrites.add(PersistentVolume.protectionFinalizer, to: volume)])
    }
}

/// Lets a class of volume attributes go when no volume and no claim names it any more.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/volume/vacprotection/vac_protection_controller.go`.
package struct AttributesClassProtectionController: Controller {
    package static let name = "volumeattributesclass-protection-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(VolumeAttributesClass.self),
            .on(PersistentVolume.self) { Self.keys([$0.volumeAttributesClassName]) },
            .on(PersistentVolumeClaim.self) { Self.keys(Self.classes(of: $0)) },
        ]
    }

    private static func classes(of claim: PersistentVolumeClaim) -> [String] {
        [claim.volumeAttributesClassName, claim.currentVolumeAttributesClassName, claim.targetVolumeAttributesClassName]
    }

    private static func keys(_ names: [String]) -> [NamespacedName] {
        names.filter { !$0.isEmpty }.map { NamespacedName(name: $0) }
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let found = snapshot.get(VolumeAttributesClass.self, key) else { return .settled }
        let isHeld = found.metadata.finalizers.contains(VolumeAttributesClass.protectionFinalizer)
        guard found.metadata.isBeingDeleted else {
            return isHeld ? .settled : Plan([FinalizerWrites.add(VolumeAttributesClass.protectionFinalizer, to: found)])
        }
        let isUsed =
            snapshot.list(PersistentVolume.self).contains { $0.volumeAttributesClassName == key.name }
            || snapshot.list(PersistentVolumeClaim.self).contains { Self.classes(of: $0).contains(key.name) }
        return isHeld && !isUsed
            ? Plan([FinalizerWrites.drop(VolumeAttributesClass.protectionFinalizer, from: found)]) : .settled
    }
}

/// Adding and taking away one finalizer, on the revision that was looked at.
enum FinalizerWrites {
    static func add<Object: APIObject>(_ finalizer: String, to object: Object) -> Write {
        write(object, object.metadata.finalizers + [finalizer])
    }

    static func drop<Object: APIObject>(_ finalizer: String, from object: Object) -> Write {
        write(object, object.metadata.finalizers.filter { $0 != finalizer })
    }

    private static func write<Object: APIObject>(_ object: Object, _ finalizers: [String]) -> Write {
        .merge(
            Object.resource, object.key,
            ["metadata": ["uid": .string(object.metadata.uid), "finalizers": JSONValue(finalizers)]],
            revision: object.metadata.resourceVersion, tolerates: [.notFound, .conflict])
    }
}
