package import NetworkTypes

/// What is running in the cluster for the test, once it has its addresses.
package struct ConnectivityScene: Hashable, Sendable {
    package struct Place: Hashable, Sendable {
        package var node: String
        package var nodeAddresses: [IPAddress]
        package var podAddresses: [IPAddress]

        package init(node: String, nodeAddresses: [IPAddress], podAddresses: [IPAddress]) {
            self.node = node
            self.nodeAddresses = nodeAddresses
            self.podAddresses = podAddresses
        }
    }

    package static let serverPort: Port = 8080
    package static let servicePort: Port = 80
    package static let largeBytes = 1 << 20

    /// Where the clients are too.
    package var near: Place
    /// Another node; nil: the cluster has one.
    package var far: Place?
    /// Of the Service over both servers.
    package var serviceAddresses: [IPAddress]
    package var serviceName: String
    package var nodePort: Port?
    package var hostPort: Port?
    /// Of the API server's Service.
    package var apiAddress: IPAddress?
    package var hasDNS: Bool

    package init(
        near: Place, far: Place?, serviceAddresses: [IPAddress], serviceName: String, nodePort: Port?, hostPort: Port?,
        apiAddress: IPAddress?, hasDNS: Bool
    ) {
        self.near = near
        self.far = far
        self.serviceAddresses = serviceAddresses
        self.serviceName = serviceName
        self.nodePort = nodePort
        self.hostPort = hostPort
        self.apiAddress = apiAddress
        self.hasDNS = hasDNS
    }
}

