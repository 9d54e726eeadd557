/// The identity of a sandbox: the pod's, and how many there were before it.
package struct SandboxMetadata: Hashable, Sendable {
    package var name: String
    package var uid: String
    package var namespace: String
    package var attempt: UInt32

    package init(name: String, uid: String, namespace: String, attempt: UInt32 = 0) {
        self.name = name
        self.uid = uid
        self.namespace = namespace
        self.attempt = attempt
    }
}

/// Whose namespace a process joins.
package enum NamespaceMode: Hashable, Sendable {
    case pod, container, node
    /// That of the container of this id; processes only.
    case target(String)
}

package struct NamespaceOptions: Hashable, Sendable {
    package var network: NamespaceMode
    package var pid: NamespaceMode
    package var ipc: NamespaceMode

    package init(network: NamespaceMode = .pod, pid: NamespaceMode = .container, ipc: NamespaceMode = .pod) {
        self.network = network
        self.pid = pid
        self.ipc = ipc
    }
}

/// Which system calls are refused.
package enum SeccompMode: Hashable, Sendable {
    case runtimeDefault
    case unconfined
    /// An absolute path on the node.
    case localhost(String)
}

/// Lines of `/etc/resolv.conf`.
package struct DNSConfig: Hashable, Sendable {
    package var servers: [String]
    package var searches: [String]
    package var options: [String]

    package init(servers: [String] = [], searches: [String] = [], options: [String] = []) {
        self.servers = servers
        self.searches = searches
        self.options = options
    }
}

package struct PortMapping: Hashable, Sendable {
    package enum Transport: Hashable, Sendable { case tcp, udp, sctp }

    package var transport: Transport
    package var containerPort: Int32
    package var hostPort: Int32
    package var hostIP: String

    package init(transport: Transport, containerPort: Int32, hostPort: Int32, hostIP: String) {
        self.transport = transport
        self.containerPort = containerPort
        self.hostPort = hostPort
        self.hostIP = hostIP
    }
}

/// What a sandbox is made from.
package struct PodSandboxConfig: Hashable, Sendable {
    package var metadata: SandboxMetadata
    /// Empty only when the pod uses the node's network.
    package var hostname = ""
    /// `/var/log/pods/NAMESPACE_NAME_UID`.
    package var logDirectory = ""
    package var dns = DNSConfig()
    package var portMappings: [PortMapping] = []
    package var labels: [String: String] = [:]
    package var annotations: [String: String] = [:]
    /// `/kubepods/burstable/podUID`.
    package var cgroupParent = ""
    package var sysctls: [String: String] = [:]
    package var namespaces = NamespaceOptions()
    package var runAsUser: Int64?
    package var runAsGroup: Int64?
    package var supplementalGroups: [Int64] = []
    package var privileged = false
    package var seccomp: SeccompMode = .runtimeDefault

    package init(metadata: SandboxMetadata) { self.metadata = metadata }
}

/// A sandbox in a listing.
package struct PodSandbox: Hashable, Sendable {
    package var id: String
    package var metadata: SandboxMetadata
    package var isReady: Bool
    /// Nanoseconds since the epoch.
    package var createdAt: Int64
    package var labels: [String: String]
    package var annotations: [String: String]

    package init(
        id: String, metadata: SandboxMetadata, isReady: Bool, createdAt: Int64, labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) {
        self.id = id
        self.metadata = metadata
        self.isReady = isReady
        self.createdAt = createdAt
        self.labels = labels
        self.annotations = annotations
    }
}

/// A sandbox with its addresses; none when it uses the node's network.
package struct PodSandboxStatus: Hashable, Sendable {
    package var sandbox: PodSandbox
    package var addresses: [String]

    package init(sandbox: PodSandbox, addresses: [String]) {
        self.sandbox = sandbox
        self.addresses = addresses
    }
}
