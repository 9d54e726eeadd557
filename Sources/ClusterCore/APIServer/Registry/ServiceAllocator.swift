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
        var pool: AddressPool
        var ports: Set<Int64> = []
        var lastPort: Int64
    }

    private let range: CIDR
    private let portRange: ClosedRange<Int64>
    private let state: Mutex<State>

    /// Addresses below this offset are left to those who ask for a certain one (`pkg/registry/core/service/ipallocator`).
    private static let staticOffsetMax = 256

    package init(range: CIDR, portRange: ClosedRange<Int64> = 30000...32767) {
        self.range = range
        self.portRange = portRange
        state = Mutex(State(pool: AddressPool(range), lastPort: portRange.lowerBound - 1))
    }

    func rebuild(from caches: CacheSet) {
        for service in caches[Self.resource]?.all() ?? [] {
            let held = Allocation(of: service.object)
            state.withLock { state in
                for address in held.addresses { _ = state.pool.reserve(address) }
                state.ports.formUnion(held.ports)
            }
        }
    }

    func release(_ allocation: Allocation) {
        guard allocation != Allocation() else { return }
        state.withLock { state in
            for address in allocation.addresses { state.pool.release(address) }
            state.ports.subtract(allocation.ports)
        }
    }

    /// After an update: what the old form held and the new one does not.
    func releaseUnused(old: JSONValue, new: JSONValue, _ kind: KindDefinition) {
        guard kind.gvr == Self.resource else { return }
        let kept = Allocation(of: new)
        var unused = Allocation(of: old)
        unused.addresses.removeAll(where: kept.addresses.contains)
        unused.ports.removeAll(where: kept.ports.contains)
        release(unused)
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
        let wanted = spec["clusterIP"]?.string ?? spec["clusterIPs"]?[0]?.string ?? ""
        let before = old["clusterIP"]?.string ?? ""
        var address = wanted.isEmpty ? before : wanted
        if address.isEmpty {
            guard let free = state.withLock({ $0.pool.allocate(from: staticOffset) }) else {
                throw APIErrors.internalError("failed to allocate a serviceIP: range is full")
            }
            taken.addresses.append(free)
            address = free.description
        } else if address != "None", address != before {
            try reserve(address, name, &taken)
        }
        spec["clusterIP"] = .string(address)
        spec["clusterIPs"] = [.string(address)]
        if spec["ipFamilies"] == nil { spec["ipFamilies"] = [.string(range.family == .ipv4 ? "IPv4" : "IPv6")] }
        if spec["ipFamilyPolicy"] == nil { spec["ipFamilyPolicy"] = "SingleStack" }
    }

    private var staticOffset: Int {
        let size = range.count > 1 << 20 ? 1 << 20 : Int(range.count)
        return min(max(16, size / 16), Self.staticOffsetMax)
    }

    private func reserve(_ text: String, _ name: String, _ taken: inout Allocation) throws(Status) {
        let path = FieldPath("spec")("clusterIPs")
        func refusal(_ why: String) -> Status {
            APIErrors.invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Service"), name,
                [.invalid(path, [.string(text)], "failed to allocate IP \(text): \(why)")])
        }
        guard let address = IPAddress(parsing: text) else {
            throw refusal("provided IP is not a valid IP address")
        }
        switch state.withLock({ $0.pool.reserve(address) }) {
        case .reserved: taken.addresses.append(address)
        case .alreadyTaken: throw refusal("provided IP is already allocated")
        case .outOfRange:
            throw refusal("the provided IP (\(text)) is not in the valid range. The range of valid IPs is \(range)")
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
