package import NetworkTypes

/// Every name, address and directory of one cluster on this machine: all of it follows from a few values.
///
/// Two clusters run side by side when their names and data directories differ: the addresses live in network namespaces of
/// their own and may be the same.
package struct ClusterPlan: Hashable, Sendable {
    /// Prefix of network namespaces and of the cgroup directory: `skiff`.
    package let name: String
    package let nodeCount: Int
    /// Absolute; everything on disk is below it.
    package let dataDirectory: String
    /// Port on 127.0.0.1 of the host where the API server answers.
    package let apiPort: Int
    package let families: ClusterFamilies
    package let store: StoreKind

    /// What keeps the cluster's objects.
    package enum StoreKind: String, Hashable, Sendable, CaseIterable {
        /// A file below the data directory, written by the API server itself.
        case sqlite
        /// One etcd process in the fabric, its data below the data directory.
        case etcd
    }

    /// Nodes are numbered from one; the bridge's /24 has room for addresses .11 to .254.
    package static let nodeCountMax = 32

    package init(
        name: String, nodeCount: Int, dataDirectory: String, apiPort: Int, families: ClusterFamilies = .ipv4,
        store: StoreKind = .sqlite
    ) throws(PlanError) {
        guard (1...Self.nodeCountMax).contains(nodeCount) else {
            throw PlanError.nodeCount(nodeCount, max: Self.nodeCountMax)
        }
        guard Self.isName(name) else { throw PlanError.name(name) }
        guard dataDirectory.hasPrefix("/"), dataDirectory != "/", !dataDirectory.contains("/../") else {
            throw PlanError.dataDirectory(dataDirectory)
        }
        guard (1...65535).contains(apiPort) else { throw PlanError.port(apiPort) }
        self.name = name
        self.nodeCount = nodeCount
        var trimmed = dataDirectory
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.dataDirectory = trimmed
        self.apiPort = apiPort
        self.families = families
        self.store = store
    }

    /// Lower-case letters, digits and dashes, at most twenty: it becomes part of namespace names and link names.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (1...20).contains(text.utf8.count), (0x61...0x7a).contains(first) else { return false }
        return text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
    }

    package var nodes: [NodeIdentity] { (1...nodeCount).map { NodeIdentity(number: $0, cluster: self) } }

    package func node(named name: String) -> NodeIdentity? { nodes.first { $0.name == name } }

    /// The network namespace that holds the bridge and in which the API server runs.
    package var fabricNamespace: String { "\(name)-fabric" }
    /// The host's end of every node's route: the bridge, and the API server on it.
    package var fabricAddress: IPAddress { fabricAddresses[0] }
    package static let podNetwork = "10.244.0.0/16"
    package static let serviceNetwork = "10.96.0.0/16"
    package static let fabricAPIPort = 6443
    /// Where containerd's pulls leave the fabric.
    package static let egressPort = 3128
    /// Where containerd pulls images of the cluster's own registry, at the fabric's address.
    package static let registryPort = 5000

    /// Directory below each cgroup hierarchy.
    package var cgroup: String { "/skiff/\(name)" }

    package var planFile: String { "\(dataDirectory)/cluster.json" }
    package var pkiDirectory: String { "\(dataDirectory)/pki" }
    package var logDirectory: String { "\(dataDirectory)/log" }
    package var etcdDirectory: String { "\(dataDirectory)/etcd" }
    /// Inside the fabric.
    package static let etcdURL = "http://127.0.0.1:2379"
    package static let etcdPeerURL = "http://127.0.0.1:2380"
    package var registryDirectory: String { "\(dataDirectory)/registry" }
    package var adminKubeconfig: String { "\(dataDirectory)/kubeconfig" }
    /// For programs of ours inside the fabric, where the host's address of the API server is unknown.
    package var fabricKubeconfig: String { "\(pkiDirectory)/fabric.kubeconfig" }
    package var controlSocket: String { "\(dataDirectory)/supervisor.sock" }
    package var lockFile: String { "\(dataDirectory)/supervisor.lock" }
    /// Held by `skiff up` while it is at work.
    package var launchLockFile: String { "\(dataDirectory)/up.lock" }
}

/// Where one node of a cluster lives.
package struct NodeIdentity: Hashable, Sendable {
    /// From one.
    package let number: Int
    package let name: String
    /// `InternalIP`, the cluster's primary family first.
    package let addresses: [IPAddress]
    package let networkNamespace: String
    /// The bridge's end of the node's cable.
    package let fabricLink: String
    /// Everything the node keeps on disk.
    package let directory: String
    /// Directory below each cgroup hierarchy.
    package let cgroup: String

    init(number: Int, cluster: ClusterPlan) {
        self.number = number
        name = "node\(number)"
        addresses = cluster.families.list.map { ClusterPlan.nodeAddress(number, $0) }
        networkNamespace = "\(cluster.name)-\(name)"
        fabricLink = "n\(number)"
        directory = "\(cluster.dataDirectory)/nodes/\(name)"
        cgroup = "\(cluster.cgroup)/\(name)"
    }

    /// Of the primary family.
    package var address: IPAddress { addresses[0] }
    package var logDirectory: String { "\(directory)/log" }
    package var configurationDirectory: String { "\(directory)/etc" }
    package var kubeconfig: String { "\(configurationDirectory)/kubeconfig" }
    /// Of the parts that look at the whole cluster: service proxy, routes.
    package var proxyKubeconfig: String { "\(configurationDirectory)/proxy.kubeconfig" }
}

/// A value that no cluster can have.
package enum PlanError: Error, Hashable, Sendable, CustomStringConvertible {
    case nodeCount(Int, max: Int)
    case name(String)
    case dataDirectory(String)
    case port(Int)
    case corrupt(file: String)

    package var description: String {
        switch self {
        case .nodeCount(let count, let max): "a cluster has 1 to \(max) nodes, not \(count)"
        case .name(let name):
            "'\(name)' is no cluster name: use a lower-case letter, then letters, digits and dashes, at most 20 in all"
        case .dataDirectory(let path): "the data directory must be an absolute path below /, not '\(path)'"
        case .port(let port): "\(port) is no port: use 1 to 65535"
        case .corrupt(let file): "\(file) is not a cluster description; remove its directory and run 'skiff up'"
        }
    }
}
