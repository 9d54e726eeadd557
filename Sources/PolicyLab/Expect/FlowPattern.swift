package import API
package import NetworkTypes

/// Whom one side of an expectation means.
package enum EndpointPattern: Hashable, Sendable {
    /// Pods by namespace and by name, of the pod or of its workload; `*` stands for any text.
    case pods(namespace: String, name: String)
    /// Pods by namespace and labels.
    case labelled(namespace: String, LabelSelector)
    /// A host outside the cluster, by the name that the expectations give it.
    case outside(String)
    /// An address that no name was given to.
    case address(IPAddress)
    /// The node that every pod runs on.
    case node
    /// The virtual address of a Service; as a destination only.
    case service(NamespacedName)
}

/// Which ports of the destination an expectation means.
package struct PortPattern: Hashable, Sendable {
    package enum Number: Hashable, Sendable {
        case number(Port)
        /// The container port of this name in each destination.
        case named(String)
    }

    /// Empty: every port that the destination listens on.
    package var numbers: [Number]
    /// Empty: the protocol that a named port has, TCP for a number.
    package var transports: [TransportProtocol]

    package static let all = PortPattern(numbers: [], transports: [])
}

/// `shop/web -> shop/api:8080/tcp`.
package struct FlowPattern: Hashable, Sendable {
    package var source: EndpointPattern
    package var destination: EndpointPattern
    package var ports: PortPattern
    /// As it was written.
    package var text: String
}

/// A text that is no flow.
package struct FlowPatternError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    init(_ description: String) { self.description = description }
}

extension FlowPattern {
    package static let grammar = "SOURCE -> DESTINATION[:PORTS[/PROTOCOLS]], such as 'shop/web -> shop/api:8080/tcp'"

    /// - Parameter outside: Names of outside hosts, which need no `outside:` in front.
    package init(parsing text: String, outside: Set<String> = []) throws(FlowPatternError) {
        let trimmed = String(text.drop { $0 == " " })
        guard let arrow = trimmed.firstRange(ofText: "->") else {
            throw FlowPatternError("'\(text)': expected \(Self.grammar)")
        }
        let left = Self.trim(trimmed[..<arrow.lowerBound])
        let right = Self.trim(trimmed[arrow.upperBound...])
        let (host, ports) = Self.split(right)
        source = try Self.endpoint(left, outside)
        if let service = try Self.service(host, from: source) {
            destination = service
        } else {
            destination = try Self.endpoint(host, outside)
        }
        self.ports = try ports.map { text throws(FlowPatternError) in try Self.ports(text) } ?? .all
        self.text = Self.trim(text[...])
        if case .service = source { throw FlowPatternError("'\(text)': a Service cannot be a source") }
    }

