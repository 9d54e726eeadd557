import API
import JSON

/// Fills in and enforces what LimitRanges say of the resources of containers, pods and claims.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/limitranger/admission.go`.
struct LimitRanger: AdmissionStep {
    let name = "LimitRanger"

    static let ranges = GroupVersionResource(group: "", version: "v1", resource: "limitranges")
    private static let annotation = "kubernetes.io/limit-ranger"

    func handles(_ request: AdmissionRequest) -> Bool {
        switch request.resource {
        case Pod.resource:
            request.writes(Pod.resource, .create) || (request.subresource == "resize" && request.operation == .update)
        case PersistentVolumeClaim.resource: request.writes(PersistentVolumeClaim.resource, .create, .update)
        default: false
        }
    }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) {
        guard request.resource == Pod.resource, !Self.isBeingDeleted(request) else { return }
        for range in view.list(Self.ranges, namespace: request.namespace) { fill(&request.object, from: range) }
    }

    func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        guard !Self.isBeingDeleted(request) else { return }
        for range in view.list(Self.ranges, namespace: request.namespace) {
            let items = range["spec"]?["limits"]?.array ?? []
            let wrongs =
                request.resource == Pod.resource
                ? Self.wrongs(of: request.object, items) : Self.claimWrongs(of: request.object, items)
            var seen: Set<String> = []
            let messages = wrongs.filter { seen.insert($0).inserted }
            guard !messages.isEmpty else { continue }
            throw request.forbidden(messages.count == 1 ? messages[0] : "[\(messages.joined(separator: ", "))]")
        }
    }

    private static func isBeingDeleted(_ request: AdmissionRequest) -> Bool {
        request.operation == .update && request.old?["metadata"]?["deletionTimestamp"]?.string != nil
    }

    // MARK: Filling in

    /// What a container is given where it says nothing, and what says so in an annotation.
    private func fill(_ pod: inout JSONValue, from range: JSONValue) {
        var limits: JSONValue = [:]
        var requests: JSONValue = [:]
        for item in range["spec"]?["limits"]?.array ?? [] where item["type"]?.string == "Container" {
            for member in item["defaultRequest"]?.object?.members ?? [] { requests[member.key] = member.value }
            for member in item["default"]?.object?.members ?? [] { limits[member.key] = member.value }
        }
        var notes: [String] = []
        for (list, word) in [("containers", "container"), ("initContainers", "init container")] {
            guard var containers = pod["spec"]?[list]?.array else { continue }
            for index in containers.indices {
                let who = "\(word) \(containers[index]["name"]?.string ?? "")"
                let setRequests = Self.merge(requests, into: &containers[index], "requests")
                let setLimits = Self.merge(limits, into: &containers[index], "limits")
                if !setRequests.isEmpty { notes.append("\(setRequests.joined(separator: ", ")) request for \(who)") }
                if !setLimits.isEmpty { notes.append("\(setLimits.joined(separator: ", ")) limit for \(who)") }
            }
            pod[path: ["spec", list]] = .array(containers)
        }
        guard !notes.isEmpty else { return }
        pod[path: ["metadata", "annotations", Self.annotation]] = .string(
            "LimitRanger plugin set: " + notes.joined(separator: "; "))
    }

    /// The names that were set, in order.
    private static func merge(_ defaults: JSONValue, into container: inout JSONValue, _ list: String) -> [String] {
        var set: [String] = []
        for member in (defaults.object?.members ?? []).sorted(by: { $0.key < $1.key })
        where container["resources"]?[list]?[member.key] == nil {
            container[path: ["resources", list, member.key]] = member.value
            set.append(member.key)
        }
        return set
    }

    // MARK: Enforcing

    private static func wrongs(of pod: JSONValue, _ items: [JSONValue]) -> [String] {
        let pod = Pod(json: pod)
        return items.flatMap { item -> [String] in
            let bounds = LimitBounds(item: item)
            switch bounds.type {
            case "Container":
                return (pod.spec.containers + pod.spec.initContainers).flatMap { container in
                    bounds.wrongs(requests: container.resources.requests, limits: container.resources.limits)
                }
            case "Pod":
                var spec = pod.spec
                spec.overhead = [:]
                let whole = Pod(metadata: pod.metadata, spec: spec)
                return bounds.wrongs(requests: whole.requests, limits: whole.limits)
            default: return []
            }
        }
    }

    private static func claimWrongs(of claim: JSONValue, _ items: [JSONValue]) -> [String] {
        let requests = ResourceList(json: claim["spec"]?["resources"]?["requests"])
        return items.map(LimitBounds.init(item:)).filter { $0.type == "PersistentVolumeClaim" }.flatMap {
            $0.wrongs(claiming: requests)
        }
    }
}

