package import API

/// Services and slices as last seen, and which Services changed since the last sync.
package struct ServiceChangeTracker: Sendable {
    private var services: [NamespacedName: Shared<ProxyService>] = [:]
    package private(set) var slices = EndpointSliceCache()
    private var changed: Set<NamespacedName> = []
    /// Services that send a part of their connections to a Service, by that one.
    private var splitters: [NamespacedName: Set<NamespacedName>] = [:]
    private var hasServices = false
    private var hasSlices = false

    package init() {}

    /// Both collections were listed once: what is not here does not exist.
    package var isComplete: Bool { hasServices && hasSlices }
    package var hasChanges: Bool { !changed.isEmpty }
    package var serviceCount: Int { services.count }

    /// What changed since the last call, in order of name. The caller gets copies of these Services only, so that the next
    /// event does not have to duplicate everything.
    package mutating func takeChanges() -> [ServiceChange] {
        defer { changed = [] }
        return changed.sorted().map { name in
            let service = services[name]
            return ServiceChange(
                name: name, shared: service, slices: service == nil ? [] : slices.slices(of: name),
                split: service?.value.options.split.flatMap(split))
        }
    }

    private func split(_ wanted: ServiceOptions.Split) -> ServiceChange.Split? {
        services[wanted.service].map {
            ServiceChange.Split(service: $0.value, slices: slices.slices(of: wanted.service), percent: wanted.percent)
        }
    }

    package mutating func apply(_ event: ServiceEvent) {
        switch event {
        case .servicesListed(let list): servicesListed(list)
        case .serviceSeen(let service): serviceSeen(service)
        case .serviceGone(let key): serviceGone(key)
        case .slicesListed(let list): slicesListed(list)
        case .sliceSeen(let slice): sliceSeen(slice)
        case .sliceGone(let key): sliceGone(key)
        }
    }

    package mutating func serviceSeen(_ service: Service) { serviceSeen(service.key, ProxyService(service)) }
    package mutating func serviceGone(_ key: NamespacedName) { serviceSeen(key, nil) }
    package mutating func servicesListed(_ list: [Service]) { servicesListed(list.map { ($0.key, ProxyService($0)) }) }
    package mutating func sliceSeen(_ slice: EndpointSlice) { sliceSeen(slice.key, ProxySlice(slice)) }
    package mutating func sliceGone(_ key: NamespacedName) { mark(slices.remove(key)) }
    package mutating func slicesListed(_ list: [EndpointSlice]) { slicesListed(list.map { ($0.key, ProxySlice($0)) }) }

    /// - Parameter service: Nil: nothing of it concerns us.
    package mutating func serviceSeen(_ key: NamespacedName, _ service: ProxyService?) {
        guard services[key]?.value != service else { return }
        if let target = services[key]?.value.options.split?.service {
            splitters[target]?.remove(key)
            if splitters[target]?.isEmpty == true { splitters[target] = nil }
        }
        if let target = service?.options.split?.service { splitters[target, default: []].insert(key) }
        services[key] = service.map { Shared($0) }
        mark([key])
    }

    package mutating func servicesListed(_ list: [(NamespacedName, ProxyService?)]) {
        let present = Set(list.map(\.0))
        for key in services.keys where !present.contains(key) { serviceGone(key) }
        for (key, service) in list { serviceSeen(key, service) }
        hasServices = true
    }

    package mutating func sliceSeen(_ key: NamespacedName, _ slice: ProxySlice?) {
        mark(slice.map { slices.set($0) } ?? slices.remove(key))
    }

    package mutating func slicesListed(_ list: [(NamespacedName, ProxySlice?)]) {
        let present = Set(list.map(\.0))
        for key in slices.keys where !present.contains(key) { sliceGone(key) }
        for (key, slice) in list { sliceSeen(key, slice) }
        hasSlices = true
    }

    /// These are to be computed again, and those that send connections to them.
    package mutating func mark(_ names: Set<NamespacedName>) {
        changed.formUnion(names)
        if splitters.isEmpty { return }
        for name in names { changed.formUnion(splitters[name] ?? []) }
    }
}
