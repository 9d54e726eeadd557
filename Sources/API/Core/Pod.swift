package import JSON

/// A view of `v1, Pod`.
package struct Pod: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "pods")
    package static let kind = "Pod"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    package var spec: PodSpec
    package var status: PodStatus

    package init(metadata: ObjectMeta, spec: PodSpec = PodSpec(), status: PodStatus = PodStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        spec = PodSpec(json: json["spec"] ?? [:])
        status = PodStatus(json: json["status"] ?? [:])
    }

    package mutating func share(_ parts: inout SharedParts) {
        parts.share(&metadata)
        parts.share(&spec)
        parts.share(&status)
    }

    /// No container of this pod runs or will run again.
    package var isFinished: Bool { status.phase == "Succeeded" || status.phase == "Failed" }
    package var isReady: Bool { status.conditions["Ready"]?.isTrue ?? false }

    /// What the scheduler must find room for: the sum over containers or the largest init container, plus overhead.
    /// Restartable init containers count beside the containers and beside the init containers after them.
    /// - SeeAlso: Kubernetes 1.36 `component-helpers/resource/helpers.go`, `PodRequests`.
    package var requests: ResourceList { spec.total(\.requests) }
    package var limits: ResourceList { spec.total(\.limits) }

    /// Resources of the whole pod decide instead of the containers', where a pod has them.
    private var whole: Container {
        var whole = Container()
        whole.resources = spec.resources
        return whole
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/v1/helper/qos/qos.go`, `ComputePodQOS`.
    package var qosClass: QOSClass {
        if let known = QOSClass(rawValue: status.qosClass) { return known }
        let all = spec.resources == ResourceRequirements() ? spec.initContainers + spec.containers : [whole]
        let names = ["cpu", "memory"]
        func positive(_ list: ResourceList, _ name: String) -> Bool { list[name].map { $0 > .zero } ?? false }
        let some = all.contains { one in
            names.contains { positive(one.resources.requests, $0) || positive(one.resources.limits, $0) }
        }
        if !some { return .bestEffort }
        let exact = all.allSatisfy { one in
            names.allSatisfy { name in
                guard let limit = one.resources.limits[name], limit > .zero else { return false }
                return (one.resources.requests[name] ?? limit) == limit
            }
        }
        return exact ? .guaranteed : .burstable
    }
}

/// How a pod is treated when the node runs short.
package enum QOSClass: String, Hashable, Sendable {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"
}

extension PodSpec {
    fileprivate func total(_ which: (ResourceRequirements) -> ResourceList) -> ResourceList {
        var sum: ResourceList = [:]
        for container in containers { sum.merge(which(container.resources), uniquingKeysWith: +) }
        var sidecars: ResourceList = [:]
        var initial: ResourceList = [:]
        for container in initContainers {
            var needed = which(container.resources)
            if container.isRestartable {
                sum.merge(needed, uniquingKeysWith: +)
                sidecars.merge(needed, uniquingKeysWith: +)
                needed = sidecars
            } else {
                needed.merge(sidecars, uniquingKeysWith: +)
            }
            initial.merge(needed, uniquingKeysWith: max)
        }
        sum.merge(initial, uniquingKeysWith: max)
        sum.merge(which(resources)) { _, whole in whole }
        sum.merge(overhead, uniquingKeysWith: +)
        return sum
    }
}
