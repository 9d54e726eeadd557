package import API

/// Services and slices as last seen, and which Services changed since the last sync.
package struct ServiceChangeTracker: Sendable {
    package private(set) var services: [NamespacedName: ProxyService] = [:]
    package private(set) var slices = EndpointSliceCache()
    private var changed: Set<NamespacedName> = []
    private var hasServices = false
    private var hasSlices = false

    package init() {}

    /// Both collections were listed once: what is not here does not exist.
    package var isComplete: Bool { hasServices && hasSlices }
    package var hasChanges: Bool { !changed.isEmpty }

    /// What changed since the last call, in order of name. The caller gets copies of these Services only, so that the next
    /// event does not have to duplicate everything.
    package mutating func takeChanges() -> [ServiceChange] {
        defer { changed = [] }
        return changed.sorted().map { ServiceChange(name: $0, service: services[$0], slices: slices.slices(of: $0)) }
    }

    package mutating func serviceSeen(_ service: Service) { store(ProxyService(service), as: service.key) }
    package mutating func serviceGone(_ key: NamespacedName) { store(nil, as: key) }

    package mutating func servicesListed(_ list: [Service]) {
        let present = Set(list.map(\.key))
        for key in services.keys where !present.contains(key) { store(nil, as: key) }
        for service in list { serviceSeen(service) }
        hasServices = true
    }

    package mutating func sliceSeen(_ slice: EndpointSlice) {
        guard let parsed = ProxySlice(slice) else { return sliceGone(slice.key) }
        changed.formUnion(slices.set(parsed))
    }

    package mutating func sliceGone(_ key: NamespacedName) { changed.formUnion(slices.remove(key)) }

    package mutating func slicesListed(_ list: [EndpointSlice]) {
        let present = Set(list.map(\.key))
        for key in slices.keys where !present.contains(key) { sliceGone(key) }
        for slice in list { sliceSeen(slice) }
        hasSlices = true
    }

    private mutating func store(_ service: ProxyService?, as key: NamespacedName) {
        guard services[key] != service else { return }
        services[key] = service
        changed.insert(key)
    }
}
