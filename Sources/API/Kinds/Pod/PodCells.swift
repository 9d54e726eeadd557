import JSON

/// A pod's row: what it is doing is read from its phase, its init containers, then its containers.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/printers/internalversion/printers.go`, `printPod`.
struct PodCells {
    private let pod: JSONValue
    private let now: Timestamp
    private let spec: JSONValue
    private let status: JSONValue
    private var ready = 0
    private var total = 0
    private var restarts: Int64 = 0
    private var lastRestart: Timestamp?
    private var reason = ""

    init(_ pod: JSONValue, now: Timestamp) {
        self.pod = pod
        self.now = now
        spec = pod["spec"] ?? [:]
        status = pod["status"] ?? [:]
        total = spec.elements("containers").count
        reason = status.text("reason").isEmpty ? status.text("phase") : status.text("reason")
        let conditions = status.elements("conditions")
        if conditions.contains(where: { $0.text("type") == "PodScheduled" && $0.text("reason") == "SchedulingGated" }) {
            reason = "SchedulingGated"
        }
        let sidecars = sidecarNames()
        total += sidecars.count
        let initializing = readInitContainers(sidecars)
        if !initializing || isTrue("Initialized") { readContainers(sidecars) }
        finishReason()
    }

    private func sidecarNames() -> Set<String> {
        Set(spec.elements("initContainers").filter { $0.text("restartPolicy") == "Always" }.map { $0.text("name") })
    }

    private func isTrue(_ condition: String) -> Bool {
        status.elements("conditions").contains { $0.text("type") == condition && $0.text("status") == "True" }
    }

    private mutating func count(_ container: JSONValue) {
        restarts += container["restartCount"]?.int ?? 0
        let finished = container["lastState"]?["terminated"]?.text("finishedAt") ?? ""
        if let time = Timestamp(parsing: finished), time > (lastRestart ?? time.adding(.seconds(-1))) { lastRestart = time }
    }

    /// True while an init container has not done its work.
    private mutating func readInitContainers(_ sidecars: Set<String>) -> Bool {
        for (index, container) in status.elements("initContainerStatuses").enumerated() {
            count(container)
            let state = container["state"] ?? [:]
            if let terminated = state["terminated"], terminated["exitCode"]?.int ?? 0 == 0 { continue }
            if sidecars.contains(container.text("name")), container["started"]?.bool ?? false {
                if container["ready"]?.bool ?? false { ready += 1 }
                continue
            }
            let waiting = state["waiting"]?.text("reason") ?? ""
            if let terminated = state["terminated"] {
                reason = "Init:" + Self.ended(terminated)
            } else if !waiting.isEmpty, waiting != "PodInitializing" {
                reason = "Init:" + waiting
            } else {
                reason = "Init:\(index)/\(spec.elements("initContainers").count)"
            }
            return true
        }
        return false
    }

    private mutating func readContainers(_ sidecars: Set<String>) {
        restarts = 0
        lastRestart = nil
        for container in status.elements("initContainerStatuses") where sidecars.contains(container.text("name")) {
            count(container)
        }
        var hasRunning = false
        for container in status.elements("containerStatuses").reversed() {
            count(container)
            let state = container["state"] ?? [:]
            let waiting = state["waiting"]?.text("reason") ?? ""
            if !waiting.isEmpty {
                reason = waiting
            } else if let terminated = state["terminated"], !terminated.isNull {
                reason = Self.ended(terminated)
            } else if container["ready"]?.bool ?? false, state["running"] != nil {
                hasRunning = true
                ready += 1
            }
        }
        if reason == "Completed", hasRunning { reason = isTrue("Ready") ? "Running" : "NotReady" }
    }

    private static func ended(_ terminated: JSONValue) -> String {
        let reason = terminated.text("reason")
        if !reason.isEmpty { return reason }
        if let signal = terminated["signal"]?.int, signal != 0 { return "Signal:\(signal)" }
        return "ExitCode:\(terminated["exitCode"]?.int ?? 0)"
    }

    private mutating func finishReason() {
        guard pod["metadata"]?.has("deletionTimestamp") ?? false else { return }
        if status.text("reason") == "NodeLost" {
            reason = "Unknown"
        } else if !["Succeeded", "Failed"].contains(status.text("phase")) {
            reason = "Terminating"
        }
    }

    var cells: [JSONValue] {
        var restartText = String(restarts)
        if restarts > 0, let lastRestart {
            restartText += " (\(HumanDuration.print(seconds: now.seconds - lastRestart.seconds)) ago)"
        }
        let first = status.elements("podIPs").first?.text("ip") ?? ""
        let address = first.isEmpty ? status.text("podIP") : first
        return [
            Cells.name(pod), .string("\(ready)/\(total)"), .string(reason), .string(restartText), Cells.age(pod, now: now),
            Cells.text(.string(address)), Cells.text(spec["nodeName"]), Cells.text(status["nominatedNodeName"]), gates,
        ]
    }

    private var gates: JSONValue {
        let gates = spec.elements("readinessGates").map { $0.text("conditionType") }
        if gates.isEmpty { return "<none>" }
        return .string("\(gates.filter(isTrue).count)/\(gates.count)")
    }
}