    private static func trim(_ text: Substring) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return String(text.drop { $0 == " " })
    }

    /// Takes the ports off: what follows the last colon behind a bracket, unless the colon belongs to `service:` or `outside:`.
    private static func split(_ text: String) -> (host: String, ports: String?) {
        guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
        if let bracket = text.lastIndex(of: "]"), bracket > colon { return (text, nil) }
        let host = String(text[..<colon])
        if host == "service" || host == "outside" { return (text, nil) }
        return (host, String(text[text.index(after: colon)...]))
    }

    /// `svc/NAME` is a Service of the source's namespace, `NAMESPACE/svc/NAME` of any; nil for every other text.
    private static func service(_ text: String, from source: EndpointPattern) throws(FlowPatternError) -> EndpointPattern? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, ["svc", "service"].contains(parts[parts.count - 2]), parts.count <= 3 else { return nil }
        if parts.count == 3 { return .service(NamespacedName(namespace: parts[0], name: parts[2])) }
        guard case .pods(let namespace, _) = source, !namespace.contains("*") else {
            throw FlowPatternError("'\(text)': of which namespace? Write service:NAMESPACE/\(parts[1])")
        }
        return .service(NamespacedName(namespace: namespace, name: parts[1]))
    }

    static func endpoint(_ text: String, _ outside: Set<String>) throws(FlowPatternError) -> EndpointPattern {
        if text.isEmpty { throw FlowPatternError("one side of the arrow is empty: expected \(grammar)") }
        if text == "*" { return .pods(namespace: "*", name: "*") }
        if text == "node" { return .node }
        if text.hasPrefix("outside:") { return .outside(String(text.dropFirst("outside:".count))) }
        if outside.contains(text) { return .outside(text) }
        if let address = IPAddress(parsing: text) { return .address(address) }
        let isService = text.hasPrefix("service:")
        let name = isService ? String(text.dropFirst("service:".count)) : text
        if name.hasPrefix("[") { return .labelled(namespace: "*", try selector(name)) }
        guard let slash = name.firstIndex(of: "/") else {
            throw FlowPatternError(
                "'\(text)' names no namespace: write NAMESPACE/WORKLOAD, NAMESPACE/*, [label=value], node, or a name from 'outside'"
            )
        }
        let namespace = String(name[..<slash])
        let rest = String(name[name.index(after: slash)...])
        guard !namespace.isEmpty, !rest.isEmpty, !rest.contains("/") || rest.hasPrefix("[") else {
            throw FlowPatternError("'\(text)' is no NAMESPACE/WORKLOAD")
        }
        if isService { return .service(NamespacedName(namespace: namespace, name: rest)) }
        if rest.hasPrefix("[") { return .labelled(namespace: namespace, try selector(rest)) }
        return .pods(namespace: namespace, name: rest)
    }

    private static func selector(_ text: String) throws(FlowPatternError) -> LabelSelector {
        guard text.hasSuffix("]") else { throw FlowPatternError("'\(text)' lacks its closing bracket") }
        do throws(SelectorError) {
            return try LabelSelector(parsing: String(text.dropFirst().dropLast()))
        } catch {
            throw FlowPatternError("'\(text)': \(error)")
        }
    }

    private static func ports(_ text: String) throws(FlowPatternError) -> PortPattern {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard halves.count <= 2, let first = halves.first, !first.isEmpty else {
            throw FlowPatternError("':\(text)' is no PORT[/PROTOCOL]")
        }
        var numbers: [PortPattern.Number] = []
        for part in first.split(separator: ",", omittingEmptySubsequences: false) {
            if let number = Int(part) {
                guard (1...65535).contains(number), let port = Port(exactly: number) else {
                    throw FlowPatternError("port \(part) is not between 1 and 65535")
                }
                numbers.append(.number(port))
            } else {
                guard !part.isEmpty, NameValidation.portName(String(part)).isEmpty else {
                    throw FlowPatternError("'\(part)' is neither a port number nor a port name")
                }
                numbers.append(.named(String(part)))
            }
        }
        var transports: [TransportProtocol] = []
        for part in halves.count == 2 ? halves[1].split(separator: ",", omittingEmptySubsequences: false) : [] {
            guard let transport = TransportProtocol(kubernetesName: part.uppercased()) else {
                throw FlowPatternError("'\(part)' is no protocol: tcp, udp or sctp")
            }
            transports.append(transport)
        }
        return PortPattern(numbers: numbers, transports: transports)
    }
}

extension EndpointPattern {
    /// Whether a pod is meant.
    func matches(_ pod: LabPod) -> Bool {
        switch self {
        case .pods(let namespace, let name):
            Glob.matches(namespace, pod.namespace) && (Glob.matches(name, pod.workload.name) || Glob.matches(name, pod.name))
        case .labelled(let namespace, let selector): Glob.matches(namespace, pod.namespace) && selector.matches(pod.labels)
        case .outside, .address, .node, .service: false
        }
    }
}

/// Texts with `*` for any run of characters.
enum Glob {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        if !pattern.contains("*") { return pattern == text }
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, text.hasPrefix(first) else { return false }
        var rest = text.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(ofText: String(part)) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.count >= last.count && rest.hasSuffix(last)
    }
}

extension StringProtocol {
    /// The first place of a text, character by character: this target has no Foundation.
    func firstRange(ofText text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
