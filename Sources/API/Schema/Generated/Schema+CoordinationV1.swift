// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.coordination.v1`.
    static let coordinationV1: StaticString = """
        =Lease K=coordination.k8s.io/v1/Lease
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .LeaseSpec
        =LeaseList K=coordination.k8s.io/v1/LeaseList
        apiVersion 0 s
        items 2 [.Lease a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =LeaseSpec
        acquireTime 3 u p
        holderIdentity 1 s p
        leaseDurationSeconds 2 i p
        leaseTransitions 5 i p
        preferredHolder 7 s p
        renewTime 4 u p
        strategy 6 s p
        """
}
