import API
import CRI
import JSON
import Testing

@testable import Kubelet

@Suite struct EnvironmentTests {
    private let objects = KeyedObjects(
        configMaps: ["cm": ["a": Array("alpha".utf8), "b": Array("beta".utf8)]], secrets: ["s": ["pw": Array("x".utf8)]])

    private func build(_ container: JSONValue, services: [String: String] = [:]) throws -> [String] {
        let container = Container(json: container)
        let fields = DownwardFields(pod: .fixture(), podAddresses: ["10.244.1.2"], nodeAddresses: ["172.18.0.11"])
        return try EnvironmentBuilder(container: container, fields: fields, services: services, objects: objects).build()
            .map { "\($0.name)=\($0.value)" }
    }

    @Test func `values come from every source and refer to earlier ones`() throws {
        let result = try build([
            "name": "web", "resources": ["limits": ["cpu": "1500m"]],
            "envFrom": [["prefix": "P_", "configMapRef": ["name": "cm"]]],
            "env": [
                ["name": "IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
                ["name": "APP", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['app']"]]],
                ["name": "CPU", "valueFrom": ["resourceFieldRef": ["resource": "limits.cpu"]]],
                ["name": "PW", "valueFrom": ["secretKeyRef": ["name": "s", "key": "pw"]]],
                ["name": "URL", "value": "$(IP):$(P_a)$$(X) $(NO)"],
                ["name": "GONE", "valueFrom": ["configMapKeyRef": ["name": "no", "key": "k", "optional": true]]],
            ],
        ])
        #expect(
            result == [
                "P_a=alpha", "P_b=beta", "IP=10.244.1.2", "APP=web", "CPU=2", "PW=x", "URL=10.244.1.2:alpha$(X) $(NO)",
            ])
    }

    @Test func `a missing reference names what is missing`() {
        let key = #expect(throws: ContainerConfigError.self) {
            try build(["env": [["name": "A", "valueFrom": ["configMapKeyRef": ["name": "cm", "key": "zz"]]]]])
        }
        #expect(key?.message == "couldn't find key zz in ConfigMap default/cm")
        let map = #expect(throws: ContainerConfigError.self) { try build(["envFrom": [["secretRef": ["name": "no"]]]]) }
        #expect(map?.message == "secret \"no\" not found")
    }

    @Test func `services become variables, the kubernetes service from anywhere`() {
        func service(_ name: String, _ namespace: String, _ ip: String) -> Service {
            Service(json: [
                "metadata": ["name": .string(name), "namespace": .string(namespace)],
                "spec": [
                    "type": "ClusterIP", "clusterIP": .string(ip), "clusterIPs": [.string(ip)],
                    "ports": [["name": "http-main", "port": 80, "protocol": "TCP"]],
                ],
            ])
        }
        let all = [
            service("my-db", "a", "10.96.0.9"), service("other", "b", "10.96.0.8"), service("kubernetes", "default", "10.96.0.1"),
        ]
        let result = ServiceEnvironment.variables(all, namespace: "a", links: true)
        #expect(result["MY_DB_SERVICE_HOST"] == "10.96.0.9")
        #expect(result["MY_DB_SERVICE_PORT_HTTP_MAIN"] == "80")
        #expect(result["MY_DB_PORT_80_TCP_ADDR"] == "10.96.0.9")
        #expect(result["KUBERNETES_SERVICE_HOST"] == "10.96.0.1")
        #expect(result["OTHER_SERVICE_HOST"] == nil)
        #expect(ServiceEnvironment.variables(all, namespace: "a", links: false).keys.allSatisfy { $0.hasPrefix("KUBERNETES") })
    }
}

@Suite struct ContainerConfigTests {
    private func build(_ container: JSONValue, image: ImageRecord? = nil, pod: Pod = .fixture()) throws -> ContainerConfig {
        try ContainerConfigBuilder(
            configuration: KubeletConfiguration(nodeName: "node1", nodeAddresses: []), pod: pod,
            container: Container(json: container), attempt: 1, imageRef: "sha256:1", image: image,
            environment: [ContainerConfig.Variable(name: "A", value: "x")], volumes: ["v": "/vol"], nodeMemoryBytes: 1000
        ).build()
    }

