import API
import JSON
import NetworkTypes

/// Turns the objects of the input into a model. Pure, and the same for every order of the input.
package struct LabModelBuilder {
    private let options: LabModelOptions
    private var model = LabModel()
    private var problems: [InputProblem] = []
    private var seen: [String: SourcePlace] = [:]
    private var serviceObjects: [ManifestObject] = []
    /// Pods that workloads would make.
    private var expanded: [LabPod] = []
    /// How many names were made of each `generateName`.
    private var generated: [String: Int] = [:]

    /// - Throws: Every policy that a server would refuse, every object that stands in the input twice.
    package static func build(
        _ objects: [ManifestObject], others: [SourcePlace] = [], options: LabModelOptions = LabModelOptions()
    ) throws(InputRefusal) -> LabModel {
        var builder = LabModelBuilder(options: options)
        for object in objects { builder.add(object) }
        for place in others { builder.skip("no Kubernetes object", at: place) }
        builder.addExpandedPods()
        builder.completeNamespaces()
        builder.givePodsAddresses()
        builder.completeServices()
        builder.noticePolicies()
        guard builder.problems.isEmpty else { throw InputRefusal(builder.problems) }
        return builder.model
    }

    private init(options: LabModelOptions) { self.options = options }

    private mutating func add(_ object: ManifestObject) {
        let object = named(object)
        switch (object.group, object.kind) {
        case ("", "Namespace"):
            guard isFirst(object, namespace: "") else { return }
            let labels = object.value["metadata"]?["labels"]?.object?.strings ?? [:]
            model.namespaces[object.name] = LabNamespace(name: object.name, labels: labels, place: object.place)
        case ("", "Pod"):
            let namespace = namespace(of: object)
            guard isFirst(object, namespace: namespace) else { return }
            if let pod = WorkloadExpansion.pod(object, namespace: namespace) { model.pods.append(pod) }
        case ("", "Service"):
            if isFirst(object, namespace: namespace(of: object)) { serviceObjects.append(object) }
        case ("networking.k8s.io", "NetworkPolicy"), ("policy.networking.k8s.io", "ClusterNetworkPolicy"): addPolicy(object)
        case ("extensions", "NetworkPolicy"): addPolicy(object)
        case ("policy.networking.k8s.io", _):
            leaveOut(object, "its successor is ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2)")
        case (_, let kind) where kind.hasSuffix("NetworkPolicy"): leaveOut(object, "it belongs to one network plugin")
        case (_, "Expectations"): model.expectations.append(object)
        default: addWorkload(object)
        }
    }

    /// Gives an object with `generateName` a name, as a server would; here the same one in every run.
    private mutating func named(_ object: ManifestObject) -> ManifestObject {
        guard object.name.isEmpty, let prefix = object.value["metadata"]?["generateName"]?.string, !prefix.isEmpty else {
            return object
        }
        var object = object
        let base = prefix.last == "-" ? String(prefix.dropLast()) : prefix
        let key = "\(object.kind)/\(namespace(of: object))/\(prefix)"
        generated[key, default: 0] += 1
        object.value[path: ["metadata", "name"]] = .string("\(base)-generated\(generated[key] ?? 1)")
        return object
    }

    private mutating func addWorkload(_ object: ManifestObject) {
        guard WorkloadExpansion.isWorkload(object) else { return skip(object.kind, at: object.place) }
        let namespace = namespace(of: object)
        guard isFirst(object, namespace: namespace) else { return }
        // What a ReplicaSet of a Deployment or a Job of a CronJob makes is there already.
        if object.value["metadata"]?["ownerReferences"]?.array?.contains(where: { $0["controller"]?.bool == true }) ?? false {
            return skip(object.kind, at: object.place)
        }
        expanded += WorkloadExpansion.pods(of: object, namespace: namespace, replicasMax: options.replicasMax)
    }

    /// What a cluster gives (`kubectl get all -o yaml`) holds workloads and their pods: the pods count then.
    private mutating func addExpandedPods() {
        func name(_ pod: LabPod) -> NamespacedName { NamespacedName(namespace: pod.namespace, name: pod.workload.name) }
        let present = Set(model.pods.filter { $0.workload.kind != "Pod" }.map(name))
        model.pods += expanded.filter { !present.contains(name($0)) }
    }

    private mutating func addPolicy(_ object: ManifestObject) {
        var object = object
        if object.kind == "NetworkPolicy", object.namespace.isEmpty {
            object.value[path: ["metadata", "namespace"]] = .string(options.namespace)
        }
        let (policy, problems) = PolicyAdmission.admit(object)
        self.problems += problems
        guard isFirst(object, namespace: object.namespace), let policy else { return }
        model.policies.append(LabPolicy(object: policy))
    }

    private func namespace(of object: ManifestObject) -> String {
        object.namespace.isEmpty ? options.namespace : object.namespace
    }

    /// False, with a problem, for an object that stands in the input a second time.
    private mutating func isFirst(_ object: ManifestObject, namespace: String) -> Bool {
        guard !object.name.isEmpty else {
            if !(object.kind == "NetworkPolicy" || object.kind == "ClusterNetworkPolicy") {
                problems.append(InputProblem("\(object.kind) has no metadata.name", at: object.place))
            }
            return false
        }
        let key = "\(object.group)/\(object.kind)/\(namespace)/\(object.name)"
        if let first = seen[key] {
            problems.append(
                InputProblem(
                    "\(object.kind) \(NamespacedName(namespace: namespace, name: object.name)) stands at \(first) too; give "
                        + "the output of one build (kustomize build, helm template), not bases and overlays together",
                    at: object.place))
            return false
        }
        seen[key] = object.place
        return true
    }

    private mutating func skip(_ kind: String, at place: SourcePlace) {
        model.skippedKinds[kind, default: 0] += 1
        model.skipped.append(InputProblem(kind, at: place))
    }

    /// A policy that is not understood may change every answer: the user must know.
    private mutating func leaveOut(_ object: ManifestObject, _ why: String) {
        skip(object.kind, at: object.place)
        model.notices.append(
            InputProblem(
                "\(object.apiVersion) \(object.kind) \(object.name) is not read, answers leave it out: \(why)", at: object.place))
    }

    /// Namespaces that something lives in, but that the input lacks, have the one label that the server gives.
    private mutating func completeNamespaces() {
        let used = model.pods.map(\.namespace) + model.policies.map(\.namespace) + serviceObjects.map { namespace(of: $0) }
        for name in Set(used) where !name.isEmpty && model.namespaces[name] == nil {
            model.namespaces[name] = LabNamespace(name: name)
        }
    }

    private mutating func givePodsAddresses() {
        model.pods.sort { $0.key < $1.key }
        var owners: [IPAddress: NamespacedName] = [:]
        for index in model.pods.indices {
            // A copied status is no address: only the first pod keeps it.
            model.pods[index].addresses.removeAll { owners[$0] != nil }
            for address in model.pods[index].addresses { owners[address] = model.pods[index].key }
        }
        var supply = AddressSupply(options.podNetworks, first: 256, taken: Set(owners.keys))
        for index in model.pods.indices where !model.pods[index].isOnHostNetwork && model.pods[index].addresses.isEmpty {
            guard let addresses = supply.take() else {
                problems.append(InputProblem("the pod network has no address left for \(model.pods[index].key)"))
                return
            }
            model.pods[index].addresses = addresses
        }
    }

    private mutating func completeServices() {
        let explicit = serviceObjects.map { Service(json: $0.value).spec.clusterIPs.compactMap { IPAddress(parsing: $0) } }
        var supply = AddressSupply(options.serviceNetworks, first: 256, taken: Set(explicit.joined()))
        let pairs = zip(serviceObjects, explicit).sorted {
            (namespace(of: $0.0), $0.0.name) < (namespace(of: $1.0), $1.0.name)
        }
        for (object, given) in pairs {
            let service = Service(json: object.value)
            var addresses = given
            if addresses.isEmpty, !service.isHeadless, service.spec.type != "ExternalName" { addresses = supply.take() ?? [] }
            let namespace = namespace(of: object)
            model.services.append(
                LabService(
                    namespace: namespace, name: object.name, addresses: addresses,
                    entries: ServiceBackendResolution.entries(object.value, namespace: namespace, pods: model.pods),
                    place: object.place))
        }
    }

    private mutating func noticePolicies() {
        if model.policies.isEmpty { model.notices.append(InputProblem("no policies in the input: everything is allowed")) }
        if model.networkedPods.isEmpty { model.notices.append(InputProblem("no pods in the input")) }
        let names = model.pods.filter(\.isOnHostNetwork).map { "\($0.workload)" }
        if !names.isEmpty {
            let list = Set(names).sorted().joined(separator: ", ")
            model.notices.append(
                InputProblem("pods on the host network are left out, for policies do not act on them: \(list)"))
        }
    }
}

