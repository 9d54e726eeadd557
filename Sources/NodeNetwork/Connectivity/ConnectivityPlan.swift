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
        var builder = Builder(prefix: "p")
        let places = [(scene.near, "on the same node")] + (scene.far.map { [($0, "on another node")] } ?? [])
        for (place, whereabouts) in places {
            for address in place.podAddresses {
                let family = address.family.kubernetesName
                let own = client.first { $0.family == address.family }
                builder.add("pod to pod \(whereabouts), TCP, \(family)", .ask(address, ConnectivityScene.serverPort, source: own))
                builder.add("pod to pod \(whereabouts), UDP, \(family)", .datagram(address))
                builder.add("pod to pod \(whereabouts), ICMP, \(family)", .ping(address))
                builder.add(
                    "a megabyte from a pod \(whereabouts), \(family)",
                    .fetch(address, ConnectivityScene.serverPort, bytes: ConnectivityScene.largeBytes))
            }
            for address in place.nodeAddresses {
                let whose = whereabouts == "on the same node" ? "its node" : "another node"
                builder.add("pod to \(whose), ICMP, \(address.family.kubernetesName)", .ping(address))
            }
        }
        for address in scene.serviceAddresses {
            builder.add(
                "pod to Service, \(address.family.kubernetesName)",
                .askOften(host: ConnectivityCheck.host(address), ConnectivityScene.servicePort, times: 10))
        }
        if let api = scene.apiAddress { builder.add("pod to the API server's Service", .connect(api, 443)) }
        for (place, whereabouts) in places {
            for address in place.nodeAddresses where scene.serviceAddresses.contains(where: { $0.family == address.family }) {
                guard let port = scene.nodePort else { continue }
                let name = whereabouts == "on the same node" ? "the pod's node" : "another node"
                builder.add("pod to node port of \(name), \(address.family.kubernetesName)", .ask(address, port, source: nil))
            }
        }
        let holder = scene.far ?? scene.near
        if let port = scene.hostPort {
            for address in holder.nodeAddresses where holder.podAddresses.contains(where: { $0.family == address.family }) {
                builder.add("pod to host port, \(address.family.kubernetesName)", .ask(address, port, source: nil))
            }
        }
        if scene.hasDNS, let address = scene.serviceAddresses.first {
            builder.add("a Service's name is known", .resolve(scene.serviceName, address))
            builder.add(
                "pod to Service by its name", .askOften(host: scene.serviceName, ConnectivityScene.servicePort, times: 2))
        }
        return builder.checks
    }

    /// From the near node's own network.
    package static func fromNode(_ scene: ConnectivityScene) -> [ConnectivityCheck] {
        var builder = Builder(prefix: "n")
        let places = [(scene.near, "on it")] + (scene.far.map { [($0, "on another node")] } ?? [])
        for (place, whereabouts) in places {
            for address in place.podAddresses {
                let family = address.family.kubernetesName
                builder.add(
                    "node to pod \(whereabouts), TCP, \(family)", .ask(address, ConnectivityScene.serverPort, source: nil))
                builder.add("node to pod \(whereabouts), ICMP, \(family)", .ping(address))
            }
        }
        for address in scene.serviceAddresses {
            builder.add(
                "node to Service, \(address.family.kubernetesName)",
                .askOften(host: ConnectivityCheck.host(address), ConnectivityScene.servicePort, times: 4))
        }
        return builder.checks
    }

    /// From a pod that the policy lets in, and from one that it does not; each family.
    package static func policy(_ server: ConnectivityScene.Place) -> (denied: [ConnectivityCheck], allowed: [ConnectivityCheck]) {
        var denied = Builder(prefix: "d")
        var allowed = Builder(prefix: "a")
        for address in server.podAddresses {
            let family = address.family.kubernetesName
            denied.add("a policy keeps a pod out, \(family)", .becomesUnreachable(address, ConnectivityScene.serverPort))
            allowed.add("and lets the named pod in, \(family)", .becomesReachable(address, ConnectivityScene.serverPort))
        }
        return (denied.checks, allowed.checks)
    }

    private struct Builder {
        let prefix: String
        var checks: [ConnectivityCheck] = []

        mutating func add(_ claim: String, _ probe: ConnectivityCheck.Probe) {
            checks.append(ConnectivityCheck(id: "\(prefix)\(checks.count + 1)", claim: claim, probe: probe))
        }
    }
}
