package import JSON

/// A view of `v1, Node`.
package struct Node: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "nodes")
    package static let kind = "Node"
    package static let isNamespaced = false

    package struct Address: Hashable, Sendable {
        /// `InternalIP`, `ExternalIP`, `Hostname`, `InternalDNS`, `ExternalDNS`.
        package var type: String
        package var address: String

        package init(type: String, address: String) {
            self.type = type
            self.address = address
        }
    }

    package var metadata: ObjectMeta
    package var podCIDR = ""
    package var podCIDRs: [String] = []
    package var taints: [Taint] = []
    package var unschedulable = false
    package var providerID = ""
    package var addresses: [Address] = []
    package var capacity: ResourceList = [:]
    package var allocatable: ResourceList = [:]
    package var conditions: [Condition] = []
    /// `kubeletVersion`, `containerRuntimeVersion`, ...
    package var nodeInfo: [String: String] = [:]
    /// `status.daemonEndpoints.kubeletEndpoint.Port`; zero: not said.
    package var kubeletPort = 0

    package init(metadata: ObjectMeta) { self.metadata = metadata }

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        let spec = json["spec"]
        podCIDR = spec?["podCIDR"]?.string ?? ""
        podCIDRs = spec?["podCIDRs"]?.array?.compactMap(\.string) ?? []
        taints = spec?["taints"]?.array?.map(Taint.init(json:)) ?? []
        unschedulable = spec?["unschedulable"]?.bool ?? false
        providerID = spec?["providerID"]?.string ?? ""
        let status = json["status"]
        addresses =
            status?["addresses"]?.array?.map {
                Address(type: $0["type"]?.string ?? "", address: $0["address"]?.string ?? "")
            } ?? []
        capacity = ResourceList(json: status?["capacity"])
        allocatable = ResourceList(json: status?["allocatable"])
        conditions = status?["conditions"]?.array?.map(Condition.init(json:)) ?? []
        nodeInfo = status?["nodeInfo"]?.object?.strings ?? [:]
        kubeletPort = Int(clamping: status?["daemonEndpoints"]?["kubeletEndpoint"]?["Port"]?.int ?? 0)
    }

    package var isReady: Bool { conditions["Ready"]?.isTrue ?? false }
}

/// One entry of `spec.taints`.
package struct Taint: Hashable, Sendable {
    package var key: String
    package var value: String
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    package var effect: String
    package var timeAdded: Timestamp?

    package init(key: String, value: String = "", effect: String, timeAdded: Timestamp? = nil) {
        self.key = key
        self.value = value
        self.effect = effect
        self.timeAdded = timeAdded
    }

    package init(json: JSONValue) {
        self.init(
            key: json["key"]?.string ?? "", value: json["value"]?.string ?? "", effect: json["effect"]?.string ?? "",
            timeAdded: json["timeAdded"]?.string.flatMap(Timestamp.init(parsing:)))
    }

    package var json: JSONValue {
        var result: JSONValue = ["key": .string(key)]
        if !value.isEmpty { result["value"] = .string(value) }
        result["effect"] = .string(effect)
        if let timeAdded { result["timeAdded"] = .string(timeAdded.description) }
        return result
    }
}
