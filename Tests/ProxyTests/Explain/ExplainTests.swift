import API
import JSON
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

/// What is said of one connection, from the objects and the rules that the proxy would write for them.
@Suite struct ExplainTests {
    let node1 = "192.168.1.1"

    private func pod(
        _ name: String, _ address: String, node: String = "node1", labels: [String: String] = ["app": "web"], ready: Bool = true,
        change: (inout Pod) -> Void = { _ in }
    ) -> Pod {
        var pod = Pod(metadata: ObjectMeta(name: name, namespace: "default", labels: labels))
        pod.spec.nodeName = node
        pod.status.phase = "Running"
        pod.status.podIP = address
        pod.status.conditions = [Condition(type: "Ready", status: ready ? "True" : "False")]
        change(&pod)
        return pod
    }

    private func node(_ name: String, _ address: String) -> Node {
        var node = Node(metadata: ObjectMeta(name: name))
        node.addresses = [.init(type: "InternalIP", address: address)]
        node.conditions = [Condition(type: "Ready", status: "True")]
        return node
    }

    private func selected(_ service: Service, by selector: [String: String]? = ["app": "web"]) -> Service {
        var service = service
        service.spec.selector = selector
        return service
    }

    private func world(_ services: [Service], _ slices: [EndpointSlice], pods: [Pod] = []) -> ClusterObjects {
        ClusterObjects(
            services: services, slices: slices, pods: pods + [pod("client", "10.244.1.9", labels: ["app": "client"])],
            nodes: [node("node1", node1), node("node2", "192.168.1.2")])
    }

    /// The whole walk, without policies, over the model's rules or those given.
    private func explain(
        _ objects: ClusterObjects, from: String = "client", to: String, rules change: (inout Table) -> Void = { _ in },
        _ options: QuestionResolver.Options = .init()
    ) throws -> Explanation {
        let source = try #require(EndText(parsing: from, namespace: "default"))
        let target = try #require(TargetText(parsing: to, namespace: "default"))
        let (resolved, known) = QuestionResolver.resolve(from: source, to: target, in: objects, options)
        guard let question = resolved else { return Explanation("\(from) -> \(to)", known, reachable: "") }
        let traffic = TrafficFindings(question, objects)
        var standing = table(Array(objects.services.values), objects.slices, question.family, .fixture(family: question.family))
        change(&standing)
        let rules = NodeRuleset(
            nodeName: question.nodeName ?? "?", origin: .model("a test"), ruleset: Ruleset([standing]),
            localAddresses: [.fixture(node1)])
        let candidates = traffic?.candidates ?? []
        return Explanation(
            question.text, known + (traffic?.findings ?? []) + RulesFinding.findings(question, candidates, rules),
            reachable: candidates.map(\.text).joined(separator: " or ") + " may answer")
    }

    private var web: Service { selected(.fixture("web", ip: "10.96.0.1")) }
    private var webSlice: EndpointSlice { .fixture("web", [.on("node1", "10.244.1.2"), .on("node2", "10.244.2.2")]) }
    private var webPods: [Pod] { [pod("web-1", "10.244.1.2"), pod("web-2", "10.244.2.2", node: "node2")] }

    @Test(arguments: ["web:80", "10.96.0.1:80", "default/web:80"])
    func `names every endpoint that may answer`(target: String) throws {
        let said = try explain(world([web], [webSlice], pods: webPods), to: target)
        #expect(said.outcome == .reachable && said.exitStatus == 0)
        #expect(said.conclusion == "10.244.1.2:8080 (pod default/web-1) or 10.244.2.2:8080 (pod default/web-2) may answer")
        let rules = try #require(said.findings.last { $0.step == "rules" })
        #expect(rules.summary == "node1 sends it to one of 10.244.1.2:8080, 10.244.2.2:8080")
        #expect(rules.facts["destinations"] == ["10.244.1.2:8080", "10.244.2.2:8080"])
    }

