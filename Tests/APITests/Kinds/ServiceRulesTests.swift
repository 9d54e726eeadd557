import JSON
import Testing

@testable import API

@Suite struct ServiceRulesTests {
    private static let port: JSONValue = ["port": 80]

    /// A specification before defaults, and every cause it gives.
    static let cases: [(JSONValue, [String])] = [
        (["ports": [port]], []),
        ([:], ["spec.ports: Required value"]),
        (["type": "ExternalName", "externalName": "a.example."], []),
        (["type": "ExternalName"], ["spec.externalName: Required value"]),
        (
            ["type": "ExternalName", "externalName": "a", "clusterIP": "10.0.0.1", "ipFamilyPolicy": "SingleStack"],
            [
                "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
                "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
            ]
        ),
        (
            ["type": "NodePort", "clusterIP": "None", "ports": [port]],
            ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"]
        ),
        (
            ["ports": [["port": 80, "nodePort": 30000], ["port": 80, "name": "a", "appProtocol": "a b"]]],
            [
                "spec.ports[0].name: Required value",
                "spec.ports[1].appProtocol: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or "
                    + "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
                    + "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
                "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
                "spec.ports[1]: Duplicate value: "
                    + "{\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}",
            ]
        ),
        (
            [
                "ports": [port], "externalIPs": ["127.0.0.1", "x"], "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 0]],
            ],
            [
                "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400",
                "spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
                "spec.externalIPs[1]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            ]
        ),
        (
            ["ports": [port], "clusterIPs": ["10.0.0.1"]],
            ["spec.clusterIPs: Invalid value: [\"10.0.0.1\"]: must be empty when `clusterIP` is not specified"]
        ),
        (
            ["ports": [port], "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "10.0.0.2"], "ipFamilies": ["IPv6", "IPv6"]],
            [
                "spec.ipFamilies[1]: Duplicate value: \"IPv6\"",
                "spec.clusterIPs: Invalid value: [\"10.0.0.1\",\"10.0.0.2\"]: may specify no more than one IP for each IP family",
                "spec.clusterIPs[0]: Invalid value: \"10.0.0.1\": expected an IPv6 value as indicated by `ipFamilies[0]`",
                "spec.clusterIPs[1]: Invalid value: \"10.0.0.2\": expected an IPv6 value as indicated by `ipFamilies[1]`",
            ]
        ),
        (
            ["ports": [port], "ipFamilies": ["IPv5"], "ipFamilyPolicy": "Both"],
            [
                "spec.ipFamilies[0]: Unsupported value: \"IPv5\": supported values: \"IPv4\", \"IPv6\"",
                "spec.ipFamilyPolicy: Unsupported value: \"Both\": supported values: \"PreferDualStack\", \"RequireDualStack\", "
                    + "\"SingleStack\"",
            ]
        ),
        (
            [
                "ports": [port], "loadBalancerSourceRanges": ["10.0.0.0/8 "], "loadBalancerClass": "a/b",
                "externalTrafficPolicy": "Local",
            ],
            [
                "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
                "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
                "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services",
            ]
        ),
        (
            [
                "type": "LoadBalancer", "ports": [port], "loadBalancerSourceRanges": ["10.0.0.1/8", "x"],
                "healthCheckNodePort": 30001,
            ],
            [
                "spec.LoadBalancerSourceRanges[0]: Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix length",
                "spec.LoadBalancerSourceRanges[1]: Invalid value: \"x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or "
                    + "2001:db8::/64)",
                "spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and "
                    + "`externalTrafficPolicy` is 'Local'",
            ]
        ),
        (
            ["type": "Other", "ports": [port], "trafficDistribution": "Near", "internalTrafficPolicy": "Both"],
            [
                "spec.type: Unsupported value: \"Other\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", "
                    + "\"NodePort\"",
                "spec.internalTrafficPolicy: Unsupported value: \"Both\": supported values: \"Cluster\", \"Local\"",
                "spec.trafficDistribution: Unsupported value: \"Near\": supported values: \"PreferClose\", \"PreferSameZone\", "
                    + "\"PreferSameNode\"",
            ]
        ),
    ]

    @Test(arguments: cases.indices)
    func `judges a new service as upstream`(index: Int) throws {
        let (spec, causes) = Self.cases[index]
        let kind = try KindSamples.kind("services")
        var service = try KindSamples.service(spec)
        kind.prepareForCreate(&service)
        #expect(kind.causes(service) == causes)
    }

    private func stored(_ spec: JSONValue) throws -> JSONValue {
        var service = try KindSamples.service(spec)
        try KindSamples.kind("services").prepareForCreate(&service)
        return service
    }

    private func updated(_ spec: JSONValue, over old: JSONValue) throws -> (JSONValue, [String]) {
        let kind = try KindSamples.kind("services")
        var new = try KindSamples.service(spec)
        kind.prepareForUpdate(new: &new, old: old)
        return (new["spec"] ?? [:], kind.causes(new, old))
    }

    @Test func `keeps what was allocated and drops what a new type does not need`() throws {
        let old = try stored([
            "type": "LoadBalancer", "clusterIP": "10.0.0.9", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
            "externalTrafficPolicy": "Local", "healthCheckNodePort": 30009,
            "ports": [["name": "http", "port": 80, "nodePort": 30080]],
        ])
        let (same, none) = try updated(
            ["type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [["name": "http", "port": 81]]], over: old)
        #expect(none == [])
        #expect(same["clusterIPs"] == ["10.0.0.9"])
        #expect(same["healthCheckNodePort"] == 30009)
        #expect(same["ports"]?[0]?["nodePort"] == 30080)
        let repeated = (old["spec"] ?? [:])
        var plain = repeated
        plain["type"] = "ClusterIP"
        let (cluster, fine) = try updated(plain, over: old)
        #expect(fine == [])
        for name in ["healthCheckNodePort", "allocateLoadBalancerNodePorts", "externalTrafficPolicy"] {
            #expect(cluster[name] == nil, "\(name)")
        }
        #expect(cluster["ports"]?[0]?["nodePort"] == nil)
        #expect(cluster["clusterIP"] == "10.0.0.9")
        var name = repeated
        name["type"] = "ExternalName"
        name["externalName"] = "a.example"
        let (external, good) = try updated(name, over: old)
        #expect(good == [])
        #expect(external["clusterIP"] == nil)
        #expect(external["ipFamilies"] == nil)
    }

    @Test func `addresses and families stay once set`() throws {
        let old = try stored([
            "clusterIP": "10.0.0.9", "clusterIPs": ["10.0.0.9", "fd00::9"], "ipFamilies": ["IPv4", "IPv6"],
            "ipFamilyPolicy": "RequireDualStack", "ports": [Self.port],
        ])
        #expect(
            try updated(["clusterIP": "10.0.0.8", "clusterIPs": ["10.0.0.8"], "ports": [Self.port]], over: old).1 == [
                "spec.clusterIPs[0]: Invalid value: [\"10.0.0.8\"]: may not change once set",
                "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be set to 'SingleStack' when releasing the "
                    + "secondary clusterIP",
            ])
        #expect(
            try updated(
                ["clusterIP": "10.0.0.9", "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack", "ports": [Self.port]],
                over: old
            )
            .1 == [
                "spec.ipFamilies[0]: Invalid value: [\"10.0.0.9\",\"fd00::9\"]: may not change once set",
                "spec.clusterIPs[0]: Invalid value: \"10.0.0.9\": expected an IPv6 value as indicated by `ipFamilies[0]`",
            ])
        #expect(
            try updated(
                [
                    "clusterIP": "10.0.0.9", "clusterIPs": ["10.0.0.9"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
                    "ports": [Self.port],
                ], over: old
            ).1 == [])
    }

    @Test func `a status has addresses only for a load balancer`() throws {
        let kind = try KindSamples.kind("services")
        var plain = try KindSamples.service(["ports": [Self.port]])
        plain["status"] = ["loadBalancer": ["ingress": [["ip": "1.2.3.4"]]]]
        #expect(
            kind.validateStatusUpdate(new: plain, old: plain).map(\.description) == [
                "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"
            ])
        var balanced = try KindSamples.service(["type": "LoadBalancer", "ports": [Self.port]])
        balanced["status"] = ["loadBalancer": ["ingress": [["ip": "1.2.3.4"], ["hostname": "1.2.3.4", "ipMode": "VIP"]]]]
        kind.applyDefaults(&balanced)
        #expect(
            kind.validateStatusUpdate(new: balanced, old: plain).map(\.description) == [
                "status.loadBalancer.ingress[1].ipMode: Forbidden: may not be specified when `ip` is not set",
                "status.loadBalancer.ingress[1].hostname: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address",
            ])
    }