    @Test func `mounts volumes, the hosts file and the termination log`() throws {
        let config = try build([
            "name": "web", "args": ["$(A)"],
            "volumeMounts": [["name": "v", "mountPath": "/data", "subPath": "s", "readOnly": true]],
        ])
        #expect(
            config.mounts.map { "\($0.hostPath):\($0.containerPath):\($0.readOnly)" } == [
                "/vol/s:/data:true", "/var/lib/kubelet/pods/u1/etc-hosts:/etc/hosts:false",
                "/var/lib/kubelet/pods/u1/containers/web/1:/dev/termination-log:false",
            ])
        #expect(config.args == ["x"])
        #expect(config.logPath == "web/1.log")
    }

    @Test func `a subPath cannot leave its volume`() {
        #expect(throws: ContainerConfigError.self) {
            try build(["name": "web", "volumeMounts": [["name": "v", "mountPath": "/d", "subPath": "a/../../x"]]])
        }
    }

    @Test func `runAsNonRoot refuses root and users that are only names`() {
        let context: JSONValue = ["name": "web", "securityContext": ["runAsNonRoot": true]]
        for image in [ImageRecord(id: "i"), ImageRecord(id: "i", uid: 0), ImageRecord(id: "i", username: "app")] {
            #expect(throws: ContainerConfigError.self) { try build(context, image: image) }
        }
        #expect(throws: Never.self) { try build(context, image: ImageRecord(id: "i", uid: 7)) }
    }

    @Test func `resources become shares, quota, limit and score`() throws {
        let json: JSONValue = [
            "name": "web",
            "resources": ["requests": ["cpu": "250m", "memory": "100"], "limits": ["cpu": "500m", "memory": "200"]],
        ]
        let resources = try build(json, pod: .fixture(["containers": [json]])).resources
        #expect(resources.cpuShares == 256)
        #expect(resources.cpuQuota == 50_000 && resources.cpuPeriod == 100_000)
        #expect(resources.memoryLimitBytes == 200)
        #expect(resources.oomScoreAdjust == 900)
    }

    @Test func `classes have their cgroups`() {
        let guaranteed = Pod.fixture(["containers": [["name": "a", "resources": ["limits": ["cpu": "1", "memory": "1Gi"]]]]])
        #expect(PodCgroupPath.of(guaranteed) == "/kubepods/podu1")
        #expect(PodCgroupPath.of(.fixture()) == "/kubepods/besteffort/podu1")
    }

    @Test func `name servers follow the policy`() {
        let dns = DNSResolution(
            clusterDNS: ["10.96.0.10"], clusterDomain: "cluster.local",
            node: DNSResolution.parse("nameserver 1.1.1.1\nsearch lan.\noptions edns0\n"))
        #expect(
            dns.config(.fixture())
                == DNSConfig(
                    servers: ["10.96.0.10"],
                    searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "lan"],
                    options: ["ndots:5"]))
        #expect(dns.config(.fixture(["hostNetwork": true])).servers == ["1.1.1.1"])
        #expect(dns.config(.fixture(["dnsPolicy": "None", "dnsConfig": ["nameservers": ["9.9.9.9"]]])).servers == ["9.9.9.9"])
    }

    @Test func `a list that is too long is cut, and the user told`() {
        let node = DNSResolution.parse("nameserver 1.1.1.1\ndomain home.example\nsearch . a.example.\n")
        #expect(node.searches == [".", "a.example"])
        let dns = DNSResolution(clusterDNS: ["10.96.0.10"], clusterDomain: "cluster.local", node: node)
        let servers: [JSONValue] = (1...4).map { .string("9.9.9.\($0)") }
        let many: [JSONValue] = (0..<40).map { .string("d\($0).example") }
        let (config, warnings) = dns.resolve(.fixture(["dnsConfig": ["nameservers": .array(servers), "searches": .array(many)]]))
        #expect(config.servers == ["10.96.0.10", "9.9.9.1", "9.9.9.2"])
        #expect(config.searches.count == 32)
        #expect(warnings.map(\.reason) == ["DNSConfigForming", "DNSConfigForming"])
        #expect(warnings.first?.message.hasSuffix("nameserver line is: 10.96.0.10 9.9.9.1 9.9.9.2") == true)
        let long: [JSONValue] = (0..<10).map { .string(String(repeating: "x", count: 250) + "\($0)") }
        #expect(dns.config(.fixture(["dnsConfig": ["searches": .array(long)]])).searches.joined(separator: " ").count <= 2048)
        let bare = DNSResolution(clusterDNS: [], clusterDomain: "cluster.local", node: node)
        #expect(bare.config(.fixture()).servers == ["1.1.1.1"])
        #expect(bare.resolve(.fixture()).warnings.map(\.reason) == ["MissingClusterDNS"])
        #expect(dns.config(.fixture(["hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet"])).servers == ["10.96.0.10"])
        #expect(dns.config(.fixture(["dnsPolicy": "Default"])) == node)
        let ndots = dns.config(.fixture(["dnsConfig": ["options": [["name": "ndots", "value": "2"], ["name": "edns0"]]]]))
        #expect(ndots.options == ["ndots:2", "edns0"])
        let empty = dns.config(.fixture(["dnsConfig": ["options": [["name": "edns0", "value": ""]]]]))
        #expect(empty.options == ["ndots:5", "edns0"])
        let tooLong = JSONValue.string(String(repeating: "x", count: 254))
        let cut = dns.resolve(.fixture(["dnsConfig": ["searches": [tooLong, "kept.example"]]]))
        #expect(cut.config.searches.last == "kept.example")
        #expect(cut.warnings.map(\.reason) == ["DNSConfigForming"])
    }

    @Test func `a pod's own name may be its full name, as far as the kernel takes it`() {
        let long = String(repeating: "n", count: 40)
        let builder = SandboxConfigBuilder(
            configuration: KubeletConfiguration(nodeName: "node1", nodeAddresses: []),
            dns: DNSResolution(clusterDNS: [], clusterDomain: "cluster.local", node: DNSConfig()))
        func hostname(_ spec: JSONValue) -> (String, Bool) {
            let pod = Pod.fixture(spec)
            let name = builder.build(pod, attempt: 0).hostname
            return (name, HostsFile.refusal(hostname: name, of: pod) == nil)
        }
        #expect(hostname(["hostname": "web-0", "subdomain": "web"]) == ("web-0", true))
        #expect(
            hostname(["hostname": "web-0", "subdomain": "web", "setHostnameAsFQDN": true])
                == ("web-0.web.default.svc.cluster.local", true))
        #expect(hostname(["hostname": .string(long), "subdomain": "web", "setHostnameAsFQDN": true]).1 == false)
        #expect(hostname(["hostname": "web-0", "subdomain": "web", "hostnameOverride": "own.example"]) == ("own.example", true))
    }

    @Test(arguments: [
        ("busybox", "busybox:latest", true, "docker.io"), ("a.io:5000/x/y:1", "a.io:5000/x/y:1", false, "a.io:5000"),
        ("localhost/x:latest", "localhost/x:latest", true, "localhost"),
    ])
    func `image names get their tag`(text: String, name: String, latest: Bool, registry: String) {
        let image = ImageReference(parsing: text)
        #expect(image?.name == name && image?.hasLatestTag == latest && image?.registry == registry)
    }

    @Test(arguments: ["", "UPPER", "a:", "a b", "/x", "x//y", "a@sha256:zz", "-a"])
    func `impossible image names are refused`(text: String) { #expect(ImageReference(parsing: text) == nil) }
}

