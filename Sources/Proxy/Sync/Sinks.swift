import API
import ControlLoop
import JSON

struct ServiceSink: ReflectorSink {
    let inbox: Inbox

    func read(_ json: JSONValue) -> Inbox.SeenService { inbox.read(Service(json: json)) }
    func replace(with items: [Inbox.SeenService], resourceVersion: String) { inbox.servicesListed(items) }

    func apply(_ kind: WatchEvent.Kind, _ item: Inbox.SeenService?, resourceVersion: String) {
        guard let item else { return }
        if kind == .deleted { inbox.serviceGone(item.key) } else { inbox.serviceSeen(item) }
    }
}

struct SliceSink: ReflectorSink {
    let inbox: Inbox

    func read(_ json: JSONValue) -> Inbox.SeenSlice { inbox.read(EndpointSlice(json: json)) }
    func replace(with items: [Inbox.SeenSlice], resourceVersion: String) { inbox.slicesListed(items) }

    func apply(_ kind: WatchEvent.Kind, _ item: Inbox.SeenSlice?, resourceVersion: String) {
        guard let item else { return }
        if kind == .deleted { inbox.sliceGone(item.key) } else { inbox.sliceSeen(item) }
    }
}

struct NodeSink: ReflectorSink {
    let inbox: Inbox
    let nodeName: String

    func read(_ json: JSONValue) -> Node { Node(json: json) }

    func replace(with items: [Node], resourceVersion: String) {
        inbox.nodeSeen(items.first { $0.metadata.name == nodeName }.map(NodeFacts.init))
    }

    func apply(_ kind: WatchEvent.Kind, _ item: Node?, resourceVersion: String) {
        guard let item, item.metadata.name == nodeName, kind != .deleted else { return }
        inbox.nodeSeen(NodeFacts(item))
    }
}

struct ServiceRangeSink: ReflectorSink {
    let inbox: Inbox

    func read(_ json: JSONValue) -> ServiceCIDR { ServiceCIDR(json: json) }
    func replace(with items: [ServiceCIDR], resourceVersion: String) { inbox.serviceRangesListed(items) }

    func apply(_ kind: WatchEvent.Kind, _ item: ServiceCIDR?, resourceVersion: String) {
        guard let item else { return }
        inbox.serviceRangeSeen(item, isGone: kind == .deleted)
    }
}
