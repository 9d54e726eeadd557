import API
import JSON
import Machinery
import NetworkTypes

/// Which families a Service gets addresses of, and which addresses it asks for or keeps.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/storage/alloc.go`, `initIPFamilyFields`.
struct ServiceAddressPlan {
    private(set) var families: [IPFamily]
    /// Asked for or kept, the first ones in the order of `families`; the others are to be found.
    private(set) var addresses: [String] = []
    /// Of `addresses`, those that the Service has already.
    private(set) var kept: Set<String> = []
    private(set) var isHeadless = false
    private var policy: String

    init(spec: JSONValue, old: JSONValue, families available: [IPFamily], name: String) throws(Status) {
        func texts(_ spec: JSONValue, _ field: String) -> [String] { spec[field]?.array?.compactMap(\.string) ?? [] }
        func refusal(_ path: FieldPath, _ value: JSONValue, _ why: String) -> Status {
            APIErrors.invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Service"), name, [.invalid(path, value, why)])
        }
        let before = texts(old, "clusterIPs").filter { !$0.isEmpty && $0 != "None" }
        kept = Set(before)
        let path = FieldPath("spec")
        let given = spec["clusterIP"]?.string ?? ""
        var wanted = texts(spec, "clusterIPs").filter { !$0.isEmpty }
        if !given.isEmpty, wanted.first != given { wanted = [given] + wanted.dropFirst() }
        isHeadless = wanted.first == "None"
        if wanted.isEmpty { wanted = before }
        let asked = texts(spec, "ipFamilies")
        policy = spec["ipFamilyPolicy"]?.string ?? (max(wanted.count, asked.count) > 1 ? "RequireDualStack" : "SingleStack")
        // A headless Service without a selector may stand for endpoints of both families whatever the cluster has.
        let isUnbound = isHeadless && spec["selector"]?.object == nil
        if policy == "RequireDualStack", available.count < 2, !isUnbound {
            throw refusal(
                path("ipFamilyPolicy"), .string(policy), "this cluster is not configured for dual-stack services")
        }
        var chosen: [IPFamily] = []
        for (index, text) in asked.enumerated() {
            guard let family = IPFamily(kubernetesName: text), isUnbound || available.contains(family) else {
                throw refusal(path("ipFamilies")[index], .string(text), "not configured on this cluster")
            }
            chosen.append(family)
        }
        if chosen.isEmpty, !isHeadless { chosen = wanted.compactMap { IPAddress(parsing: $0)?.family } }
        if chosen.isEmpty { chosen = [available[0]] }
        if policy == "SingleStack" {
            chosen = Array(chosen.prefix(1))
        } else if chosen.count == 1, let other = (isUnbound ? [.ipv4, .ipv6] : available).first(where: { $0 != chosen[0] }) {
            chosen.append(other)
        }
        families = chosen
        if !isHeadless { addresses = Array(wanted.prefix(chosen.count)) }
    }

    func write(_ addresses: [String], into spec: inout JSONValue) {
        spec["clusterIP"] = .string(addresses[0])
        spec["clusterIPs"] = JSONValue(addresses)
        spec["ipFamilies"] = JSONValue(families.map { $0 == .ipv4 ? "IPv4" : "IPv6" })
        spec["ipFamilyPolicy"] = .string(policy)
    }
}
