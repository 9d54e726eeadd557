package import API
package import JSON

/// One plug-in of upstream's admission chain: looks at a write and at what is stored, fills in, or refuses. Pure.
package protocol AdmissionStep: Sendable {
    /// Upstream's name; it decides the place in the chain.
    var name: String { get }
    /// Cheap; a step that says no is not asked further.
    func handles(_ request: AdmissionRequest) -> Bool
    /// Fills in or refuses, before the kind's own rules have looked.
    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status)
    /// Refuses or warns, after the kind's own rules; must leave the object as it is.
    func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status)
}

extension AdmissionStep {
    package func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {}
    package func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {}
}

/// What a step may see of the cluster.
package protocol AdmissionView: Sendable {
    func get(_ resource: GroupVersionResource, _ key: NamespacedName) -> JSONValue?
    /// In order of key; nil: every namespace.
    func list(_ resource: GroupVersionResource, namespace: String?) -> [JSONValue]
    var now: Timestamp { get }
    /// Five letters for a generated name.
    func makeSuffix() -> String
}

/// The caches of a running server.
struct CachedAdmissionView: AdmissionView {
    let caches: CacheSet
    let environment: ServerEnvironment

    func get(_ resource: GroupVersionResource, _ key: NamespacedName) -> JSONValue? { caches[resource]?.get(key)?.object }

    func list(_ resource: GroupVersionResource, namespace: String?) -> [JSONValue] {
        let selection = Selection(namespace: namespace)
        return caches[resource]?.list(selection, clock: caches.clock).objects.map(\.object) ?? []
    }

    var now: Timestamp { environment.now() }
    func makeSuffix() -> String { environment.makeSuffix() }
}