/// One entry of a LimitRange's `spec.limits`.
struct LimitBounds {
    let type: String
    private let minimum: ResourceList
    private let maximum: ResourceList
    private let ratio: ResourceList

    init(item: JSONValue) {
        type = item["type"]?.string ?? ""
        minimum = ResourceList(json: item["min"])
        maximum = ResourceList(json: item["max"])
        ratio = ResourceList(json: item["maxLimitRequestRatio"])
    }

    /// In upstream's words, by name of resource.
    func wrongs(requests: ResourceList, limits: ResourceList) -> [String] {
        var wrongs = Self.sorted(minimum).compactMap { belowMinimum($0, $1, requests[$0], limits[$0]) }
        for (name, bound) in Self.sorted(maximum) {
            let start = "maximum \(name) usage per \(type) is \(bound)"
            if let limit = limits[name] {
                if limit > bound {
                    wrongs.append("\(start), but limit is \(limit)")
                } else if let request = requests[name], request > bound {
                    wrongs.append("\(start), but request is \(request)")
                }
            } else {
                wrongs.append("\(start).  No limit is specified")
            }
        }
        return wrongs + Self.sorted(ratio).compactMap { exceedsRatio($0, $1, requests[$0], limits[$0]) }
    }

    func wrongs(claiming requests: ResourceList) -> [String] {
        var wrongs = Self.sorted(minimum).compactMap { belowMinimum($0, $1, requests[$0], nil) }
        for (name, bound) in Self.sorted(maximum) {
            let start = "maximum \(name) usage per \(type) is \(bound)"
            guard let request = requests[name] else {
                wrongs.append("\(start).  No request is specified")
                continue
            }
            if request > bound { wrongs.append("\(start), but request is \(request)") }
        }
        return wrongs
    }

    private func belowMinimum(_ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?) -> String? {
        let start = "minimum \(name) usage per \(type) is \(bound)"
        guard let request else { return "\(start).  No request is specified" }
        if request < bound { return "\(start), but request is \(request)" }
        if let limit, limit < bound { return "\(start), but limit is \(limit)" }
        return nil
    }

    private func exceedsRatio(_ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?) -> String? {
        let start = "\(name) max limit to request ratio per \(type) is \(bound)"
        guard let request, !request.isZero else { return "\(start), but no request is specified or request is 0" }
        guard let limit, !limit.isZero else { return "\(start), but no limit is specified or limit is 0" }
        let (left, isTooLarge) = bound.nanos.multipliedReportingOverflow(by: request.nanos / 1_000_000)
        guard !isTooLarge, limit.nanos / 1_000_000 * 1_000_000_000 > left else { return nil }
        return "\(start), but provided ratio is \(Self.sixDigits(limit.nanos, over: request.nanos))"
    }

    /// As `%f` prints the quotient.
    private static func sixDigits(_ dividend: Int128, over divisor: Int128) -> String {
        let (scaled, overflow) = dividend.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return String(dividend / divisor) + ".000000" }
        let millionths = (scaled + divisor / 2) / divisor
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }

    private static func sorted(_ list: ResourceList) -> [(key: String, value: Quantity)] { list.sorted { $0.key < $1.key } }
}
