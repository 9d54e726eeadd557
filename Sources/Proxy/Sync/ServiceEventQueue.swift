import API

/// Events that wait for the commit that covers them, at most one per object.
///
/// While the kernel refuses, the queue holds no more than the objects that exist and those that the receiver still believes in:
/// an object that came and went in between leaves nothing.
package struct ServiceEventQueue: Sendable {
    private var services = Half<Service>()
    private var slices = Half<EndpointSlice>()

    package init() {}

    package var isEmpty: Bool { services.isEmpty && slices.isEmpty }
    /// Objects in the queue.
    package var count: Int { services.count + slices.count }

    package mutating func add(_ event: ServiceEvent) {
        switch event {
        case .servicesListed(let list): services.listed(list)
        case .serviceSeen(let service): services.seen(service)
        case .serviceGone(let key): services.gone(key)
        case .slicesListed(let list): slices.listed(list)
        case .sliceSeen(let slice): slices.seen(slice)
        case .sliceGone(let key): slices.gone(key)
        }
    }

    /// Hands what waits to the commit that is about to be tried, on top of what an earlier one failed to cover.
    package mutating func take() {
        services.take()
        slices.take()
    }

    /// The commit stands: what it covers, lists first, Services before slices, each in order of name.
    package mutating func committed() -> [ServiceEvent] {
        var events: [ServiceEvent] = []
        let (serviceList, serviceChanges) = services.committed()
        let (sliceList, sliceChanges) = slices.committed()
        if let serviceList { events.append(.servicesListed(serviceList)) }
        for (key, service) in serviceChanges { events.append(service.map { .serviceSeen($0) } ?? .serviceGone(key)) }
        if let sliceList { events.append(.slicesListed(sliceList)) }
        for (key, slice) in sliceChanges { events.append(slice.map { .sliceSeen($0) } ?? .sliceGone(key)) }
        return events
    }

    /// The events of one collection.
    private struct Half<Item: APIObject & Sendable>: Sendable {
        /// What came since the last `take`.
        private var waiting = Batch<Item>()
        /// What the next commit covers.
        private var taken = Batch<Item>()
        /// What the receiver knows to exist.
        private var known: Set<NamespacedName> = []

        var isEmpty: Bool { waiting.isEmpty && taken.isEmpty }
        var count: Int { waiting.count + taken.count }

        mutating func listed(_ items: [Item]) { waiting = Batch(listing: items) }
        mutating func seen(_ item: Item) { waiting.put(item, as: item.key) }
        mutating func gone(_ key: NamespacedName) { waiting.put(nil, as: key) }

        mutating func take() {
            if waiting.isEmpty { return }
            if waiting.isList {
                taken = waiting
            } else {
                for (key, item) in waiting.items {
                    taken.put(item, as: key)
                    if item == nil, !known.contains(key) { taken.forget(key) }
                }
            }
            waiting = Batch()
        }

        mutating func committed() -> (list: [Item]?, changes: [(NamespacedName, Item?)]) {
            defer { taken = Batch() }
            let sorted = taken.items.sorted { $0.key < $1.key }
            if taken.isList {
                known = Set(taken.items.keys)
                return (sorted.compactMap(\.value), [])
            }
            for (key, item) in sorted {
                if item == nil { known.remove(key) } else { known.insert(key) }
            }
            return (nil, sorted.map { ($0.key, $0.value) })
        }
    }

    private struct Batch<Item: APIObject & Sendable>: Sendable {
        /// Nil: gone. A list holds what exists only.
        private(set) var items: [NamespacedName: Item?] = [:]
        private(set) var isList = false

        init() {}

        init(listing list: [Item]) {
            isList = true
            items = Dictionary(list.map { ($0.key, $0) }) { _, last in last }
        }

        var isEmpty: Bool { items.isEmpty && !isList }
        var count: Int { items.count }

        mutating func put(_ item: Item?, as key: NamespacedName) {
            if isList && item == nil { forget(key) } else { items.updateValue(item, forKey: key) }
        }

        mutating func forget(_ key: NamespacedName) { items.removeValue(forKey: key) }
    }
}
