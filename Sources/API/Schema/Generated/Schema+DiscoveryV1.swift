// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.discovery.v1`.
    static let discoveryV1: StaticString = """
        =Endpoint
        addresses 1 [s a r Ls
        conditions 2 .EndpointConditions
        deprecatedTopology 5 {s
        hints 8 .EndpointHints p
        hostname 3 s p
        nodeName 6 s p
        targetRef 4 :api.core.v1.ObjectReference p
        zone 7 s p
        =EndpointConditions
        ready 1 b p
        serving 2 b p
        terminating 3 b p
        =EndpointHints
        forNodes 2 [.ForNode La
        forZones 1 [.ForZone La
        =EndpointPort A
        appProtocol 4 s p
        name 1 s p
        port 3 i p
        protocol 2 s p
        =EndpointSlice K=discovery.k8s.io/v1/EndpointSlice
        addressType 4 s a r
        apiVersion 0 s
        endpoints 2 [.Endpoint a La
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        ports 3 [.EndpointPort a La
        =EndpointSliceList K=discovery.k8s.io/v1/EndpointSliceList
        apiVersion 0 s
        items 2 [.EndpointSlice a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ForNode
        name 1 s a r
        =ForZone
        name 1 s a r
        """
}
