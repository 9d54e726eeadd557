import API
import NFTables
import NetworkTypes
import Policy

/// The rules of a lab: those that a node of a cluster would have, made by the same compiler.
enum LabRules {
    static let logGroup: UInt16 = 86

    /// Tables for the policies of an engine, with the pods of a plan as the node's own.
    static func tables(_ world: PolicyWorld, _ options: PolicyOptions, _ plan: LabPlan, _ model: LabModel) -> [Table] {
        var compiler = PolicyModel(
            PolicyConfiguration(
                nodeName: LabOracle.nodeName, podKey: .interface(prefix: LabPlan.podPrefix), families: plan.families,
                // Every drop is reported, however fast they come.
                logGroup: logGroup, logsPerSecond: 1_000_000_000, options: options))
        for namespace in world.namespaces.values.sorted(by: { $0.name < $1.name }) { compiler.namespaceSeen(namespace) }
        for node in world.nodes.values.sorted(by: { $0.name < $1.name }) { compiler.nodeSeen(node) }
        for pod in world.pods.values.sorted(by: { $0.key < $1.key }) { compiler.podSeen(pod) }
        for policy in world.policies.values.sorted(by: { $0.key < $1.key }) { compiler.policySeen(policy) }
        for policy in world.clusterPolicies.values.sorted(by: { $0.precedes($1) }) { compiler.clusterPolicySeen(policy) }
        compiler.interfacesSeen(
            plan.hosts.compactMap { host in
                guard case .pod(let index) = host.host else { return nil }
                return PodInterface(
                    index: UInt32(host.interfaceIndex), name: host.interfaceName, podUID: model.pods[index].key.description)
            })
        return plan.families.map { compiler.desired($0) }
    }

    /// What a control probe is denied by: everything from and to two pods.
    static func controlTables(_ plan: LabPlan, _ model: LabModel) -> [Table] {
        let pods = plan.hosts.compactMap { host in
            if case .pod(let index) = host.host { model.pods[index] } else { nil }
        }
        let policies = Set(pods.map(\.namespace)).sorted().map {
            NetworkPolicy(NamespacedName(namespace: $0, name: "control"), directions: [.ingress, .egress])
        }
        let world = PolicyWorld(pods: pods.map { PolicyPod($0) }, policies: policies)
        return tables(world, PolicyOptions(), plan, model)
    }

    // MARK: - Services

    private static let serviceTable = "skiff-netpol-services"
    private static let serviceMap = "doors"

    /// Leads each Service's port to one of its backends. Translation comes before the policies, as on a node.
    static func serviceTables(_ probes: [Probe], _ oracle: LabOracle, _ families: [IPFamily]) -> [Table] {
        families.map { family in
            let address: NFTables.FieldType = .address(family)
            var doors = NamedSet(
                serviceMap, key: [address, .transport, .port], value: .fields([address, .port]))
            for probe in probes where probe.family == family {
                guard let door = probe.service, let backend = oracle.address(probe.destination, family) else { continue }
                var key = KeyBytes(door.address)
                key.append(door.port.transport)
                key.append(door.port.number)
                var value = KeyBytes(backend)
                value.append(probe.port.number)
                doors.elements[ElementKey(key)] = .fields(value)
            }
            let rule = Rule(
                .destinationNAT([.destinationAddress, .transport, .destinationPort], map: serviceMap))
            return Table(
                TableIdentifier(TableFamily(family), serviceTable),
                chains: [
                    Chain("prerouting", base: BaseChain(.nat, .prerouting, priority: -100), rules: [rule]),
                    Chain("output", base: BaseChain(.nat, .output, priority: -100), rules: [rule]),
                ],
                sets: [doors])
        }
    }

    // MARK: - Transactions

    /// A commit is one datagram, and without root its size has a limit that large lists pass.
    private static let commitBytesMax = 150_000
    private static let elementsMax = 500

    /// Replaces tables, in commits small enough for every user. Between two of them nobody sends anything.
    static func transactions(replacing old: [Table], with new: [Table]) -> [Transaction] {
        var operations = old.map { Transaction.Operation.deleteTable($0.identifier) }
        for table in new { operations += Difference.between(nil, table).operations }
        var result: [Transaction] = []
        var current = Transaction()
        var bytes = 0
        for operation in operations.flatMap(parts) {
            let size = size(of: operation)
            if bytes + size > commitBytesMax, !current.isEmpty {
                result.append(current)
                current = Transaction()
                bytes = 0
            }
            current.append(operation)
            bytes += size
        }
        if !current.isEmpty { result.append(current) }
        return result
    }

    private static func parts(_ operation: Transaction.Operation) -> [Transaction.Operation] {
        guard case .addElements(let table, let set, let elements) = operation, elements.count > elementsMax else {
            return [operation]
        }
        return stride(from: 0, to: elements.count, by: elementsMax).map {
            .addElements(table, set: set, Array(elements[$0..<min($0 + elementsMax, elements.count)]))
        }
    }

    private static func size(of operation: Transaction.Operation) -> Int {
        switch operation {
        case .addElements(_, _, let elements): 200 + elements.count * 160
        case .addRule: 1200
        default: 300
        }
    }
}