/// The checks that a scene allows. Pure.
package enum ConnectivityPlan {
    /// From a pod on the near node.
    ///
    /// - Parameter client: The pod's own addresses, which the servers must see.
    package static func fromPod(_ scene: ConnectivityScene, client: [IPAddress]) -> [ConnectivityCheck] {
        var builder = Builder(scene, prefix: "p")
        for (place, whereabouts) in builder.places("on the same node", "on another node") {
            for address in place.podAddresses {
                let own = client.first { $0.family == address.family }
                builder.addPod(address, on: place, whereabouts, sender: own)
            }
        }
        for (place, whose) in builder.places("its node", "another node") {
            for address in place.nodeAddresses {
                builder.add("pod to \(whose), ICMP, \(address.family.kubernetesName)", .ping(address), .node(place.node))
            }
        }
        builder.addServices("pod", times: 10)
        if let api = scene.apiAddress { builder.add("pod to the API server's Service", .connect(api, 443), .api) }
        for (place, whose) in builder.places("the pod's node", "another node") {
            for address in place.nodeAddresses where scene.serviceAddresses.contains(where: { $0.family == address.family }) {
                guard let port = scene.nodePort else { continue }
                builder.add(
                    "pod to node port of \(whose), \(address.family.kubernetesName)", .ask(address, port, source: nil),
                    .nodePort(place.node))
            }
        }
        let holder = scene.far ?? scene.near
        if let port = scene.hostPort {
            for address in holder.nodeAddresses where holder.podAddresses.contains(where: { $0.family == address.family }) {
                builder.add(
                    "pod to host port, \(address.family.kubernetesName)", .ask(address, port, source: nil),
                    .hostPort(holder.node))
            }
        }
        if scene.hasDNS, let address = scene.serviceAddresses.first {
            builder.add("a Service's name is known", .resolve(scene.serviceName, address), .dns)
            builder.add(
                "pod to Service by its name", .askOften(host: scene.serviceName, ConnectivityScene.servicePort, times: 2), .dns)
        }
        return builder.checks
    }

    /// From the near node's own network.
    package static func fromNode(_ scene: ConnectivityScene) -> [ConnectivityCheck] {
        var builder = Builder(scene, prefix: "n")
        for (place, whereabouts) in builder.places("on it", "on another node") {
            for address in place.podAddresses {
                let family = address.family.kubernetesName
                let advice: Advice = place.node == scene.near.node ? .pods(place.node) : .way(scene.near.node, place.node)
                builder.add(
                    "node to pod \(whereabouts), TCP, \(family)", .ask(address, ConnectivityScene.serverPort, source: nil),
                    advice)
                builder.add("node to pod \(whereabouts), ICMP, \(family)", .ping(address), advice)
            }
        }
        builder.addServices("node", times: 4)
        return builder.checks
    }

    /// From a pod that the policy lets in, and from one that it does not; each family.
    package static func policy(_ scene: ConnectivityScene) -> (denied: [ConnectivityCheck], allowed: [ConnectivityCheck]) {
        let server = scene.far ?? scene.near
        var denied = Builder(scene, prefix: "d")
        var allowed = Builder(scene, prefix: "a")
        for address in server.podAddresses {
            let family = address.family.kubernetesName
            denied.add(
                "a policy keeps a pod out, \(family)", .becomesUnreachable(address, ConnectivityScene.serverPort),
                .policy(server.node))
            allowed.add(
                "and lets the named pod in, \(family)", .becomesReachable(address, ConnectivityScene.serverPort),
                .policy(server.node))
        }
        return (denied.checks, allowed.checks)
    }

    private struct Builder {
        let scene: ConnectivityScene
        let prefix: String
        var checks: [ConnectivityCheck] = []

        init(_ scene: ConnectivityScene, prefix: String) {
            self.scene = scene
            self.prefix = prefix
        }

        func places(_ near: String, _ far: String) -> [(ConnectivityScene.Place, String)] {
            [(scene.near, near)] + (scene.far.map { [($0, far)] } ?? [])
        }

        mutating func add(_ claim: String, _ probe: ConnectivityCheck.Probe, _ advice: Advice) {
            checks.append(
                ConnectivityCheck(id: "\(prefix)\(checks.count + 1)", claim: claim, probe: probe, remedy: advice.text))
        }

        mutating func addPod(
            _ address: IPAddress, on place: ConnectivityScene.Place, _ whereabouts: String, sender: IPAddress?
        ) {
            let family = address.family.kubernetesName
            let isNear = place.node == scene.near.node
            let advice: Advice = isNear ? .pods(place.node) : .way(scene.near.node, place.node)
            let port = ConnectivityScene.serverPort
            add("pod to pod \(whereabouts), TCP, \(family)", .ask(address, port, source: sender), advice)
            add("pod to pod \(whereabouts), UDP, \(family)", .datagram(address), advice)
            add("pod to pod \(whereabouts), ICMP, \(family)", .ping(address), advice)
            add(
                "a megabyte from a pod \(whereabouts), \(family)", .fetch(address, port, bytes: ConnectivityScene.largeBytes),
                isNear ? advice : .size(place.node))
        }

        mutating func addServices(_ sender: String, times: Int) {
            for address in scene.serviceAddresses {
                add(
                    "\(sender) to Service, \(address.family.kubernetesName)",
                    .askOften(host: ConnectivityCheck.host(address), ConnectivityScene.servicePort, times: times),
                    .service(scene.near.node))
            }
        }
    }

    /// What to look at when a check fails: names of nodes, where the trouble may be.
    private enum Advice {
        case pods(String)
        case way(String, String)
        case size(String)
        case node(String)
        case service(String)
        case api
        case nodePort(String)
        case hostPort(String)
        case dns
        case policy(String)

        var text: String {
            switch self {
            case .pods(let node): "skiff doctor on \(node): forwarding, pods, rules"
            case .way(let near, let far):
                "skiff doctor on \(near) and \(far): routes, tunnel, path; does a firewall between them drop pods' addresses?"
            case .size(let node):
                "if small answers come, packets are too large for the way to \(node): skiff doctor: mtu, path; or set --pod-mtu"
            case .node(let node): "does a firewall on \(node) or before it drop ICMP, or pods' addresses? skiff doctor: rules"
            case .service(let node):
                "if pods answer: does a proxy run on \(node)? skiff doctor: services; skiff explain connection"
            case .api: "kubectl get endpointslices -l kubernetes.io/service-name=kubernetes: can pods reach the addresses there?"
            case .nodePort(let node):
                "does a proxy run on \(node), and does a firewall there drop node ports? skiff doctor: services, rules"
            case .hostPort(let node):
                "is portMappings among the capabilities of the first file in /etc/cni/net.d of \(node)? skiff doctor: rules"
            case .dns: "kubectl -n kube-system get endpointslices -l kubernetes.io/service-name=kube-dns; skiff explain dns NAME"
            case .policy(let node): "does what enforces policies run on \(node)? skiff agent or policy, or the plugin's own"
            }
        }
    }
}
