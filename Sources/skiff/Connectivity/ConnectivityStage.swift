import API
import APIClient
import HTTP
import JSON
import Lab
import NetworkTypes
import NodeNetwork

/// The test's objects in the cluster: makes them, waits for them, takes them away.
struct ConnectivityStage: Sendable {
    let client: APIClient
    let manifests: ConnectivityManifests
    let deadline: ContinuousClock.Instant
    /// Hears what is waited for when it takes long.
    let progress: @Sendable (String) -> Void

    private static let pollInterval = Duration.milliseconds(150)
    /// Host ports that the test takes one of.
    private static let hostPorts: ClosedRange<UInt16> = 20000...29999
    private static let removalTries = 60
    /// Waiting is told about after this long.
    private static let patience = Duration.seconds(2)

    private var root: String { "/api/v1/namespaces/\(manifests.namespace)" }

    /// A ready node that takes pods, and another one where there is one.
    func chooseNodes() async throws -> (near: String, far: String?) {
        let list = try await client.perform("GET", "/api/v1/nodes")
        let ready = (list["items"]?.array ?? []).map { Node(json: $0) }.filter { node in
            node.isReady && !node.unschedulable && !node.taints.contains { $0.effect == "NoExecute" || $0.effect == "NoSchedule" }
        }.map(\.metadata.name).sorted()
        guard let near = ready.first else {
            throw Refusal("no node is ready for pods", remedy: "kubectl get nodes, skiff doctor")
        }
        return (near, ready.dropFirst().first)
    }

    func begin() async throws {
        let labels: JSONValue = [
            // The pods of the host's network, too, whatever the cluster's default is.
            "pod-security.kubernetes.io/enforce": "privileged"
        ]
        _ = try await client.perform(
            "POST", "/api/v1/namespaces",
            body: [
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": ["name": .string(manifests.namespace), "labels": labels],
            ])
    }

    /// Creates an object below the namespace. New namespaces get their service account a moment later.
    func create(_ object: JSONValue) async throws {
        let kind = object["kind"]?.string ?? ""
        let group = object["apiVersion"]?.string ?? "v1"
        let plural = kind == "NetworkPolicy" ? "networkpolicies" : kind.lowercased() + "s"
        let path = (group == "v1" ? "/api/v1" : "/apis/\(group)") + "/namespaces/\(manifests.namespace)/\(plural)"
        while true {
            do {
                _ = try await client.perform("POST", path, body: object)
                return
            } catch let status as Status where status.code == 403 && ContinuousClock.now < deadline {
                try await Task.sleep(for: Self.pollInterval)
            }
        }
    }

    func setScene(near: String, far: String?) async throws -> ConnectivityScene {
        let hostPort = Port(UInt16.random(in: Self.hostPorts))
        let nodes = [near] + (far.map { [$0] } ?? [])
        for name in [ConnectivityManifests.service, ConnectivityManifests.nodePortService] {
            try await create(manifests.service(name, type: name == ConnectivityManifests.service ? "ClusterIP" : "NodePort"))
        }
        for (index, node) in nodes.enumerated() {
            try await create(
                manifests.pod(
                    "server-\(index + 1)", node: node, labels: ["app": ConnectivityManifests.server],
                    script: ConnectivityManifests.serverScript, isServer: true,
                    hostPort: index == nodes.count - 1 ? hostPort : nil))
        }
        var places: [ConnectivityScene.Place] = []
        for (index, node) in nodes.enumerated() {
            let pod = try await waitForPod("server-\(index + 1)") { Pod(json: $0).isReady }
            places.append(try await place(node, pod))
        }
        let service = try await client.perform("GET", "\(root)/services/\(ConnectivityManifests.service)")
        let outside = try await client.perform("GET", "\(root)/services/\(ConnectivityManifests.nodePortService)")
        let addresses = Self.addresses(service["spec"]?["clusterIPs"])
        try await waitForSlices(addresses.count * 2, endpoints: nodes.count)
        let api = try? await client.perform("GET", "/api/v1/namespaces/default/services/kubernetes")
        let dns = try? await client.perform("GET", "/api/v1/namespaces/kube-system/services/kube-dns")
        return ConnectivityScene(
            near: places[0], far: places.dropFirst().first, serviceAddresses: addresses,
            serviceName: "\(ConnectivityManifests.service).\(manifests.namespace).svc.cluster.local",
            nodePort: outside["spec"]?["ports"]?[0]?["nodePort"]?.int.flatMap { Port(exactly: $0) }, hostPort: hostPort,
            apiAddress: api.flatMap { Self.addresses($0["spec"]?["clusterIPs"]).first }, hasDNS: dns != nil)
    }

    /// Runs a pod to the end of its script.
    ///
    /// - Parameter said: Given each line as it is written, and the pod's own addresses. A line may come twice.
    func runClient(
        _ name: String, node: String, labels: [String: String], script: String, hostNetwork: Bool,
        said: @escaping @Sendable (Substring, [IPAddress]) -> Void
    ) async throws {
        try await create(manifests.pod(name, node: node, labels: labels, script: script, hostNetwork: hostNetwork))
        let pod = try await waitForPod(name) { pod in
            Self.hasEnded(pod) || pod["status"]?["phase"]?.string == "Running" && !Self.podAddresses(pod).isEmpty
        }
        let addresses = Self.podAddresses(pod)
        if !Self.hasEnded(pod), try await follow(name, { said($0, addresses) }) { return }
        // The stream broke, or there was none: what was written is there when the pod has ended.
        let ended = try await waitForPod(name) { Self.hasEnded($0) }
        let response = try await client.open("GET", "\(root)/pods/\(name)/log")
        var bytes: [UInt8] = []
        for try await chunk in response.body { bytes += chunk }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") { said(line, Self.podAddresses(ended)) }
    }

