import API
import ControlLoop
import JSON

/// Finds the volume for a claim: one that was reserved for it, else the smallest that is large enough.
///
/// - SeeAlso: Kubernetes 1.36 `component-helpers/storage/volume/helpers.go`, `FindMatchingVolume`.
struct VolumeMatch {
    let claim: PersistentVolumeClaim

    /// Equally large volumes are taken by name.
    func best(of volumes: [PersistentVolume]) -> PersistentVolume? {
        let fitting = volumes.filter(fits)
        if let reserved = fitting.first(where: { $0.claim != nil }) { return reserved }
        return fitting.filter(isFree).min { ($0.capacity, $0.metadata.name) < ($1.capacity, $1.metadata.name) }
    }

    private func fits(_ volume: PersistentVolume) -> Bool {
        if let reference = volume.claim, !VolumeBinder.isFor(claim, reference) { return false }
        return !volume.metadata.isBeingDeleted && volume.volumeMode == claim.volumeMode
            && volume.capacity >= claim.requests["storage"] ?? .zero
            && volume.volumeAttributesClassName == claim.volumeAttributesClassName
            && claim.accessModes.allSatisfy(volume.accessModes.contains)
            && (volume.claim != nil || volume.storageClassName == claim.storageClassName ?? "")
    }

    /// Selectors count only for volumes that nobody reserved.
    private func isFree(_ volume: PersistentVolume) -> Bool {
        volume.claim == nil && ["Available", "Pending", ""].contains(volume.phase)
            && claim.selector.matches(volume.metadata.labels)
    }
}

/// The writes that tie a volume and a claim together, in upstream's order: volume, its phase, claim, its phase.
struct VolumeBinding {
    private let volume: PersistentVolume
    private let claim: PersistentVolumeClaim

    init(_ volume: PersistentVolume, _ claim: PersistentVolumeClaim) {
        self.volume = volume
        self.claim = claim
    }

    /// Empty when everything is there.
    var plan: Plan {
        var plan = Plan()
        if volume.claim?.uid != claim.metadata.uid { plan.add(tieVolume) }
        if volume.phase != "Bound" { plan.add(VolumeBinder.status(volume, ["phase": "Bound"])) }
        if claim.volumeName != volume.metadata.name || claim.metadata.annotations[VolumeBinder.bindCompleted] == nil {
            plan.add(tieClaim)
        }
        if claim.phase != "Bound" || claim.statusAccessModes != volume.accessModes || claim.statusCapacity["storage"] == nil {
            plan.add(
                VolumeBinder.status(
                    claim,
                    [
                        "phase": "Bound", "accessModes": JSONValue(volume.accessModes),
                        "capacity": ["storage": .string(volume.capacity.description)],
                    ]))
        }
        return plan
    }

    private var tieVolume: Write {
        var reference = ObjectReference(to: claim)
        reference.fieldPath = ""
        var body: JSONValue = ["spec": ["claimRef": reference.json]]
        // What a person reserved stays reserved when the claim goes elsewhere.
        if volume.claim == nil { body[path: ["metadata", "annotations", VolumeBinder.boundByController]] = "yes" }
        return .merge(PersistentVolume.resource, volume.key, body, revision: volume.metadata.resourceVersion)
    }

    private var tieClaim: Write {
        var annotations: JSONValue = [VolumeBinder.bindCompleted: "yes"]
        if claim.volumeName.isEmpty { annotations[VolumeBinder.boundByController] = "yes" }
        return .merge(
            PersistentVolumeClaim.resource, claim.key,
            ["metadata": ["annotations": annotations], "spec": ["volumeName": .string(volume.metadata.name)]],
            revision: claim.metadata.resourceVersion)
    }
}
