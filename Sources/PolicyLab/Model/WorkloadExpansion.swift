import API
import JSON
import NetworkTypes

/// Makes the pods that a workload's controller would make.
enum WorkloadExpansion {
    /// Kinds that hold a pod template, and where.
    private static let templates: [String: [String]] = [
        "apps/Deployment": ["spec", "template"], "apps/StatefulSet": ["spec", "template"],
        "apps/DaemonSet": ["spec", "template"], "apps/ReplicaSet": ["spec", "template"],
        "/ReplicationController": ["spec", "template"], "batch/Job": ["spec", "template"],
        "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
    ]

    static func isWorkload(_ object: ManifestObject) -> Bool { templates["\(object.group)/\(object.kind)"] != nil }

    /// Pods of one workload, without addresses; none when it is scaled to zero.
    static func pods(of object: ManifestObject, namespace: String, replicasMax: Int) -> [LabPod] {
        guard let path = templates["\(object.group)/\(object.kind)"] else { return [] }
        let template = object.value[path: path] ?? [:]
        let workload = LabPod.Workload(namespace: namespace, kind: object.kind, name: object.name)
        let labels = template["metadata"]?["labels"]?.object?.strings ?? [:]
        return (0..<replicas(object, max: replicasMax)).map { index in
            let name = "\(object.name)-\(index)"
            var all = labels
            for (key, value) in added(object, pod: name, index: index) { all[key] = value }
            return LabPod(
                namespace: namespace, name: name, labels: all, workload: workload, ports: ports(template["spec"] ?? [:]),
                isOnHostNetwork: template["spec"]?["hostNetwork"]?.bool ?? false, addresses: [], node: "node",
                place: object.place)
        }
    }

    /// A bare pod; nil when it has finished, for then its address is someone else's.
    static func pod(_ object: ManifestObject, namespace: String) -> LabPod? {
        let view = Pod(json: object.value)
        guard !view.isFinished else { return nil }
        let spec = object.value["spec"] ?? [:]
        let isOnHostNetwork = spec["hostNetwork"]?.bool ?? false
        let owner = view.metadata.controller
        let workload = LabPod.Workload(
            namespace: namespace, kind: owner.map(\.kind) ?? "Pod", name: owner.map { self.workload($0, view) } ?? object.name)
        return LabPod(
            namespace: namespace, name: object.name, labels: view.metadata.labels, workload: workload, ports: ports(spec),
            isOnHostNetwork: isOnHostNetwork, addresses: isOnHostNetwork ? [] : addresses(object.value),
            node: spec["nodeName"]?.string ?? "node", place: object.place)
    }

    /// A ReplicaSet's pods belong to the Deployment that its name shows: `web-6d4cf56db6`.
    private static func workload(_ owner: OwnerReference, _ pod: Pod) -> String {
        guard owner.kind == "ReplicaSet", let hash = pod.metadata.labels["pod-template-hash"], owner.name.hasSuffix("-\(hash)")
        else { return owner.name }
        return String(owner.name.dropLast(hash.count + 1))
    }

    private static func replicas(_ object: ManifestObject, max: Int) -> Int {
        switch object.kind {
        case "DaemonSet", "Job", "CronJob": 1
        default: min(max, Int(clamping: Swift.max(0, object.value["spec"]?["replicas"]?.int ?? 1)))
        }
    }

    /// Labels that the controller adds and that a policy may select by.
    private static func added(_ object: ManifestObject, pod: String, index: Int) -> [String: String] {
        switch object.kind {
        case "StatefulSet":
            ["statefulset.kubernetes.io/pod-name": pod, "apps.kubernetes.io/pod-index": String(index)]
        case "Job": ["job-name": object.name, "batch.kubernetes.io/job-name": object.name]
        default: [:]
        }
    }

    /// Ports of containers, and of init containers that run beside them.
    private static func ports(_ spec: JSONValue) -> [ContainerPortNumber] {
        let beside = (spec["initContainers"]?.array ?? []).filter { $0["restartPolicy"]?.string == "Always" }
        var found: [ContainerPortNumber] = []
        for container in beside + (spec["containers"]?.array ?? []) {
            for port in container["ports"]?.array ?? [] {
                guard let number = port["containerPort"]?.int, (1...65535).contains(number),
                    let transport = TransportProtocol(kubernetesName: port["protocol"]?.string ?? "TCP")
                else { continue }
                let entry = ContainerPortNumber(name: port["name"]?.string ?? "", number: Int(number), transport: transport)
                if !found.contains(entry) { found.append(entry) }
            }
        }
        return found
    }

    private static func addresses(_ pod: JSONValue) -> [IPAddress] {
        let status = pod["status"]
        var texts = (status?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string }
        if texts.isEmpty, let single = status?["podIP"]?.string { texts = [single] }
        var found: [IPAddress] = []
        for address in texts.compactMap({ IPAddress(parsing: $0) }) where !found.contains(where: { $0.family == address.family })
        {
            found.append(address)
        }
        return found
    }
}
