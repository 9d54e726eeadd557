package import JSON

/// `status` of a Pod.
package struct PodStatus: Hashable, Sendable {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    package var phase = ""
    package var conditions: [Condition] = []
    package var podIP = ""
    package var podIPs: [String] = []
    package var hostIP = ""
    package var hostIPs: [String] = []
    package var containerStatuses: [ContainerStatus] = []
    package var initContainerStatuses: [ContainerStatus] = []
    package var ephemeralContainerStatuses: [ContainerStatus] = []
    package var startTime: Timestamp?
    package var reason = ""
    package var message = ""
    package var qosClass = ""
    package var nominatedNodeName = ""

    /// Those of all three lists; names are unique among them.
    package var everyContainerStatus: [ContainerStatus] {
        initContainerStatuses + containerStatuses + ephemeralContainerStatuses
    }

    package init() {}

    package init(json: JSONValue) {
        phase = json["phase"]?.string ?? ""
        conditions = json["conditions"]?.array?.map(Condition.init(json:)) ?? []
        podIP = json["podIP"]?.string ?? ""
        podIPs = json["podIPs"]?.array?.compactMap { $0["ip"]?.string } ?? []
        hostIP = json["hostIP"]?.string ?? ""
        hostIPs = json["hostIPs"]?.array?.compactMap { $0["ip"]?.string } ?? []
        containerStatuses = json["containerStatuses"]?.array?.map(ContainerStatus.init(json:)) ?? []
        initContainerStatuses = json["initContainerStatuses"]?.array?.map(ContainerStatus.init(json:)) ?? []
        ephemeralContainerStatuses = json["ephemeralContainerStatuses"]?.array?.map(ContainerStatus.init(json:)) ?? []
        startTime = json["startTime"]?.string.flatMap(Timestamp.init(parsing:))
        reason = json["reason"]?.string ?? ""
        message = json["message"]?.string ?? ""
        qosClass = json["qosClass"]?.string ?? ""
        nominatedNodeName = json["nominatedNodeName"]?.string ?? ""
    }

    /// As the kubelet writes it; absent what is empty.
    package var json: JSONValue {
        var result: JSONValue = ["phase": .string(phase)]
        if !conditions.isEmpty { result["conditions"] = .array(conditions.map(\.json)) }
        if !message.isEmpty { result["message"] = .string(message) }
        if !reason.isEmpty { result["reason"] = .string(reason) }
        if !hostIP.isEmpty { result["hostIP"] = .string(hostIP) }
        if !hostIPs.isEmpty { result["hostIPs"] = .array(hostIPs.map { ["ip": .string($0)] }) }
        if !podIP.isEmpty { result["podIP"] = .string(podIP) }
        if !podIPs.isEmpty { result["podIPs"] = .array(podIPs.map { ["ip": .string($0)] }) }
        if let startTime { result["startTime"] = .string(startTime.description) }
        if !initContainerStatuses.isEmpty { result["initContainerStatuses"] = .array(initContainerStatuses.map(\.json)) }
        if !containerStatuses.isEmpty { result["containerStatuses"] = .array(containerStatuses.map(\.json)) }
        if !qosClass.isEmpty { result["qosClass"] = .string(qosClass) }
        if !ephemeralContainerStatuses.isEmpty {
            result["ephemeralContainerStatuses"] = .array(ephemeralContainerStatuses.map(\.json))
        }
        return result
    }
}

/// What the kubelet says about one container.
package struct ContainerStatus: Hashable, Sendable {
    package var name = ""
    package var image = ""
    package var imageID = ""
    /// `containerd://...`; empty before the first start.
    package var containerID = ""
    package var ready = false
    package var started: Bool?
    package var restartCount: Int64 = 0
    package var state: ContainerState = .waiting(reason: "", message: "")
    package var lastState: ContainerState?

    package init() {}

    package init(json: JSONValue) {
        name = json["name"]?.string ?? ""
        image = json["image"]?.string ?? ""
        imageID = json["imageID"]?.string ?? ""
        containerID = json["containerID"]?.string ?? ""
        ready = json["ready"]?.bool ?? false
        started = json["started"]?.bool
        restartCount = json["restartCount"]?.int ?? 0
        state = ContainerState(json: json["state"] ?? [:]) ?? .waiting(reason: "", message: "")
        lastState = json["lastState"].flatMap(ContainerState.init(json:))
    }

    package var json: JSONValue {
        var result: JSONValue = [
            "name": .string(name), "state": state.json, "lastState": lastState?.json ?? [:], "ready": .bool(ready),
            "restartCount": .int(restartCount), "image": .string(image), "imageID": .string(imageID),
        ]
        if !containerID.isEmpty { result["containerID"] = .string(containerID) }
        if let started { result["started"] = .bool(started) }
        return result
    }
}

/// One of the three states a container can be in.
package enum ContainerState: Hashable, Sendable {
    package struct Termination: Hashable, Sendable {
        package var exitCode: Int64
        package var signal: Int64 = 0
        package var reason: String
        package var message = ""
        package var startedAt: Timestamp?
        package var finishedAt: Timestamp?
        package var containerID = ""

        package init(exitCode: Int64, reason: String) {
            self.exitCode = exitCode
            self.reason = reason
        }
    }

    case waiting(reason: String, message: String)
    case running(startedAt: Timestamp?)
    case terminated(Termination)

    package init?(json: JSONValue) {
        if let waiting = json["waiting"] {
            self = .waiting(reason: waiting["reason"]?.string ?? "", message: waiting["message"]?.string ?? "")
        } else if let running = json["running"] {
            self = .running(startedAt: running["startedAt"]?.string.flatMap(Timestamp.init(parsing:)))
        } else if let ended = json["terminated"] {
            var value = Termination(exitCode: ended["exitCode"]?.int ?? 0, reason: ended["reason"]?.string ?? "")
            value.signal = ended["signal"]?.int ?? 0
            value.message = ended["message"]?.string ?? ""
            value.startedAt = ended["startedAt"]?.string.flatMap(Timestamp.init(parsing:))
            value.finishedAt = ended["finishedAt"]?.string.flatMap(Timestamp.init(parsing:))
            value.containerID = ended["containerID"]?.string ?? ""
            self = .terminated(value)
        } else {
            return nil
        }
    }

    package var json: JSONValue {
        switch self {
        case .waiting(let reason, let message):
            var inner: JSONValue = [:]
            if !reason.isEmpty { inner["reason"] = .string(reason) }
            if !message.isEmpty { inner["message"] = .string(message) }
            return ["waiting": inner]
        case .running(let startedAt):
            return ["running": ["startedAt": startedAt.map { .string($0.description) } ?? .null]]
        case .terminated(let ended):
            var inner: JSONValue = ["exitCode": .int(ended.exitCode)]
            if ended.signal != 0 { inner["signal"] = .int(ended.signal) }
            if !ended.reason.isEmpty { inner["reason"] = .string(ended.reason) }
            if !ended.message.isEmpty { inner["message"] = .string(ended.message) }
            inner["startedAt"] = ended.startedAt.map { .string($0.description) } ?? .null
            inner["finishedAt"] = ended.finishedAt.map { .string($0.description) } ?? .null
            if !ended.containerID.isEmpty { inner["containerID"] = .string(ended.containerID) }
            return ["terminated": inner]
        }
    }
}
