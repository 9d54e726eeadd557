package import API
import JSON
import NetworkTypes

/// Why a Service has the endpoints that it has, from its selector to its slices.
package struct EndpointTrouble {
    private let service: Service
    private let objects: ClusterObjects
    /// The port that is asked for; nil: any.
    private let port: ServicePort?

    package init(service: Service, port: ServicePort? = nil, objects: ClusterObjects) {
        self.service = service
        self.port = port
        self.objects = objects
    }

    private static let linesMax = 12

    /// What to say when no endpoint is usable.
    ///
    /// - Parameter ready: Endpoints of the slices that are ready, of any port.
    package func finding(ready: Int) -> Finding {
        let name = service.key
        let slices = objects.slices(of: name)
        guard let pods = objects.pods(of: service) else {
            return Finding(
                "endpoints", .blocks, "Service \(name) has no selector, and its EndpointSlices name no usable endpoint",
                details: slices.isEmpty ? ["nobody has written an EndpointSlice for it"] : lines(of: slices),
                remedy: "give it a selector, or write an EndpointSlice with the label kubernetes.io/service-name: \(name.name)")
        }
        if pods.isEmpty { return noPods() }
        if slices.isEmpty || slices.allSatisfy(\.endpoints.isEmpty) {
            return Finding(
                "endpoints", .blocks,
                "\(pods.count) pod\(pods.count == 1 ? " matches" : "s match") the selector, but no EndpointSlice lists any",
                details: lines(of: pods), remedy: "the EndpointSlice controller is behind or does not run: skiff status")
        }
        if ready > 0, let finding = missingPort(slices, pods) { return finding }
        let states = pods.compactMap { pod in PodTrouble.text(pod).map { (pod, $0) } }
        return Finding(
            "endpoints", .blocks,
            pods.count == 1 ? "its only pod is not ready" : "none of its \(pods.count) pods is ready",
            details: states.prefix(Self.linesMax).map {
                "\($0.key) on \($0.spec.nodeName.isEmpty ? "no node" : $0.spec.nodeName): \($1)"
            },
            remedy: states.first.map { "kubectl describe pod -n \($0.0.metadata.namespace) \($0.0.metadata.name)" }
                ?? "kubectl get endpointslices -n \(name.namespace) -l kubernetes.io/service-name=\(name.name) -o yaml",
            facts: ["pods": .array(states.map { ["pod": .string("\($0.0.key)"), "trouble": .string($0.1)] })])
    }

    /// `-n NAMESPACE NAME`, for commands.
    private var place: String { "-n \(service.metadata.namespace) \(service.metadata.name)" }

    /// The selector matches nothing: which pods come closest, and which label they lack.
    private func noPods() -> Finding {
        let selector = service.spec.selector ?? [:]
        let text = Self.text(selector)
        let near = objects.pods.filter { $0.metadata.namespace == service.metadata.namespace && !$0.isFinished }
            .map { pod -> (Pod, [String: String], Int) in
                let missing = selector.filter { pod.metadata.labels[$0.key] != $0.value }
                let distance = missing.reduce(0) { $0 + Self.distance($1.value, pod.metadata.labels[$1.key] ?? "") }
                return (pod, missing, distance)
            }
            .sorted { ($0.1.count, $0.2, $0.0.key) < ($1.1.count, $1.2, $1.0.key) }
        var details: [String] = []
        var remedy =
            "start pods with these labels, or change the selector: kubectl edit service \(place)"
        for (pod, missing, _) in near.prefix(3) {
            let has = missing.keys.sorted().map { key in "\(key)=\(pod.metadata.labels[key] ?? "(none)")" }
            details.append("pod \(pod.metadata.name) has \(has.joined(separator: ", "))")
        }
        if let (pod, missing, _) = near.first, missing.count <= max(1, selector.count / 2), let key = missing.keys.min(),
            let value = pod.metadata.labels[key]
        {
            remedy =
                "if pod \(pod.metadata.name) is meant: kubectl set selector service \(place) "
                + Self.text(selector.merging([key: value]) { _, new in new })
        }
        let elsewhere = objects.pods.filter { pod in
            pod.metadata.namespace != service.metadata.namespace && !pod.isFinished
                && selector.allSatisfy { pod.metadata.labels[$0.key] == $0.value }
        }
        if let other = elsewhere.first {
            details.append(
                "pod \(other.key) has them, but a Service selects pods of its own namespace only")
        }
        return Finding(
            "endpoints", .blocks, "no pod in namespace \(service.metadata.namespace) has the labels of the selector, \(text)",
            details: details, remedy: remedy, facts: ["selector": .string(text)])
    }

    /// Endpoints are ready, but no slice has the Service's port: its targetPort is a name that no container declares.
    private func missingPort(_ slices: [EndpointSlice], _ pods: [Pod]) -> Finding? {
        guard let port, !slices.contains(where: { $0.ports.contains { $0.name == port.name && $0.port != nil } }) else {
            return nil
        }
        let declared = Set(
            pods.flatMap(\.spec.containers).flatMap(\.ports).map {
                "\($0.name.isEmpty ? "(unnamed)" : $0.name) \($0.containerPort)/\($0.protocol)"
            })
        return Finding(
            "endpoints", .blocks, "the targetPort \(port.targetPort.text) names no container port of the ready pods",
            details: ["container ports: \(declared.isEmpty ? "none declared" : declared.sorted().joined(separator: ", "))"],
            remedy: "name the container port \(port.targetPort.text), or use its number as targetPort")
    }

    /// The declared ports of ready pods, where none of them is the targetPort: a program may listen anyway.
    package func undeclaredPort() -> Finding? {
        guard let port, case .number(let number) = port.targetPort, let pods = objects.pods(of: service) else { return nil }
        let declared = pods.flatMap(\.spec.containers).flatMap(\.ports)
        guard !declared.isEmpty, !declared.contains(where: { $0.containerPort == number }) else { return nil }
        let list = Set(declared.map { "\($0.containerPort)/\($0.protocol)" }).sorted().joined(separator: ", ")
        return Finding(
            "port", .note, "no container declares port \(number), only \(list); that alone forbids nothing",
            remedy: "if nothing listens on \(number), set the Service's targetPort to \(declared.first?.containerPort ?? number)")
    }

    private func lines(of pods: [Pod]) -> [String] {
        pods.prefix(Self.linesMax).map { "pod \($0.metadata.name): \(PodTrouble.text($0) ?? "ready")" }
    }

    private func lines(of slices: [EndpointSlice]) -> [String] {
        slices.flatMap { slice in
            slice.endpoints.map { endpoint in
                let state =
                    endpoint.isReady ? "ready" : endpoint.isServing && endpoint.isTerminating ? "terminating" : "not ready"
                let ports = slice.ports.map { "\($0.name.isEmpty ? "" : "\($0.name) ")\($0.port.map(String.init) ?? "?")" }
                return "\(slice.metadata.name): \(endpoint.addresses.first ?? "?") \(ports.joined(separator: ", ")) \(state)"
            }
        }
        .prefix(Self.linesMax).map(\.self)
    }

    /// Letters to change, add or leave out.
    private static func distance(_ left: String, _ right: String) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let above = row[column + 1]
                row[column + 1] = min(diagonal + (letter == other ? 0 : 1), above + 1, row[column] + 1)
                diagonal = above
            }
        }
        return row[right.count]
    }

    static func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}
