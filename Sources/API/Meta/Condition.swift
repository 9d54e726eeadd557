package import JSON

/// One entry of `status.conditions`, of any kind.
package struct Condition: Hashable, Sendable {
    package var type: String
    /// `True`, `False` or `Unknown`.
    package var status: String
    package var reason: String
    package var message: String
    package var lastTransitionTime: Timestamp?
    /// Deployments only.
    package var lastUpdateTime: Timestamp?
    /// Nodes only.
    package var lastHeartbeatTime: Timestamp?

    package init(
        type: String, status: String, reason: String = "", message: String = "", lastTransitionTime: Timestamp? = nil,
        lastUpdateTime: Timestamp? = nil, lastHeartbeatTime: Timestamp? = nil
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.lastTransitionTime = lastTransitionTime
        self.lastUpdateTime = lastUpdateTime
        self.lastHeartbeatTime = lastHeartbeatTime
    }

    package init(json: JSONValue) {
        func time(_ name: String) -> Timestamp? { json[name]?.string.flatMap(Timestamp.init(parsing:)) }
        self.init(
            type: json["type"]?.string ?? "", status: json["status"]?.string ?? "", reason: json["reason"]?.string ?? "",
            message: json["message"]?.string ?? "", lastTransitionTime: time("lastTransitionTime"),
            lastUpdateTime: time("lastUpdateTime"), lastHeartbeatTime: time("lastHeartbeatTime"))
    }

    package var isTrue: Bool { status == "True" }

    package var json: JSONValue {
        var result: JSONValue = ["type": .string(type), "status": .string(status)]
        if let lastHeartbeatTime { result["lastHeartbeatTime"] = .string(lastHeartbeatTime.description) }
        if let lastUpdateTime { result["lastUpdateTime"] = .string(lastUpdateTime.description) }
        if let lastTransitionTime { result["lastTransitionTime"] = .string(lastTransitionTime.description) }
        if !reason.isEmpty { result["reason"] = .string(reason) }
        if !message.isEmpty { result["message"] = .string(message) }
        return result
    }
}

extension [Condition] {
    package subscript(type: String) -> Condition? { first { $0.type == type } }
}