@Suite struct ProbeStateMachineTests {
    private func machine(_ kind: ProbeStateMachine.Kind) -> ProbeStateMachine {
        var probe = Probe(handler: .exec(command: []))
        probe.failureThreshold = 2
        return ProbeStateMachine(kind: kind, probe: probe)
    }

    private func expect(
        _ machine: inout ProbeStateMachine, _ result: ProbeStateMachine.Result, changes: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let changed = machine.completed(result)
        #expect(changed == changes, sourceLocation: sourceLocation)
    }

    @Test func `liveness starts good and fails after the threshold`() {
        var liveness = machine(.liveness)
        #expect(liveness.verdict == .success)
        expect(&liveness, .failure, changes: false)
        expect(&liveness, .success, changes: false)
        expect(&liveness, .failure, changes: false)
        expect(&liveness, .failure, changes: true)
        #expect(liveness.isDone)
    }

    @Test func `readiness starts bad and comes and goes`() {
        var readiness = machine(.readiness)
        expect(&readiness, .success, changes: true)
        expect(&readiness, .failure, changes: false)
        expect(&readiness, .failure, changes: true)
        #expect(!readiness.isDone)
    }

    @Test func `startup is undecided until it succeeds once`() {
        var startup = machine(.startup)
        #expect(startup.verdict == nil)
        expect(&startup, .success, changes: true)
        #expect(startup.isDone)
    }
}