    private static func hasEnded(_ pod: JSONValue) -> Bool {
        ["Succeeded", "Failed"].contains(pod["status"]?["phase"]?.string ?? "")
    }

    /// - Returns: Whether the last line was read.
    private func follow(_ name: String, _ said: @escaping @Sendable (Substring) -> Void) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    let response = try await client.open("GET", "\(root)/pods/\(name)/log?follow=true")
                    var rest: [UInt8] = []
                    for try await chunk in response.body {
                        rest += chunk
                        guard let last = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
                        let lines = String(decoding: rest[..<last], as: UTF8.self).split(separator: "\n")
                        rest.removeSubrange(...last)
                        for line in lines { said(line) }
                        if lines.last == ConnectivityCheck.end[...] { return true }
                    }
                } catch {
                    try Task.checkCancellation()
                }
                return false
            }
            group.addTask {
                try await ContinuousClock().sleep(until: deadline)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    /// - Returns: Whether the cluster is still at it.
    func remove() async -> Bool {
        let path = "/api/v1/namespaces/\(manifests.namespace)"
        _ = try? await client.perform("DELETE", path)
        for _ in 0..<Self.removalTries {
            do {
                _ = try await client.perform("GET", path)
            } catch let status as Status where status.isNotFound {
                return false
            } catch {}
            try? await Task.sleep(for: Self.pollInterval)
        }
        return true
    }

    private func place(_ node: String, _ pod: JSONValue) async throws -> ConnectivityScene.Place {
        let object = Node(json: try await client.perform("GET", "/api/v1/nodes/\(node)"))
        let addresses = object.addresses.filter { $0.type == "InternalIP" }.compactMap { IPAddress(parsing: $0.address) }
        return ConnectivityScene.Place(node: node, nodeAddresses: addresses, podAddresses: Self.podAddresses(pod))
    }

    private func waitForPod(_ name: String, _ isDone: (JSONValue) -> Bool) async throws -> JSONValue {
        let begin = ContinuousClock.now
        var told = ""
        var why = "no time was left"
        while ContinuousClock.now < deadline {
            let pod = try await client.perform("GET", "\(root)/pods/\(name)")
            if isDone(pod) { return pod }
            if ContinuousClock.now - begin > Self.patience { why = await trouble(of: name) ?? Self.state(of: pod) }
            if ContinuousClock.now - begin > Self.patience, why != told {
                progress("waiting for pod \(name) on \(pod["spec"]?["nodeName"]?.string ?? "its node"): \(why)")
                told = why
            }
            try await Task.sleep(for: Self.pollInterval)
        }
        throw Refusal(
            "pod \(name) did not get ready in time: \(why)",
            remedy: "skiff doctor; is the image on the nodes? --image names another one")
    }

    /// What the cluster last warned about a pod; nil: nothing.
    private func trouble(of name: String) async -> String? {
        let path = "\(root)/events?fieldSelector=involvedObject.name%3D\(name)"
        let events = (try? await client.perform("GET", path))?["items"]?.array ?? []
        let last = events.filter { $0["type"]?.string == "Warning" }.max {
            $0["lastTimestamp"]?.string ?? "" < $1["lastTimestamp"]?.string ?? ""
        }
        return last.map { "\($0["reason"]?.string ?? ""): \($0["message"]?.string ?? "")" }
    }

    /// Why a container does not run, or how far the pod is.
    private static func state(of pod: JSONValue) -> String {
        let waiting = pod["status"]?["containerStatuses"]?[0]?["state"]?["waiting"]
        let words = [
            waiting?["reason"]?.string ?? pod["status"]?["phase"]?.string ?? "Pending", waiting?["message"]?.string ?? "",
        ]
        return words.filter { !$0.isEmpty }.joined(separator: ": ")
    }

    /// Both Services of each family know both servers: a proxy may go on from here.
    private func waitForSlices(_ count: Int, endpoints: Int) async throws {
        let path = "/apis/discovery.k8s.io/v1/namespaces/\(manifests.namespace)/endpointslices"
        while ContinuousClock.now < deadline {
            let slices = try await client.perform("GET", path)["items"]?.array ?? []
            let full = slices.filter { slice in
                (slice["endpoints"]?.array ?? []).count { $0["conditions"]?["ready"]?.bool == true } == endpoints
            }
            if full.count >= count { return }
            try await Task.sleep(for: Self.pollInterval)
        }
        throw Refusal("the Services got no endpoints in time", remedy: "does the endpoint slice controller run?")
    }

    private static func podAddresses(_ pod: JSONValue) -> [IPAddress] {
        (pod["status"]?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string.flatMap { IPAddress(parsing: $0) } }
    }

    private static func addresses(_ list: JSONValue?) -> [IPAddress] {
        (list?.array ?? []).compactMap { $0.string.flatMap { IPAddress(parsing: $0) } }
    }
}
