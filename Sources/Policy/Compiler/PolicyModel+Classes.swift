import API
import NFTables
import NetworkTypes

/// Which class each local pod is in.
extension PolicyModel {
    mutating func policiesChanged(inNamespace namespace: String) {
        index.readPolicies(ofNamespace: namespace, in: world)
        readStaged()
        let names = Set(podsByNamespace[namespace] ?? [])
        forgetNames { $0 == namespace }
        for key in localPods.keys where names.contains(key) { dirty.insert(key) }
    }

    mutating func clusterPoliciesChanged() {
        index.readClusterPolicies(of: world)
        readStaged()
        forgetNames { _ in true }
        dirty.formUnion(localPods.keys)
    }

    private mutating func readStaged() {
        let isStaged =
            world.policies.values.contains(where: \.isStaged) || world.clusterPolicies.values.contains(where: \.isStaged)
        var options = configuration.options
        options.enforcesStaged = true
        stagedIndex = isStaged ? PolicyIndex(world, options) : nil
    }

    /// Forgets which class a list of policies makes, where a policy of such a namespace is in it.
    private mutating func forgetNames(_ matches: (String) -> Bool) {
        classNames = classNames.filter { key, _ in
            !(key.policies + key.staged).contains { reference in
                switch reference {
                case .network(let name): matches(name.namespace)
                case .cluster: matches("")
                }
            }
        }
    }

    /// Brings every pod that was touched into its class, and drops classes without pods.
    mutating func settle() {
        guard !dirty.isEmpty else { return }
        for key in dirty.sorted() { place(key) }
        dirty = []
        for (name, state) in classes where state.users == 0 { remove(name, state) }
    }

    private mutating func place(_ key: NamespacedName) {
        let old = localPods[key]
        guard let pod = world.pods[key], isLocal(pod) else {
            if let old { leave(key, old) }
            localPods[key] = nil
            return
        }
        var new = LocalPod()
        for direction in PolicyDirection.allCases { new.classes[direction] = className(pod, direction) }
        for (identifier, family) in structure.tables {
            for bytes in keys(of: pod, family) {
                for direction in PolicyDirection.allCases {
                    new.places.append(PodDispatch.Place(table: identifier, direction: direction, key: bytes))
                }
                var twice = bytes
                for index in 0..<Int(bytes.wordCount) { twice.append(word: bytes[index]) }
                let place = ElementCounts.Place(table: identifier, set: PolicyTable.ownSet)
                new.own.append(OwnElement(place: place, key: ElementKey(twice)))
            }
        }
        for name in new.classes.values where !Self.isBuiltIn(name) { classes[name]?.users += 1 }
        for place in new.places { dispatch.claim(place, key, chain: new.classes[place.direction] ?? "") }
        for own in new.own { elements.add(own.key, to: own.place) }
        if let old {
            for place in old.places where !new.places.contains(place) { dispatch.withdraw(place, key) }
            for own in old.own { elements.remove(own.key, from: own.place) }
            for name in old.classes.values where !Self.isBuiltIn(name) { classes[name]?.users -= 1 }
        }
        localPods[key] = new
    }

    private mutating func leave(_ key: NamespacedName, _ pod: LocalPod) {
        for place in pod.places { dispatch.withdraw(place, key) }
        for own in pod.own { elements.remove(own.key, from: own.place) }
        for name in pod.classes.values where !Self.isBuiltIn(name) { classes[name]?.users -= 1 }
    }

    private static func isBuiltIn(_ name: String) -> Bool {
        PolicyDirection.allCases.contains { name == PolicyTable.open($0) || name == undecided($0) }
    }

    private mutating func keys(of pod: PolicyPod, _ family: IPFamily) -> [KeyBytes] {
        switch configuration.podKey {
        case .address: return pod.addresses.filter { $0.family == family }.map { KeyBytes($0) }
        case .interface:
            let name = pod.addresses.isEmpty ? nil : configuration.interfaceName(pod.addresses)
            return bindings.indices(of: pod, name: name).map { index in
                var bytes = KeyBytes()
                bytes.append(hostOrder: index)
                return bytes
            }
        }
    }

    /// The class of a pod in one direction, compiled if no other pod is in it.
    private mutating func className(_ pod: PolicyPod, _ direction: PolicyDirection) -> String {
        let policies = index.applicable(to: pod, in: world, direction)
        let staged = stagedIndex?.applicable(to: pod, in: world, direction) ?? policies
        let hasStaged = stagedIndex != nil && staged.references != policies.references
        if policies.isEmpty && !hasStaged { return PolicyTable.open(direction) }
        let asksNames = direction == .ingress && (policies.usesNames(direction) || staged.usesNames(direction))
        let key = ClassKey(
            direction: direction, policies: policies.references, staged: hasStaged ? staged.references : [],
            names: asksNames ? pod.ports : [])
        if let known = classNames[key], classes[known] != nil || Self.isBuiltIn(known), !refused.contains(known) { return known }
        let program = ClassProgram(policies, direction, names: key.names)
        let stagedProgram = hasStaged ? ClassProgram(staged, direction, names: key.names) : nil
        let name =
            program.isOpen && stagedProgram == nil
            ? PolicyTable.open(direction) : ClassCompiler.name(program, staged: stagedProgram)
        if refused.contains(name) { return Self.undecided(direction) }
        if classes[name] == nil, !Self.isBuiltIn(name) { use(name, program, staged: stagedProgram) }
        classNames[key] = name
        return name
    }

    mutating func use(_ name: String, _ program: ClassProgram, staged: ClassProgram?) {
        var state = ClassState(compiled: [])
        for (identifier, family) in structure.tables.sorted(by: { $0.key < $1.key }) {
            let compiled = ClassCompiler.compile(program, staged: staged, named: name, family, configuration)
            state.compiled.append((identifier, compiled))
            structure.add(compiled, to: identifier)
            for feed in compiled.feeds { connect(feed, in: identifier) }
        }
        classes[name] = state
    }

    private mutating func remove(_ name: String, _ state: ClassState) {
        if Self.isBuiltIn(name) { return }
        for (identifier, compiled) in state.compiled {
            for feed in compiled.feeds { disconnect(feed, in: identifier) }
            for set in structure.remove(compiled, from: identifier) {
                elements.forget(ElementCounts.Place(table: identifier, set: set))
            }
        }
        classes[name] = nil
    }
}

extension ApplicablePolicies {
    var references: [PolicyReference] {
        admin.map { .cluster($0.name) } + network.map { .network($0.key) } + baseline.map { .cluster($0.name) }
    }
}
