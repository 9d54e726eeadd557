package import JSON

/// What a command asks the supervisor; one JSON line on its socket.
package enum ControlRequest: Hashable, Sendable {
    case status
    case stopNode(String)
    case startNode(String)
    /// End everything, then the supervisor itself.
    case down

    package var json: JSONValue {
        switch self {
        case .status: ["command": "status"]
        case .stopNode(let name): ["command": "node-stop", "node": .string(name)]
        case .startNode(let name): ["command": "node-start", "node": .string(name)]
        case .down: ["command": "down"]
        }
    }

    package init?(json: JSONValue) {
        switch json["command"]?.string {
        case "status": self = .status
        case "down": self = .down
        case "node-stop":
            guard let name = json["node"]?.string else { return nil }
            self = .stopNode(name)
        case "node-start":
            guard let name = json["node"]?.string else { return nil }
            self = .startNode(name)
        default: return nil
        }
    }
}

/// One program under the supervisor's care.
package struct ComponentStatus: Hashable, Sendable {
    package enum State: String, Sendable {
        case running, stopped, restarting
    }

    /// `server`, `images`, or a node's name.
    package var name: String
    package var state: State
    package var pid: Int32?
    package var restarts: Int
    package var lastError: String?

    package init(name: String, state: State, pid: Int32?, restarts: Int, lastError: String?) {
        self.name = name
        self.state = state
        self.pid = pid
        self.restarts = restarts
        self.lastError = lastError
    }

    package init(_ report: ProcessKeeper.Report) {
        self.init(
            name: report.name, state: report.pid != nil ? .running : report.isWanted ? .restarting : .stopped, pid: report.pid,
            restarts: report.restarts, lastError: report.lastError)
    }

    package var json: JSONValue {
        var result: JSONValue = [
            "name": .string(name), "state": .string(state.rawValue), "restarts": JSONValue(restarts),
        ]
        if let pid { result["pid"] = JSONValue(pid) }
        if let lastError { result["lastError"] = .string(lastError) }
        return result
    }

    package init?(json: JSONValue) {
        guard let name = json["name"]?.string, let state = json["state"]?.string.flatMap(State.init(rawValue:)) else {
            return nil
        }
        self.init(
            name: name, state: state, pid: json["pid"]?.int.map { Int32(clamping: $0) },
            restarts: Int(clamping: json["restarts"]?.int ?? 0), lastError: json["lastError"]?.string)
    }
}

/// The supervisor's answer; one JSON line.
package struct ControlReply: Hashable, Sendable {
    /// Nil: done.
    package var error: String?
    package var supervisor: Int32
    package var components: [ComponentStatus]

    package init(error: String? = nil, supervisor: Int32 = 0, components: [ComponentStatus] = []) {
        self.error = error
        self.supervisor = supervisor
        self.components = components
    }

    package var json: JSONValue {
        var result: JSONValue = [
            "supervisor": JSONValue(supervisor), "components": .array(components.map(\.json)),
        ]
        if let error { result["error"] = .string(error) }
        return result
    }

    package init(json: JSONValue) {
        error = json["error"]?.string
        supervisor = Int32(clamping: json["supervisor"]?.int ?? 0)
        components = (json["components"]?.array ?? []).compactMap(ComponentStatus.init(json:))
    }
}