/// Which pods and ports stand behind a Service's ports.
enum ServiceBackendResolution {
    static func entries(_ service: JSONValue, namespace: String, pods: [LabPod]) -> [LabService.Entry] {
        let spec = service["spec"] ?? [:]
        let labels = spec["selector"]?.object?.strings ?? [:]
        let selector = labels.isEmpty ? LabelSelector.nothing : LabelSelector(matchLabels: labels)
        let selected = pods.filter { !$0.isOnHostNetwork && $0.namespace == namespace && selector.matches($0.labels) }
        return (spec["ports"]?.array ?? []).compactMap { port -> LabService.Entry? in
            guard let number = port["port"]?.int.flatMap({ Port(exactly: $0) }),
                let transport = TransportProtocol(kubernetesName: port["protocol"]?.string ?? "TCP")
            else { return nil }
            let target = port["targetPort"].flatMap { IntOrString(json: $0) } ?? .int(Int(number.rawValue))
            return LabService.Entry(
                name: port["name"]?.string ?? "", port: ListeningPort(transport: transport, number: number),
                backends: selected.compactMap { pod in
                    resolve(target, transport, pod).map { .init(pod: pod.key, port: $0) }
                })
        }
    }

    private static func resolve(_ target: IntOrString, _ transport: TransportProtocol, _ pod: LabPod) -> ListeningPort? {
        switch target {
        case .int(let number): Port(exactly: number).map { ListeningPort(transport: transport, number: $0) }
        case .string(let name): pod.ports.first { $0.name == name && $0.transport == transport }?.listening
        }
    }
}
