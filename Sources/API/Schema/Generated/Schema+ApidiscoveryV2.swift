// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.apidiscovery.v2`.
    static let apidiscoveryV2: StaticString = """
        =APIGroupDiscovery
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        versions 2 [.APIVersionDiscovery
        =APIGroupDiscoveryList
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        items 2 [.APIGroupDiscovery
        =APIResourceDiscovery
        resource 1 s
        responseKind 2 :apimachinery.pkg.apis.meta.v1.GroupVersionKind
        scope 3 s
        singularResource 4 s
        verbs 5 [s
        shortNames 6 [s
        categories 7 [s
        subresources 8 [.APISubresourceDiscovery
        =APISubresourceDiscovery
        subresource 1 s
        responseKind 2 :apimachinery.pkg.apis.meta.v1.GroupVersionKind
        acceptedTypes 3 :apimachinery.pkg.apis.meta.v1.GroupVersionKind
        verbs 4 [s
        =APIVersionDiscovery
        version 1 s
        resources 2 [.APIResourceDiscovery
        freshness 3 s
        """
}
