package import JSON

/// A view of `coordination.k8s.io/v1, Lease`.
package struct Lease: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "coordination.k8s.io", version: "v1", resource: "leases")
    package static let kind = "Lease"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    package var holderIdentity: String
    package var leaseDurationSeconds: Int64
    package var acquireTime: Timestamp?
    package var renewTime: Timestamp?
    package var leaseTransitions: Int64

    package init(
        metadata: ObjectMeta, holderIdentity: String = "", leaseDurationSeconds: Int64 = 0, acquireTime: Timestamp? = nil,
        renewTime: Timestamp? = nil, leaseTransitions: Int64 = 0
    ) {
        self.metadata = metadata
        self.holderIdentity = holderIdentity
        self.leaseDurationSeconds = leaseDurationSeconds
        self.acquireTime = acquireTime
        self.renewTime = renewTime
        self.leaseTransitions = leaseTransitions
    }

    package init(json: JSONValue) {
        let spec = json["spec"]
        self.init(
            metadata: ObjectMeta(json: json["metadata"] ?? [:]), holderIdentity: spec?["holderIdentity"]?.string ?? "",
            leaseDurationSeconds: spec?["leaseDurationSeconds"]?.int ?? 0,
            acquireTime: spec?["acquireTime"]?.string.flatMap(Timestamp.init(parsing:)),
            renewTime: spec?["renewTime"]?.string.flatMap(Timestamp.init(parsing:)),
            leaseTransitions: spec?["leaseTransitions"]?.int ?? 0)
    }
}
