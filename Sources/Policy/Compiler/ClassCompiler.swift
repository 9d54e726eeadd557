package import NFTables
package import NetworkTypes

/// The chains and sets of one class of pods, in one family's table.
package struct CompiledClass: Hashable, Sendable {
    /// Who puts elements into a set: every member of a group, one element for each port.
    package struct Feed: Hashable, Sendable {
        package var group: Peer
        package var set: String
        /// Nil: the address alone is the element.
        package var ports: [PortMatch]?
    }

    /// The one that pods are sent to first.
    package var chains: [Chain] = []
    /// With the elements that do not depend on who is where. Names of shared sets are made from their contents.
    package var sets: [NamedSet] = []
    package var feeds: [Feed] = []
}

/// Writes a class as rules whose number does not grow with that of policies, peers and ports.
///
/// Terms about the same addresses are merged; the first few groups and prefix lists get a rule each, over sets that all classes
/// share; further ones are folded into one set of `address . protocol . port`, those with many ports into a map from ranges of ports
/// to chains that look an address up.
package struct ClassCompiler {
    /// Groups, or lists of prefixes, that get a rule of their own.
    package static let rulesMax = 4
    /// Single ports that a group may have to be folded.
    package static let foldedPortsMax = 64
    /// Single ports that a hash holds; more of them, and ranges, go to an interval set.
    private static let hashedPortsMax = 64
    package static let deniedPrefix = "skiff deny "
    package static let wouldDenyPrefix = "skiff would-deny "

    private let family: IPFamily
    private let configuration: PolicyConfiguration
    private let name: String
    private let direction: PolicyDirection
    private var result = CompiledClass()

    /// Rules in their order, over as many chains as they need.
    private struct Run {
        /// The first one's name is the caller's business.
        private(set) var chains: [Chain]

        init(_ first: String) { chains = [Chain(first)] }

        mutating func append(_ rules: [Rule]) { chains[chains.count - 1].rules += rules }

        /// What is appended from here on stands in another chain, to which this one leads.
        mutating func goOn(in next: String) {
            append([Rule(.verdict(.goto(next)))])
            chains.append(Chain(next))
        }
    }

    package static func name(_ program: ClassProgram, staged: ClassProgram?) -> String {
        let text = program.text + (staged.map { " staged " + $0.text } ?? "")
        return "\(program.direction.rawValue)-\(ContentName.digits(text))"
    }

    /// - Parameter staged: What the class would be if its staged policies were in force; nil when it has none.
    package static func compile(
        _ program: ClassProgram, staged: ClassProgram?, named name: String, _ family: IPFamily,
        _ configuration: PolicyConfiguration
    ) -> CompiledClass {
        var compiler = ClassCompiler(family, configuration, name, program.direction)
        let denied = name + "-denied"
        var rules: [Rule] = []
        if let staged {
            rules.append(Rule(.verdict(.jump(name + "-staged"))))
            compiler.addReport(name + "-noticed", Self.wouldDenyPrefix + name, then: nil)
            let observed = compiler.rules(of: staged, named: name + "-staged", accepted: .return, denied: name + "-noticed")
            compiler.result.chains.append(Chain(name + "-staged", rules: observed))
        }
        rules += compiler.rules(of: program, named: name, accepted: PolicyTable.accepted(program.direction), denied: denied)
        compiler.addReport(denied, Self.deniedPrefix + name, then: .drop)
        compiler.result.chains.append(Chain(name, rules: rules))
        var compiled = compiler.result
        var seen: Set<String> = []
        compiled.sets = compiled.sets.filter { seen.insert($0.name).inserted }
        var feeds: Set<CompiledClass.Feed> = []
        compiled.feeds = compiled.feeds.filter { feeds.insert($0).inserted }
        return compiled
    }

    private init(_ family: IPFamily, _ configuration: PolicyConfiguration, _ name: String, _ direction: PolicyDirection) {
        self.family = family
        self.configuration = configuration
        self.name = name
        self.direction = direction
    }

    private mutating func addReport(_ chain: String, _ prefix: String, then verdict: Verdict?) {
        var rules = [
            Rule(.limit(perSecond: configuration.logsPerSecond), .log(prefix: prefix, group: configuration.logGroup))
        ]
        if let verdict { rules.append(Rule(.counter, .verdict(verdict))) }
        result.chains.append(Chain(chain, rules: rules))
    }

    /// The rules of the first chain; what a `Pass` leads to may be a second one, `NAME-rest`.
    private mutating func rules(
        of program: ClassProgram, named chain: String, accepted: Verdict, denied: String
    ) -> [Rule] {
        if program.isCutOff { return [Rule(.verdict(.goto(denied)))] }
        let rest = chain + "-rest"
        func verdict(_ action: PolicyAction, pass: Verdict) -> Verdict {
            switch action {
            case .accept: accepted
            case .deny: .goto(denied)
            case .pass: pass
            }
        }
        var first = Run(chain)
        for (index, block) in program.admin.enumerated() {
            addRules(for: block.terms, verdict(block.action, pass: .goto(rest)), "\(chain)-\(index)", to: &first)
        }
        let isApart = program.admin.contains { $0.action == .pass }
        if isApart { first.goOn(in: rest) }
        addLast(of: program, named: chain, accepted, denied, to: &first) { verdict($0, pass: accepted) }
        result.chains += first.chains.dropFirst()
        return first.chains[0].rules
    }

    /// What decides behind the tier Admin.
    private mutating func addLast(
        of program: ClassProgram, named chain: String, _ accepted: Verdict, _ denied: String, to run: inout Run,
        _ verdict: (PolicyAction) -> Verdict
    ) {
        if let network = program.network {
            let key = configuration.podKey
            let own = [PolicyTable.keyField(.egress, key), PolicyTable.keyField(.ingress, key)]
            run.append([Rule(.match(.member(own, of: PolicyTable.ownSet)), .verdict(accepted))])
            addRules(for: network, accepted, "\(chain)-n", to: &run)
            run.append([Rule(.verdict(.goto(denied)))])
        } else {
            for (index, block) in program.baseline.enumerated() {
                addRules(for: block.terms, verdict(block.action), "\(chain)-b\(index)", to: &run)
            }
            run.append([Rule(.verdict(accepted))])
        }
    }

    private var address: Field { direction == .ingress ? .sourceAddress : .destinationAddress }

    /// Rules that give the verdict to what any of the terms matches.
    ///
    /// - Parameter label: Begins the names of sets that only this class has.
    private mutating func addRules(
        for terms: [ClassProgram.Term], _ verdict: Verdict, _ label: String, to run: inout Run
    ) {
        let merged = MergedTerms(terms, family)
        if merged.matchesEverything { return run.append([Rule(.verdict(verdict))]) }
        if !merged.anybody.isEmpty { run.append([Rule(portMatch(merged.anybody), .verdict(verdict))]) }
        addGroupRules(merged, verdict, label, to: &run)
        run.append(networkRules(merged, verdict, label))
    }

    private mutating func addGroupRules(_ merged: MergedTerms, _ verdict: Verdict, _ label: String, to run: inout Run) {
        var rules: [Rule] = []
        var dispatched: [(Peer, PortRanges)] = []
        if merged.groups.count <= Self.rulesMax {
            for group in merged.groups { rules.append(Rule(.match(.member([address], of: groupSet(group))), .verdict(verdict))) }
        } else {
            let set = ownSet(label + "-all", [.address(family)])
            for group in merged.groups { feed(set, group, nil) }
            rules.append(Rule(.match(.member([address], of: set)), .verdict(verdict)))
        }
        var folded: [(Peer, [PortMatch])] = merged.named
        if merged.groupPorts.count <= Self.rulesMax {
            for (group, ports) in merged.groupPorts {
                rules.append(
                    Rule(.match(.member([address], of: groupSet(group))), portMatch(ports), .verdict(verdict)))
            }
        } else {
            for (group, ports) in merged.groupPorts {
                if ports.count <= Self.foldedPortsMax {
                    folded.append((group, ports.entries.map { .range($0.transport, $0.range) }))
                } else {
                    dispatched.append((group, ports))
                }
            }
        }
        if !folded.isEmpty {
            let set = ownSet(label + "-rows", [.address(family), .transport, .port])
            for (group, ports) in folded { feed(set, group, ports) }
            rules.append(
                Rule(.match(.member([address, .transport, .destinationPort], of: set)), .verdict(verdict)))
        }
        run.append(rules)
        if !dispatched.isEmpty { addDispatch(dispatched, verdict, label, to: &run) }
    }

    /// From ranges of ports to chains, one for each combination of groups that may use them, which look the address up.
    private mutating func addDispatch(
        _ groups: [(Peer, PortRanges)], _ verdict: Verdict, _ label: String, to run: inout Run
    ) {
        let next = label + "-on"
        var map = NamedSet(label + "-ports", key: [.transport, .port], value: .verdict, isInterval: true)
        var chains: [[Int]: String] = [:]
        for segment in PortSegments(groups.map(\.1)).segments {
            let chain = chains[segment.users] ?? "\(label)-wide\(chains.count)"
            if chains.updateValue(chain, forKey: segment.users) == nil {
                let set = ownSet(chain, [.address(family)])
                for user in segment.users { feed(set, groups[user].0, nil) }
                let rules = [Rule(.match(.member([address], of: set)), .verdict(verdict)), Rule(.verdict(.goto(next)))]
                result.chains.append(Chain(chain, rules: rules))
            }
            let number = segment.transport.rawValue
            let key = ElementKey(
                Self.key(protocolNumber: number, segment.range.lowerBound),
                end: Self.key(protocolNumber: number, segment.range.upperBound))
            map.elements[key] = .verdict(.goto(chain))
        }
        result.sets.append(map)
        run.append([Rule(.verdictMap([.transport, .destinationPort], map: map.name))])
        run.goOn(in: next)
    }

    private mutating func networkRules(_ merged: MergedTerms, _ verdict: Verdict, _ label: String) -> [Rule] {
        if merged.networks.count <= Self.rulesMax {
            return merged.networks.map { ports, ranges in
                let member = Statement.match(.member([address], of: networkSet(ranges)))
                return ports.map { Rule(member, portMatch($0), .verdict(verdict)) } ?? Rule(member, .verdict(verdict))
            }
        }
        var set = NamedSet(label + "-nets", key: [.address(family), .transport, .port], isInterval: true)
        let labelled = merged.networks.map { (ranges: $0.ranges, label: $0.ports) }
        for (range, labels) in AddressRange.segments(labelled) {
            var keys: [(KeyBytes, KeyBytes)] = []
            if labels.contains(nil) {
                keys = [(Self.key(protocolNumber: 0, 0), Self.key(protocolNumber: 255, .max))]
            } else {
                let ports = labels.reduce(PortRanges()) { $0.union($1 ?? PortRanges()) }
                keys = ports.entries.map {
                    (
                        Self.key(protocolNumber: $0.transport.rawValue, $0.range.lowerBound),
                        Self.key(protocolNumber: $0.transport.rawValue, $0.range.upperBound)
                    )
                }
            }
            for (low, high) in keys {
                let key = ElementKey(Self.joined(range.first, low), end: Self.joined(range.last, high))
                set.elements[key] = ElementValue.none
            }
        }
        result.sets.append(set)
        return [
            Rule(.match(.member([address, .transport, .destinationPort], of: set.name)), .verdict(verdict))
        ]
    }

    private static func key(protocolNumber: UInt8, _ port: UInt16) -> KeyBytes {
        var key = KeyBytes()
        key.append(word: UInt32(protocolNumber) << 24)
        key.append(Port(port))
        return key
    }

    private static func joined(_ address: IPAddress, _ rest: KeyBytes) -> KeyBytes {
        var key = KeyBytes(address)
        for index in 0..<Int(rest.wordCount) { key.append(word: rest[index]) }
        return key
    }

    // MARK: - Sets

    private mutating func ownSet(_ name: String, _ key: [FieldType]) -> String {
        result.sets.append(NamedSet(name, key: key))
        return name
    }

    private mutating func feed(_ set: String, _ group: Peer, _ ports: [PortMatch]?) {
        result.feeds.append(CompiledClass.Feed(group: group, set: set, ports: ports))
    }

    private mutating func groupSet(_ group: Peer) -> String {
        let name = "group-" + ContentName.digits(group.text)
        _ = ownSet(name, [.address(family)])
        feed(name, group, nil)
        return name
    }

    private mutating func networkSet(_ ranges: [AddressRange]) -> String {
        let name = "nets-" + ContentName.digits(ranges.map(\.description).joined(separator: ","))
        var set = NamedSet(name, key: [.address(family)], isInterval: true)
        for range in ranges { set.elements[ElementKey(KeyBytes(range.first), end: KeyBytes(range.last))] = ElementValue.none }
        result.sets.append(set)
        return name
    }

    private mutating func portMatch(_ ports: PortRanges) -> Statement {
        let name = "ports-" + ContentName.digits(ports.text)
        let isHash = ports.count <= Self.hashedPortsMax
        var set = NamedSet(name, key: [.transport, .port], isInterval: !isHash)
        if isHash {
            for (transport, port) in ports.single {
                set.elements[ElementKey(Self.key(protocolNumber: transport.rawValue, port.rawValue))] = ElementValue.none
            }
        } else {
            for entry in ports.entries {
                let number = entry.transport.rawValue
                let key = ElementKey(
                    Self.key(protocolNumber: number, entry.range.lowerBound),
                    end: Self.key(protocolNumber: number, entry.range.upperBound))
                set.elements[key] = ElementValue.none
            }
        }
        result.sets.append(set)
        return .match(.member([.transport, .destinationPort], of: name))
    }
}
