import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct StorageControllersTests {
    let harness = Harness()
    let binder = VolumeBinder()

    func putVolume(_ name: String, size: String, _ spec: JSONValue = [:], policy: String = "Retain") {
        var spec = spec
        spec["capacity"] = ["storage": .string(size)]
        spec["accessModes"] = ["ReadWriteOnce"]
        spec["persistentVolumeReclaimPolicy"] = .string(policy)
        harness.cluster.put(PersistentVolume.resource, ["metadata": ["name": .string(name)], "spec": spec])
    }

    func putClaim(_ name: String = "c", size: String, _ spec: JSONValue = [:]) {
        var spec = spec
        spec["resources"] = ["requests": ["storage": .string(size)]]
        spec["accessModes"] = ["ReadWriteOnce"]
        harness.cluster.put(
            PersistentVolumeClaim.resource, ["metadata": ["name": .string(name), "namespace": "default"], "spec": spec])
    }

    /// Every key once, until nothing is left to do.
    func settle() async {
        for _ in 0..<4 {
            for volume in harness.cluster.all(PersistentVolume.self) {
                await harness.settle(binder, .volume(volume.metadata.name))
            }
            for claim in harness.cluster.all(PersistentVolumeClaim.self) { await harness.settle(binder, .claim(claim.key)) }
        }
    }

    var claim: PersistentVolumeClaim { harness.cluster.all(PersistentVolumeClaim.self)[0] }
    func volume(_ name: String) throws -> PersistentVolume {
        try #require(harness.cluster.all(PersistentVolume.self).first { $0.metadata.name == name })
    }

    @Test func `a claim gets the smallest volume that is large enough`() async throws {
        putVolume("small", size: "1Gi")
        putVolume("fits", size: "5Gi")
        putVolume("large", size: "10Gi")
        putClaim(size: "2Gi")
        await settle()
        #expect(claim.phase == "Bound" && claim.volumeName == "fits")
        #expect(claim.statusCapacity == ["storage": try #require(Quantity(parsing: "5Gi"))])
        #expect(claim.metadata.annotations["pv.kubernetes.io/bind-completed"] == "yes")
        let bound = try volume("fits")
        #expect(bound.phase == "Bound" && bound.claim?.uid == claim.metadata.uid && bound.claim?.name == "c")
        #expect(bound.metadata.annotations["pv.kubernetes.io/bound-by-controller"] == "yes")
        #expect(try volume("small").phase == "Available" && volume("large").phase == "Available")
    }

    @Test(
        arguments: [
            (["storageClassName": "gold"], [:]), (["volumeMode": "Block"], [:]),
            (["selector": ["matchLabels": ["a": "b"]]], [:]), ([:], ["storageClassName": "gold"]),
            ([:], ["claimRef": ["name": "other", "namespace": "default"]]),
        ] as [(JSONValue, JSONValue)])
    func `a volume that does not suit leaves the claim waiting`(claimSpec: JSONValue, volumeSpec: JSONValue) async throws {
        putVolume("v", size: "5Gi", volumeSpec)
        putClaim(size: "2Gi", claimSpec)
        await settle()
        #expect(claim.phase == "Pending" && claim.volumeName.isEmpty)
        #expect(try volume("v").phase == "Available")
    }

    @Test func `a volume reserved for a claim is taken though another is smaller`() async throws {
        putVolume("small", size: "2Gi")
        putVolume("mine", size: "9Gi", ["claimRef": ["name": "c", "namespace": "default"]])
        putClaim(size: "2Gi")
        await settle()
        #expect(claim.volumeName == "mine")
        #expect(try volume("mine").metadata.annotations["pv.kubernetes.io/bound-by-controller"] == nil)
    }

    @Test func `a claim that waits for its first pod is bound when the pod has a node`() async throws {
        harness.cluster.put(
            StorageClass.resource,
            [
                "metadata": ["name": "late"], "provisioner": "kubernetes.io/no-provisioner",
                "volumeBindingMode": "WaitForFirstConsumer",
            ])
        putVolume("v", size: "5Gi", ["storageClassName": "late"])
        putClaim(size: "2Gi", ["storageClassName": "late"])
        await settle()
        #expect(claim.phase == "Pending")
        try await harness.cluster.patch(
            PersistentVolumeClaim.resource, key("c"), .merge,
            ["metadata": ["annotations": ["volume.kubernetes.io/selected-node": "n"]]], subresource: nil)
        await settle()
        #expect(claim.phase == "Bound")
    }

    @Test func `a volume whose claim is gone is released, and a claim whose volume is gone is lost`() async throws {
        putVolume("v", size: "5Gi")
        putClaim(size: "2Gi")
        await settle()
        harness.cluster.remove(PersistentVolumeClaim.resource, key("c"))
        await settle()
        #expect(try volume("v").phase == "Released")
        putVolume("w", size: "5Gi")
        putClaim("d", size: "2Gi")
        await settle()
        #expect(claim.volumeName == "w")
        harness.cluster.remove(PersistentVolume.resource, key("w", ""))
        await settle()
        #expect(claim.phase == "Lost")
    }

    @Test func `a claim in use stays until the pod has ended`() async throws {
        let protection = ClaimProtectionController()
        putClaim(size: "1Gi")
        await harness.settle(protection, key("c"))
        #expect(claim.metadata.finalizers == ["kubernetes.io/pvc-protection"])
        harness.cluster.put(
            Pod.resource,
            [
                "metadata": ["name": "p", "namespace": "default"],
                "spec": ["nodeName": "n", "volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "c"]]]],
            ])
        try await harness.cluster.delete(PersistentVolumeClaim.resource, key("c"), DeletionOptions())
        await harness.settle(protection, key("c"))
        #expect(claim.metadata.isBeingDeleted)
        try await harness.cluster.patch(
            Pod.resource, key("p"), .merge, ["status": ["phase": "Succeeded"]], subresource: "status")
        await harness.settle(protection, key("c"))
        #expect(harness.cluster.all(PersistentVolumeClaim.self).isEmpty)
    }

    @Test func `a bound volume stays until it is released`() async throws {
        let protection = VolumeProtectionController()
        putVolume("v", size: "5Gi")
        putClaim(size: "2Gi")
        await harness.settle(protection, key("v", ""))
        await settle()
        try await harness.cluster.delete(PersistentVolume.resource, key("v", ""), DeletionOptions())
        await harness.settle(protection, key("v", ""))
        #expect(try volume("v").metadata.isBeingDeleted)
        harness.cluster.remove(PersistentVolumeClaim.resource, key("c"))
        await settle()
        await harness.settle(protection, key("v", ""))
        #expect(harness.cluster.all(PersistentVolume.self).isEmpty)
    }

    @Test func `a class of attributes stays while a claim names it`() async throws {
        let protection = AttributesClassProtectionController()
        harness.cluster.put(VolumeAttributesClass.resource, ["metadata": ["name": "fast"]])
        putClaim(size: "1Gi", ["volumeAttributesClassName": "fast"])
        await harness.settle(protection, key("fast", ""))
        try await harness.cluster.delete(VolumeAttributesClass.resource, key("fast", ""), DeletionOptions())
        await harness.settle(protection, key("fast", ""))
        #expect(harness.cluster.all(VolumeAttributesClass.self).count == 1)
        harness.cluster.remove(PersistentVolumeClaim.resource, key("c"))
        await harness.settle(protection, key("fast", ""))
        #expect(harness.cluster.all(VolumeAttributesClass.self).isEmpty)
    }
}
