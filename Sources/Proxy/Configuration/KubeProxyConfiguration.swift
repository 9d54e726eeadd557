package import JSON

/// The file that kube-proxy reads (`--config`), as far as it means something here; the rest is checked and left.
///
/// - SeeAlso: Kubernetes 1.36 `staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go`.
package struct KubeProxyConfiguration: Sendable {
    package static let apiVersion = "kubeproxy.config.k8s.io/v1alpha1"
    package static let kind = "KubeProxyConfiguration"

    /// A file that is not used at all.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    private let tree: JSONValue
    /// Paths of members that nobody knows, in order: upstream warns of them and goes on.
    package private(set) var unknownFields: [String] = []

    /// - Throws: `Refusal` for another kind of object, or a member with a value of another type.
    package init(_ tree: JSONValue) throws(Refusal) {
        guard tree["apiVersion"]?.string == Self.apiVersion, tree["kind"]?.string == Self.kind else {
            let found = "\(tree["apiVersion"]?.string ?? "") \(tree["kind"]?.string ?? "")"
            throw Refusal(description: "'\(found)' is no \(Self.apiVersion) \(Self.kind)")
        }
        self.tree = tree
        try check(tree, Self.schema, at: "")
        unknownFields.sort()
    }

    private indirect enum Shape {
        case text, whole, number, flag, duration, texts
        /// Anything: its content means nothing here.
        case any
        case members([String: Shape])
    }

    private static let schema: Shape = .members([
        "apiVersion": .text, "kind": .text, "featureGates": .any,
        "clientConnection": .members([
            "kubeconfig": .text, "acceptContentTypes": .text, "contentType": .text, "qps": .number, "burst": .whole,
        ]),
        "logging": .any, "hostnameOverride": .text, "bindAddress": .text, "healthzBindAddress": .text,
        "metricsBindAddress": .text, "bindAddressHardFail": .flag, "enableProfiling": .flag,
        "showHiddenMetricsForVersion": .text, "mode": .text,
        "iptables": .members([
            "masqueradeBit": .whole, "masqueradeAll": .flag, "localhostNodePorts": .flag, "syncPeriod": .duration,
            "minSyncPeriod": .duration,
        ]),
        "ipvs": .members([
            "syncPeriod": .duration, "minSyncPeriod": .duration, "scheduler": .text, "excludeCIDRs": .texts,
            "strictARP": .flag, "tcpTimeout": .duration, "tcpFinTimeout": .duration, "udpTimeout": .duration,
            "masqueradeAll": .flag,
        ]),
        "nftables": .members([
            "masqueradeBit": .whole, "masqueradeAll": .flag, "syncPeriod": .duration, "minSyncPeriod": .duration,
        ]),
        "winkernel": .any, "detectLocalMode": .text,
        "detectLocal": .members(["bridgeInterface": .text, "interfaceNamePrefix": .text]),
        "clusterCIDR": .text, "nodePortAddresses": .texts, "oomScoreAdj": .whole,
        "conntrack": .members([
            "maxPerCore": .whole, "min": .whole, "tcpEstablishedTimeout": .duration, "tcpCloseWaitTimeout": .duration,
            "tcpBeLiberal": .flag, "udpTimeout": .duration, "udpStreamTimeout": .duration,
        ]),
        "configSyncPeriod": .duration, "portRange": .text, "windowsRunAsService": .flag,
    ])

    /// `null` stands for a member that is not there.
    private mutating func check(_ value: JSONValue, _ shape: Shape, at path: String) throws(Refusal) {
        if value.isNull { return }
        let fits: Bool
        switch shape {
        case .any: return
        case .text, .duration: fits = value.string != nil
        case .whole: fits = value.int != nil
        case .number: fits = value.double != nil
        case .flag: fits = value.bool != nil
        case .texts: fits = value.array?.allSatisfy { $0.string != nil } ?? false
        case .members(let members):
            guard let object = value.object else { throw Refusal(description: "\(path): not an object") }
            for member in object {
                let name = path.isEmpty ? member.key : "\(path).\(member.key)"
                guard let shape = members[member.key] else {
                    unknownFields.append(name)
                    continue
                }
                try check(member.value, shape, at: name)
            }
            return
        }
        if !fits { throw Refusal(description: "\(path): a value of another type is needed") }
    }

    private func member(_ path: String) -> JSONValue? {
        var value: JSONValue? = tree
        for name in path.split(separator: ".") { value = value?[String(name)] }
        return value?.isNull == true ? nil : value
    }

    /// Nil when it is not there, or empty.
    package func text(_ path: String) -> String? { member(path)?.string.flatMap { $0.isEmpty ? nil : $0 } }
    package func whole(_ path: String) -> Int? { member(path)?.int.flatMap { Int(exactly: $0) } }
    package func flag(_ path: String) -> Bool { member(path)?.bool ?? false }
    package func texts(_ path: String) -> [String] { member(path)?.array?.compactMap(\.string) ?? [] }

    /// Where rules are written otherwise, for a mode that is not `nftables`; an empty one is upstream's default, iptables.
    package var mode: String { text("mode") ?? "" }

    /// The section that says how to masquerade, and how often to sync.
    package var section: String { ["iptables", "ipvs", "nftables"].contains(mode) ? mode : "nftables" }
}