    @Test func `a Service that is not there is looked for elsewhere`() throws {
        var other = web
        other.metadata.namespace = "shop"
        let said = try explain(world([other], []), to: "web:80")
        #expect(said.conclusion == "there is no Service default/web")
        #expect(said.next == "use shop/web: a name without a namespace is looked up in the caller's own")
        #expect(said.exitStatus == 1)
    }

    @Test(arguments: [
        ("web:8080", "8080 is the pods' port: clients of the Service use 80"),
        ("web:30080", "30080 is the node port: use it with a node's address, or 80 with the Service's"),
        ("web:81", "use one of them, or add the port to the Service"),
    ])
    func `a wrong port is recognized`(target: String, next: String) throws {
        var service = web
        service.spec.type = "NodePort"
        service.spec.ports[0].nodePort = 30080
        let said = try explain(world([service], [webSlice]), to: target)
        #expect(said.outcome == .blocked)
        #expect(said.next == next)
    }

    @Test func `the other protocol's port is recognized`() throws {
        let said = try explain(world([web], [webSlice]), to: "web:80", .init(transport: .udp))
        #expect(said.conclusion == "Service default/web has no port 80/UDP: a connection is refused")
        #expect(said.next == "its port 80 is TCP: ask with --protocol tcp")
    }

    @Test func `a selector that matches nothing names the pod that comes closest`() throws {
        let typo = selected(.fixture("typo", ip: "10.96.0.2"), by: ["app": "wbe"])
        let said = try explain(world([typo], [], pods: webPods), to: "typo:80")
        let finding = try #require(said.findings.first { $0.step == "endpoints" })
        #expect(finding.summary == "no pod in namespace default has the labels of the selector, app=wbe")
        #expect(finding.details.first == "pod web-1 has app=web")
        #expect(said.next == "if pod web-1 is meant: kubectl set selector service -n default typo app=web")
        #expect(said.findings.last?.summary == "on node1 the packet is refused at once with a TCP reset")
    }

