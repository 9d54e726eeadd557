import API
import CRI
import JSON

/// Builds the Node object and its status. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kubelet_node_status.go`, `pkg/kubelet/nodestatus/setters.go`.
struct NodeStatusBuilder: Sendable {
    var configuration: KubeletConfiguration
    var machine: MachineFacts
    var runtime: RuntimeVersion?
    /// Nil: the runtime did not answer.
    var conditions: [RuntimeCondition]?
    /// The conditions as they were written last.
    var previous: [Condition]
    var now: Timestamp

    var labels: [String: String] {
        let own = [
            "kubernetes.io/hostname": configuration.nodeName, "kubernetes.io/os": "linux",
            "kubernetes.io/arch": machine.architecture, "beta.kubernetes.io/os": "linux",
            "beta.kubernetes.io/arch": machine.architecture,
        ]
        return own.merging(configuration.nodeLabels) { _, given in given }
    }

    func node() -> JSONValue {
        var spec: JSONValue = [:]
        if !configuration.taints.isEmpty {
            spec["taints"] = .array(
                configuration.taints.map { Taint(key: $0.key, value: $0.value, effect: $0.effect).json })
        }
        return [
            "apiVersion": "v1", "kind": "Node",
            "metadata": ["name": .string(configuration.nodeName), "labels": JSONValue(labels)],
            "spec": spec, "status": status(),
        ]
    }

    var capacity: ResourceList {
        [
            "cpu": Quantity(Int64(machine.cpuCount)), "memory": Quantity(machine.memoryBytes, format: .binarySI),
            "ephemeral-storage": Quantity(machine.storageBytes, format: .binarySI),
            "pods": Quantity(Int64(configuration.podsMax)),
        ]
    }

    var allocatable: ResourceList {
        var result = capacity
        result["cpu"] = Quantity(milli: max(0, Int64(machine.cpuCount) * 1000 - configuration.reservedMilliCPU))
        result["memory"] = Quantity(max(0, machine.memoryBytes - configuration.reservedMemoryBytes), format: .binarySI)
        return result
    }

    func status() -> JSONValue {
        let addresses: [JSONValue] =
            configuration.nodeAddresses.map { ["type": "InternalIP", "address": .string($0)] }
            + [["type": "Hostname", "address": .string(configuration.nodeName)]]
        let version = runtime.map { "\($0.name)://\($0.version)" } ?? ""
        return [
            "capacity": capacity.json, "allocatable": allocatable.json,
            "conditions": .array(stampedConditions().map(\.json)), "addresses": .array(addresses),
            "daemonEndpoints": ["kubeletEndpoint": ["Port": .int(Int64(configuration.port))]],
            "nodeInfo": [
                "machineID": .string(machine.machineID), "systemUUID": .string(machine.machineID),
                "bootID": .string(machine.bootID), "kernelVersion": .string(machine.kernelVersion),
                "osImage": .string(machine.osImage), "containerRuntimeVersion": .string(version),
                "kubeletVersion": .string(configuration.version), "kubeProxyVersion": "", "operatingSystem": "linux",
                "architecture": .string(machine.architecture),
            ],
        ]
    }

    func stampedConditions() -> [Condition] {
        [memory, disk, processes, ready].map { condition in
            var condition = condition
            let before = previous[condition.type]
            condition.lastHeartbeatTime = now.whole
            condition.lastTransitionTime =
                before?.status == condition.status ? before?.lastTransitionTime ?? now.whole : now.whole
            return condition
        }
    }

    private var memory: Condition {
        Condition(
            type: "MemoryPressure", status: "False", reason: "KubeletHasSufficientMemory",
            message: "kubelet has sufficient memory available")
    }
    private var disk: Condition {
        Condition(
            type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure")
    }
    private var processes: Condition {
        Condition(
            type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID",
            message: "kubelet has sufficient PID available")
    }

    private var ready: Condition {
        var problems: [String] = []
        if let conditions {
            for type in ["RuntimeReady", "NetworkReady"] {
                guard let found = conditions.first(where: { $0.type == type }) else {
                    problems.append("container runtime status check may not have completed yet")
                    continue
                }
                guard !found.isMet else { continue }
                let subject = type == "NetworkReady" ? "container runtime network not ready" : "container runtime not ready"
                problems.append("\(subject): \(type)=false reason:\(found.reason) message:\(found.message)")
            }
        } else {
            problems.append("container runtime is down")
        }
        if problems.isEmpty {
            return Condition(type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status")
        }
        return Condition(
            type: "Ready", status: "False", reason: "KubeletNotReady", message: "[\(problems.joined(separator: ", "))]")
    }
}
