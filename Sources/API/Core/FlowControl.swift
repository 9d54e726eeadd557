package import JSON

/// What is read of a FlowSchema: which requests it takes, and to which priority level they go.
package struct FlowSchema: APIObject, Hashable {
    package static let resource = GroupVersionResource(
        group: "flowcontrol.apiserver.k8s.io", version: "v1", resource: "flowschemas")
    package static let kind = "FlowSchema"
    package static let isNamespaced = false

    package var metadata: ObjectMeta
    /// As stored.
    package var spec: JSONValue
    /// Lower goes first.
    package var matchingPrecedence: Int
    package var priorityLevel: String
    package var conditions: [Condition]

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        spec = json["spec"] ?? [:]
        matchingPrecedence = Int(clamping: spec["matchingPrecedence"]?.int ?? 1000)
        priorityLevel = spec["priorityLevelConfiguration"]?["name"]?.string ?? ""
        conditions = json["status"]?["conditions"]?.array?.map(Condition.init(json:)) ?? []
    }
}

/// What is read of a PriorityLevelConfiguration: how many requests are worked on at once, and what becomes of the others.
package struct PriorityLevelConfiguration: APIObject, Hashable {
    package static let resource = GroupVersionResource(
        group: "flowcontrol.apiserver.k8s.io", version: "v1", resource: "prioritylevelconfigurations")
    package static let kind = "PriorityLevelConfiguration"
    package static let isNamespaced = false

    package var metadata: ObjectMeta
    /// As stored.
    package var spec: JSONValue
    /// No limit counts.
    package var isExempt: Bool
    /// The level's share of the server's seats.
    package var shares: Int
    /// Requests that may wait for a seat; zero: they are refused at once.
    package var queueLengthMax: Int
    /// Requests of one flow that may wait.
    package var flowQueueLengthMax: Int

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        spec = json["spec"] ?? [:]
        isExempt = spec["type"]?.string == "Exempt"
        let limits = spec[isExempt ? "exempt" : "limited"]
        shares = Int(clamping: limits?["nominalConcurrencyShares"]?.int ?? (isExempt ? 0 : 30))
        let response = limits?["limitResponse"]
        let queuing = response?["queuing"]
        let length = Int(clamping: queuing?["queueLengthLimit"]?.int ?? 50)
        let queues = Int(clamping: queuing?["queues"]?.int ?? 64)
        let hand = Int(clamping: queuing?["handSize"]?.int ?? 8)
        let isQueue = response?["type"]?.string == "Queue"
        queueLengthMax = isQueue ? length.multipliedReportingOverflow(by: queues).partialValue : 0
        flowQueueLengthMax = isQueue ? length.multipliedReportingOverflow(by: min(hand, queues)).partialValue : 0
    }
}