    @Test func `pods that are not ready are told with their reason`() throws {
        let crashed = pod("web-1", "10.244.1.2", ready: false) { pod in
            var status = ContainerStatus()
            status.name = "main"
            status.state = .waiting(reason: "ImagePullBackOff", message: "")
            pod.status.containerStatuses = [status]
        }
        let slice = EndpointSlice.fixture("web", [.on("node1", "10.244.1.2", ready: false)])
        let said = try explain(world([web], [slice], pods: [crashed]), to: "web:80")
        #expect(said.conclusion == "its only pod is not ready")
        #expect(
            said.findings.first { $0.step == "endpoints" }?.details
                == ["default/web-1 on node1: container main waits: ImagePullBackOff"])
    }

    @Test func `slices that lag behind their pods are told`() throws {
        let said = try explain(world([web], [], pods: webPods), to: "web:80")
        #expect(said.conclusion == "2 pods match the selector, but no EndpointSlice lists any")
    }

    @Test func `a Service without selector needs slices of somebody`() throws {
        let said = try explain(world([selected(web, by: nil)], []), to: "web:80")
        #expect(said.conclusion == "Service default/web has no selector, and its EndpointSlices name no usable endpoint")
    }

    @Test func `policy Local is a matter of the node`() throws {
        var near = web
        near.spec.internalTrafficPolicy = "Local"
        let elsewhere = EndpointSlice.fixture("web", [.on("node2", "10.244.2.2")])
        let blocked = try explain(world([near], [elsewhere], pods: webPods), to: "web:80")
        #expect(
            blocked.conclusion
                == "internalTrafficPolicy is Local, and node1 has no usable endpoint: packets are dropped without an answer")
        #expect(blocked.findings.last?.summary == "on node1 the packet is dropped: the client waits until it gives up")
        let here = try explain(world([near], [webSlice], pods: webPods), to: "web:80")
        #expect(here.conclusion == "10.244.1.2:8080 (pod default/web-1) may answer")
    }

    @Test func `externalTrafficPolicy Local spares traffic from inside`() throws {
        let edge = selected(
            .fixture(
                "web", ip: "10.96.0.1", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30080)],
                type: "NodePort", externalPolicy: "Local"))
        let objects = world([edge], [.fixture("web", [.on("node2", "10.244.2.2")])], pods: webPods)
        let outside = try explain(objects, from: "203.0.113.9", to: "\(node1):30080")
        #expect(outside.outcome == .blocked)
        #expect(outside.next == "send to node2, or set externalTrafficPolicy: Cluster")
        let inside = try explain(objects, to: "\(node1):30080")
        #expect(inside.outcome == .reachable)
    }

    @Test func `source ranges keep others out`() throws {
        let balanced = selected(
            .fixture("web", ip: "10.96.0.1", type: "LoadBalancer", balancers: ["172.16.9.1"], sourceRanges: ["198.51.100.0/24"]))
        let objects = world([balanced], [webSlice], pods: webPods)
        let kept = try explain(objects, from: "203.0.113.9", to: "172.16.9.1:80")
        #expect(
            kept.conclusion
                == "loadBalancerSourceRanges let in 198.51.100.0/24, not 203.0.113.9: packets are dropped without an answer")
        #expect(try explain(objects, from: "198.51.100.7", to: "172.16.9.1:80").outcome == .reachable)
    }

    @Test func `a headless Service translates no port`() throws {
        var headless = web
        headless.spec.clusterIP = "None"
        headless.spec.clusterIPs = ["None"]
        let objects = world([headless], [webSlice], pods: webPods)
        let said = try explain(objects, to: "web:80")
        #expect(said.conclusion == "its pods listen on 8080, not on 80")
        #expect(said.next == "connect to web:8080")
        #expect(try explain(objects, to: "web:8080").outcome == .reachable)
    }

    @Test func `a name alone and another proxy's Service are told apart`() throws {
        var name = web
        name.spec.type = "ExternalName"
        name.spec.externalName = "db.example.com"
        #expect(try explain(world([name], []), to: "web:80").exitStatus == 2)
        var other = web
        other.metadata.labels[ProxyService.proxyNameLabel] = "theirs"
        #expect(try explain(world([other], [webSlice]), to: "web:80").conclusion.contains("another proxy, theirs"))
    }

    // MARK: Rules that differ from the objects

    @Test func `rules that stayed behind are noticed`() throws {
        let objects = world([web], [webSlice], pods: webPods)
        let emptied = try explain(objects, to: "web:80") { table in
            for name in table.sets.keys { table.sets[name]?.elements = [:] }
        }
        #expect(emptied.conclusion.hasPrefix("there are endpoints, but on node1 the packet is "))
        let old = table([web], [.fixture("web", [.on("node1", "10.244.1.77")])], .ipv4, .fixture())
        let stale = try explain(objects, to: "web:80") { $0 = old }
        #expect(stale.conclusion == "the rules of node1 send it to 10.244.1.77:8080, which is no endpoint")
        let more = table(
            [web], [.fixture("web", [.on("node1", "10.244.1.2"), .on("node2", "10.244.2.2"), .on("node1", "10.244.1.77")])],
            .ipv4,
            .fixture())
        let mixed = try explain(objects, to: "web:80") { $0 = more }
        #expect(mixed.outcome == .reachable)
        #expect(mixed.findings.last?.summary == "the rules of node1 also send to 10.244.1.77:8080, which is no endpoint")
    }

    @Test func `a rule that cannot be read leaves the answer open`() throws {
        let said = try explain(world([web], [webSlice], pods: webPods), to: "web:80") { table in
            table.chains["dispatch"]?.rules.insert(Rule(.foreign("[ queue num 5 ]")), at: 0)
        }
        #expect(said.outcome == .unknown && said.exitStatus == 2)
    }

    @Test func `the page has a line per step and ends with what to do`() throws {
        let said = try explain(world([], []), to: "web:80")
        #expect(
            said.text == """
                client -> web:80

                  ok  source   pod default/client on node1, 10.244.1.9
                  NO  service  there is no Service default/web

                blocked: there is no Service default/web
                next: kubectl get services -n default
                """)
        #expect(said.json["findings"]?[1]?["verdict"] == "blocks")
    }
}
