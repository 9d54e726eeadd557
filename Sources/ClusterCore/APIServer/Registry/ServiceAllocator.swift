package import API
package import JSON
import Machinery
package import NetworkTypes
import Synchronization

/// Gives Services their cluster address and node ports, and takes them back.
///
/// Holds nothing of its own: at the start it is rebuilt from the Services in the store.
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/storage/alloc.go`.
package final class ServiceAllocator: Sendable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "services")

    /// What one write took; given back when the write fails.
    package struct Allocation: Hashable, Sendable {
        var addresses: [IPAddress] = []
        var ports: [Int64] = []

        package init() {}

        /// Everything that a stored Service holds.
        package init(of service: JSONValue) {
            let spec = service["spec"] ?? [:]
            addresses = (spec["clusterIPs"]?.array ?? [spec["clusterIP"] ?? ""]).compactMap(\.string)
                .compactMap(IPAddress.init(parsing:))
            ports = ServiceAllocator.nodePorts(spec)
        }
    }

    private struct State {
        var addresses: ServiceAddressRanges
        var ports: Set<Int64> = []
        var lastPort: Int64
    }

    let portRange: ClosedRange<Int64>
    private let state: Mutex<State>

    package init(range: CIDR, portRange: ClosedRange<Int64> = 30000...32767) {
        self.portRange = portRange
        state = Mutex(State(addresses: ServiceAddressRanges(primary: range), lastPort: portRange.lowerBound - 1))
    }

    func rebuild(from caches: CacheSet) {
        for service in caches[Self.resource]?.all() ?? [] {
            let held = Allocation(of: service.object)
            state.withLock { state in
                state.addresses.take(held.addresses)
                state.ports.formUnion(held.ports)
            }
        }
    }

    /// Believes that nothing is taken but `keeping`.
    func reset(keeping: Allocation) {
        state.withLock { state in
            state.addresses.reset(keeping.addresses)
            state.ports = Set(keeping.ports)
        }
    }

    func release(_ allocation: Allocation) {
        guard allocation != Allocation() else { return }
        state.withLock { state in
            state.addresses.release(allocation.addresses)
            state.ports.subtract(allocation.ports)
        }
    }

    /// Fills in what a Service needs; the result is what was newly taken.
    func allocate(for service: inout JSONValue, old: JSONValue?) throws(Status) -> Allocation {
        var spec = service["spec"] ?? [:]
        let oldSpec = old?["spec"] ?? [:]
        let name = service["metadata"]?["name"]?.string ?? ""
        let type = spec["type"]?.string ?? "ClusterIP"
        var taken = Allocation()
        do throws(Status) {
            try allocateAddress(&spec, oldSpec, type, name, &taken)
            try allocatePorts(&spec, oldSpec, type, name, &taken)
            try allocateHealthCheckPort(&spec, oldSpec, type, &taken)
        } catch {
            release(taken)
            throw error
        }
        service["spec"] = spec
        return taken
    }

    private func allocateAddress(
        _ spec: inout JSONValue, _ old: JSONValue, _ type: String, _ name: String, _ taken: inout Allocation
    ) throws(Status) {
        if type == "ExternalName" {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] { spec[field] = nil }
            return
        }
        let plan = try ServiceAddressPlan(
            spec: spec, old: old, families: state.withLock { $0.addresses.families }, name: name)
        guard !plan.isHeadless else {
            plan.write(["None"], into: &spec)
            return
        }
        var addresses: [String] = []
        for (index, family) in plan.families.enumerated() {
            if plan.addresses.indices.contains(index) {
                let address = plan.addresses[index]
                if !plan.kept.contains(address) { try reserve(address, index, name, &taken) }
                addresses.append(address)
            } else {
                guard let free = state.withLock({ $0.addresses.allocate(family) }) else {
                    throw APIErrors.internalError("failed to allocate a serviceIP: range is full")
                }
                taken.addresses.append(free)
                addresses.append(free.description)
            }
        }
        plan.write(addresses, into: &spec)
    }

    /// Ranges that may be used from now on, besides the one that the server was started with.
    func setRanges(_ ranges: [CIDR], held: () -> [IPAddress]) {
        let isNew = state.withLock { $0.addresses.setMore(ranges) }
        guard isNew else { return }
        let addresses = held()
        state.withLock { $0.addresses.take(addresses) }
    }

    /// Forgets what was taken and takes these: other servers took and gave back addresses meanwhile.
    ///
    /// An address that a write of this server has not claimed yet may be given out twice; whoever claims it first has it.
    func reset(_ addresses: [IPAddress]) { state.withLock { $0.addresses.reset(addresses) } }

    private func reserve(_ text: String, _ index: Int, _ name: String, _ taken: inout Allocation) throws(Status) {
        let path = FieldPath("spec")("clusterIPs")
        func refusal(_ why: String) -> Status {
            APIErrors.invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Service"), name,
                [.invalid(path, [.string(text)], "failed to allocate IP \(text): \(why)")])
        }
        guard let address = IPAddress(parsing: text) else {
            throw refusal("provided IP is not a valid IP address")
        }
        let (outcome, ranges) = state.withLock { ($0.addresses.reserve(address), $0.addresses.description) }
        switch outcome {
        case .reserved: taken.addresses.append(address)
        case .alreadyTaken: throw refusal("provided IP is already allocated")
        case .outOfRange:
            throw refusal("the provided IP (\(text)) is not in the valid range. The range of valid IPs is \(ranges)")
        }
    }

    private func allocatePorts(
        _ spec: inout JSONValue, _ old: JSONValue, _ type: String, _ name: String, _ taken: inout Allocation
    ) throws(Status) {
        var ports = spec["ports"]?.array ?? []
        let needsPorts =
            type == "NodePort" || (type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"]?.bool != false)
        let held = Set(Self.nodePorts(old))
        var byNumber: [String: Int64] = [:]
        for port in old["ports"]?.array ?? [] {
            if let node = port["nodePort"]?.int, node > 0 { byNumber[Self.identity(port)] = node }
        }
        for index in ports.indices {
            guard needsPorts else {
                if type == "ClusterIP" { ports[index]["nodePort"] = nil }
                continue
            }
            let wanted = ports[index]["nodePort"]?.int ?? byNumber[Self.identity(ports[index])] ?? 0
            if wanted != 0 {
                // TCP and UDP of one Service may share a number.
                if !held.contains(wanted), !taken.ports.contains(wanted) { try reserve(wanted, index, name, &taken) }
                ports[index]["nodePort"] = .int(wanted)
            } else {
                guard let free = nextPort() else {
                    throw APIErrors.internalError("failed to allocate a nodePort: range is full")
                }
                taken.ports.append(free)
                ports[index]["nodePort"] = .int(free)
            }
        }
        if spec["ports"] != nil { spec["ports"] = .array(ports) }
    }

    /// The port of each node that load balancers ask for pods of the Service.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/storage/alloc.go`, `allocHealthCheckNodePort`.
    private func allocateHealthCheckPort(
        _ spec: inout JSONValue, _ old: JSONValue, _ type: String, _ taken: inout Allocation
    ) throws(Status) {
        guard type == "LoadBalancer", spec["externalTrafficPolicy"]?.string == "Local" else { return }
        let wanted = spec["healthCheckNodePort"]?.int ?? 0
        guard wanted == 0 || wanted != old["healthCheckNodePort"]?.int ?? 0 else { return }
        func refusal(_ why: String) -> Status {
            APIErrors.internalError("failed to allocate requested HealthCheck NodePort \(wanted): \(why)")
        }
        guard wanted != 0 else {
            guard let free = nextPort() else {
                throw APIErrors.internalError("failed to allocate a HealthCheck NodePort: range is full")
            }
            taken.ports.append(free)
            spec["healthCheckNodePort"] = .int(free)
            return
        }
        guard portRange.contains(wanted) else {
            throw refusal(
                "provided port is not in the valid range. The range of valid ports is "
                    + "\(portRange.lowerBound)-\(portRange.upperBound)")
        }
        guard state.withLock({ $0.ports.insert(wanted).inserted }) else {
            throw refusal("provided port is already allocated")
        }
        taken.ports.append(wanted)
    }

    private func reserve(_ port: Int64, _ index: Int, _ name: String, _ taken: inout Allocation) throws(Status) {
        let path = FieldPath("spec")("ports")[index]("nodePort")
        func refusal(_ why: String) -> Status {
            APIErrors.invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Service"), name, [.invalid(path, .int(port), why)])
        }
        guard portRange.contains(port) else {
            throw refusal(
                "provided port is not in the valid range. The range of valid ports is "
                    + "\(portRange.lowerBound)-\(portRange.upperBound)")
        }
        guard state.withLock({ $0.ports.insert(port).inserted }) else {
            throw refusal("provided port is already allocated")
        }
        taken.ports.append(port)
    }

    private func nextPort() -> Int64? {
        state.withLock { state in
            for _ in portRange {
                state.lastPort = state.lastPort >= portRange.upperBound ? portRange.lowerBound : state.lastPort + 1
                if state.ports.insert(state.lastPort).inserted { return state.lastPort }
            }
            return nil
        }
    }

    private static func identity(_ port: JSONValue) -> String {
        "\(port["protocol"]?.string ?? "TCP")/\(port["port"]?.int ?? 0)"
    }

    private static func nodePorts(_ spec: JSONValue) -> [Int64] {
        (spec["ports"]?.array ?? []).compactMap { $0["nodePort"]?.int }.filter { $0 > 0 }
            + [spec["healthCheckNodePort"]?.int].compactMap { $0 }.filter { $0 > 0 }
    }
}