    @Test func `shows where a service is reached`() {
        func external(_ spec: JSONValue, _ ingress: [JSONValue] = []) -> JSONValue {
            ServiceRules().cells(
                ["metadata": ["name": "s"], "spec": spec, "status": ["loadBalancer": ["ingress": .array(ingress)]]],
                now: CellsTests.now)[3]
        }
        #expect(external(["type": "LoadBalancer"]) == "<pending>")
        #expect(
            external(["type": "LoadBalancer", "externalIPs": ["9.9.9.9"]], [["ip": "2.2.2.2"], ["ip": "1.1.1.1"]])
                == "1.1.1.1,2.2.2.2,9.9.9.9")
        #expect(external(["type": "ExternalName", "externalName": "a.example"]) == "a.example")
        #expect(external(["type": "ClusterIP"]) == "<none>")
        #expect(external(["type": "Other"]) == "<unknown>")
    }

    @Test func `warns of what will not work`() throws {
        let rules = try KindSamples.kind("services").rules
        let service = try KindSamples.service(["clusterIP": "None", "externalIPs": ["1.2.3.4"], "sessionAffinity": "ClientIP"])
        #expect(
            rules.warnings(service, isNew: true) == [
                "spec.externalIPs is ignored for headless services", "spec.SessionAffinity is ignored for headless services",
            ])
        let near = try KindSamples.service(["ports": [Self.port], "trafficDistribution": "PreferClose", "externalName": "x"])
        #expect(
            rules.warnings(near, isNew: false) == [
                "spec.externalName is ignored when spec.type is not \"ExternalName\"",
                "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
            ])
    }
}
