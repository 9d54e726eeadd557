import JSON

/// What an update of a Service keeps although the writer did not repeat it, and what it drops with a change of type.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/strategy.go`, `dropTypeDependentFields`;
///   `pkg/registry/core/service/storage/storage.go`, `patchAllocatedValues`, `normalizeClusterIPs`.
enum ServicePreparation {
    static func update(_ spec: inout JSONValue, _ old: JSONValue) {
        keepAllocated(&spec, old)
        normalize(&spec, old)
        dropUnneeded(&spec, old)
    }

    /// The single and the plural field say the same.
    static func normalize(_ spec: inout JSONValue, _ old: JSONValue?) {
        let single = spec.text("clusterIP")
        guard let old else {
            if !single.isEmpty, spec.elements("clusterIPs").isEmpty { spec["clusterIPs"] = [.string(single)] }
            return
        }
        guard single != old.text("clusterIP"), spec.elements("clusterIPs") == old.elements("clusterIPs") else { return }
        spec["clusterIPs"] = single.isEmpty ? .none : [.string(single)]
    }

    private static func keepAllocated(_ spec: inout JSONValue, _ old: JSONValue) {
        let (now, was) = (ServiceShape(spec), ServiceShape(old))
        if now.needsClusterIP, was.needsClusterIP {
            if spec.text("clusterIP").isEmpty { spec["clusterIP"] = old["clusterIP"] }
            if spec.elements("clusterIPs").isEmpty, spec["clusterIP"] == old["clusterIP"] {
                spec["clusterIPs"] = old["clusterIPs"]
            }
            for name in ["ipFamilies", "ipFamilyPolicy"] where !spec.has(name) { spec[name] = old[name] }
        }
        if now.needsNodePorts, was.needsNodePorts {
            func ports(_ spec: JSONValue) -> Set<Int64> { Set(spec.elements("ports").compactMap { $0["nodePort"]?.int }) }
            let used = ports(spec).intersection(ports(old))
            let named = Dictionary(old.elements("ports").map { ($0.text("name"), $0["nodePort"]?.int ?? 0) }) { $1 }
            spec.editEach("ports") { port in
                guard port["nodePort"]?.int ?? 0 == 0, let known = named[port.text("name")], known != 0,
                    !used.contains(known)
                else { return }
                port["nodePort"] = .int(known)
            }
        }
        if now.needsHealthCheck, was.needsHealthCheck, spec["healthCheckNodePort"]?.int ?? 0 == 0 {
            spec["healthCheckNodePort"] = old["healthCheckNodePort"]
        }
    }

    /// Takes out what the server once filled in, the new type does not need and the writer did not change.
    private static func dropUnneeded(_ spec: inout JSONValue, _ old: JSONValue) {
        let (now, was) = (ServiceShape(spec), ServiceShape(old))
        func drop(_ names: [String], _ isDropped: Bool) {
            guard isDropped, names.allSatisfy({ spec[$0] == old[$0] }) else { return }
            for name in names { spec[name] = nil }
        }
        let losesAddress = was.needsClusterIP && !now.needsClusterIP
        drop(["clusterIP", "clusterIPs"], losesAddress)
        drop(["ipFamilies"], losesAddress)
        drop(["ipFamilyPolicy"], losesAddress)
        func nodePorts(_ spec: JSONValue) -> [Int64] { spec.elements("ports").map { $0["nodePort"]?.int ?? 0 } }
        if was.needsNodePorts, !now.needsNodePorts, nodePorts(spec) == nodePorts(old) {
            spec.editEach("ports") { $0["nodePort"] = nil }
        }
        drop(["healthCheckNodePort"], was.needsHealthCheck && !now.needsHealthCheck)
        let losesBalancer = was.type == "LoadBalancer" && now.type != "LoadBalancer"
        drop(["allocateLoadBalancerNodePorts"], losesBalancer)
        drop(["loadBalancerClass"], losesBalancer)
        drop(["externalTrafficPolicy"], was.isExternal && !now.isExternal)
    }
}
