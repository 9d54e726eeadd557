import JSON
import Testing

@testable import API

@Suite struct NetworkingRulesTests {
    private func ingress() throws -> RuleFixture {
        try RuleFixture(
            "networking.k8s.io", "ingresses",
            [
                "spec": [
                    "rules": [
                        [
                            "host": "a.example.com",
                            "http": [
                                "paths": [
                                    [
                                        "path": "/", "pathType": "Prefix",
                                        "backend": ["service": ["name": "web", "port": ["number": 80]]],
                                    ]
                                ]
                            ],
                        ]
                    ]
                ]
            ])
    }

    static let ingresses = [
        RuleCase("spec", [:], "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"),
        RuleCase(
            "spec/rules/0/host", "10.0.0.1",
            "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address"),
        RuleCase("spec/rules/0/http/paths", [], "spec.rules[0].http.paths: Required value"),
        RuleCase(
            "spec/rules/0/http/paths/0/pathType", nil,
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"),
        RuleCase(
            "spec/rules/0/http/paths/0/pathType", "Glob",
            "spec.rules[0].http.paths[0].pathType: Unsupported value: \"Glob\": supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\""
        ),
        RuleCase(
            "spec/rules/0/http/paths/0/path", "a//b/..",
            "spec.rules[0].http.paths[0].path: Invalid value: \"a//b/..\": must be an absolute path",
            "spec.rules[0].http.paths[0].path: Invalid value: \"a//b/..\": must not contain '//'",
            "spec.rules[0].http.paths[0].path: Invalid value: \"a//b/..\": cannot end with '/..'"),
        RuleCase(
            "spec/rules/0/http/paths/0/backend", [:],
            "spec.rules[0].http.paths[0].backend: Invalid value: \"\": resource or service backend is required"),
        RuleCase(
            "spec/defaultBackend", ["service": ["name": "web", "port": ["name": "http", "number": 80]]],
            "spec.defaultBackend: Invalid value: \"\": cannot set both port name & port number"),
        RuleCase(
            "spec/defaultBackend", ["resource": ["apiGroup": "x.io", "kind": "", "name": "a"]],
            "spec.defaultBackend.resource.kind: Required value"),
        RuleCase("spec/rules/0/host", "*.example.com"),
    ]

    @Test(arguments: ingresses)
    func `refuses an ingress with upstream's causes`(entry: RuleCase) throws {
        #expect(try ingress().creating(entry.changes) == entry.errors)
    }

    @Test func `prints an ingress`() throws {
        let cells = try ingress().cells([
            Change("status", ["loadBalancer": ["ingress": [["ip": "192.0.2.1"], ["hostname": "lb"]]]]),
            Change("spec/tls", [["hosts": ["a.example.com"]]]), Change("spec/ingressClassName", "nginx"),
        ])
        #expect(cells == ["sample", "nginx", "a.example.com", "192.0.2.1,lb", "80, 443", "5m"])
    }

    private func policy() throws -> RuleFixture {
        try RuleFixture(
            "networking.k8s.io", "networkpolicies",
            [
                "spec": [
                    "podSelector": [:],
                    "ingress": [["ports": [["port": 80]], "from": [["ipBlock": ["cidr": "10.0.0.0/8"]]]]],
                ]
            ])
    }

    @Test func `a network policy is filled`() throws {
        let spec = try policy().made()["spec"]
        #expect(spec?["policyTypes"] == ["Ingress"] && spec?["ingress"]?[0]?["ports"]?[0]?["protocol"] == "TCP")
        let egress = try RuleFixture("networking.k8s.io", "networkpolicies", ["spec": ["podSelector": [:], "egress": [[:]]]])
        #expect(egress.made()["spec"]?["policyTypes"] == ["Ingress", "Egress"])
    }

    static let policies = [
        RuleCase(
            "spec/ingress/0/ports/0", ["port": 80, "endPort": 70],
            "spec.ingress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`"),
        RuleCase(
            "spec/ingress/0/ports/0", ["endPort": 70],
            "spec.ingress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is not specified"),
        RuleCase("spec/ingress/0/from/0", [:], "spec.ingress[0].from[0]: Required value: must specify a peer"),
        RuleCase(
            "spec/ingress/0/from/0/podSelector", [:],
            "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"),
        RuleCase(
            "spec/ingress/0/from/0/ipBlock/cidr", "10.0.0.0/33",
            "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"10.0.0.0/33\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
        ),
        RuleCase(
            "spec/ingress/0/from/0/ipBlock/except", ["11.0.0.0/16", "10.0.0.0/8", "10.1.0.0/16"],
            "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`",
            "spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`"),
        RuleCase(
            "spec/policyTypes", ["Both"],
            "spec.policyTypes[0]: Unsupported value: \"Both\": supported values: \"Ingress\", \"Egress\""),
    ]

    @Test(arguments: policies)
    func `refuses a network policy with upstream's causes`(entry: RuleCase) throws {
        #expect(try policy().creating(entry.changes) == entry.errors)
    }

    @Test func `an ingress class keeps its controller`() throws {
        let fixture = try RuleFixture(
            "networking.k8s.io", "ingressclasses",
            ["spec": ["controller": "example.com/a", "parameters": ["apiGroup": "k.io", "kind": "P", "name": "p"]]])
        #expect(fixture.made()["spec"]?["parameters"]?["scope"] == "Cluster")
        #expect(
            fixture.updating([Change("spec/controller", "example.com/b")]) == [
                "spec.controller: Invalid value: \"example.com/b\": field is immutable"
            ])
        #expect(
            fixture.creating([Change("spec/parameters/scope", "Namespace")]) == [
                "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"
            ])
        #expect(fixture.cells() == ["sample", "example.com/a", "P.k.io/p", "5m"])
    }

    @Test func `addresses and ranges are canonical`() throws {
        let address = try RuleFixture(
            "networking.k8s.io", "ipaddresses",
            [
                "metadata": ["name": "2001:db8::1"],
                "spec": ["parentRef": ["resource": "services", "namespace": "default", "name": "web"]],
            ])
        #expect(address.creating([]) == [])
        #expect(
            address.creating([Change("metadata/name", "2001:DB8::1")]) == [
                "metadata.name: Invalid value: \"2001:DB8::1\": must be in canonical form (\"2001:db8::1\")"
            ])
        #expect(address.creating([Change("spec/parentRef", nil)]) == ["spec.parentRef: Required value"])
        #expect(address.cells() == ["2001:db8::1", "services/default/web", "5m"])
        let range = try RuleFixture("networking.k8s.io", "servicecidrs", ["spec": ["cidrs": ["10.0.0.0/24"]]])
        #expect(
            range.creating([Change("spec/cidrs", ["10.0.0.1/24"])]) == [
                "spec.cidrs[0]: Invalid value: \"10.0.0.1/24\": must not have bits set beyond the prefix length"
            ])
        #expect(range.updating([Change("spec/cidrs", ["10.0.0.0/24", "2001:db8::/64"])]) == [])
        #expect(
            range.updating([Change("spec/cidrs", ["10.0.1.0/24"])]) == [
                "spec.cidrs[0]: Invalid value: \"10.0.1.0/24\": field is immutable"
            ])
    }

    private func slice() throws -> RuleFixture {
        try RuleFixture(
            "discovery.k8s.io", "endpointslices",
            [
                "addressType": "IPv4", "endpoints": [["addresses": ["10.0.0.1"], "deprecatedTopology": ["a": "b"]]],
                "ports": [["port": 80]],
            ])
    }

    static let slices = [
        RuleCase("addressType", nil, "addressType: Required value"),
        RuleCase("addressType", "IPX", "addressType: Unsupported value: \"IPX\": supported values: \"FQDN\", \"IPv4\", \"IPv6\""),
        RuleCase("endpoints/0/addresses", [], "endpoints[0].addresses: Required value: must contain at least 1 address"),
        RuleCase(
            "endpoints/0/addresses", ["127.0.0.1", "x"],
            "endpoints[0].addresses[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
            "endpoints[0].addresses[1]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        RuleCase(
            "endpoints/0/hints", ["forZones": [["name": "a"], ["name": "a"]]],
            "endpoints[0].hints.forZones[1].name: Duplicate value: \"a\""),
        RuleCase(
            "ports", [["name": "a"], ["name": "a", "protocol": "ICMP"]],
            "ports[1].name: Duplicate value: \"a\"",
            "ports[1].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\""),
    ]

    @Test(arguments: slices)
    func `refuses an endpoint slice with upstream's causes`(entry: RuleCase) throws {
        #expect(try slice().creating(entry.changes) == entry.errors)
    }

    @Test func `an endpoint slice drops old topology and keeps its type`() throws {
        let fixture = try slice()
        let made = fixture.made()
        #expect(made["endpoints"]?[0]?["deprecatedTopology"] == nil)
        #expect(made["ports"]?[0] == ["port": 80, "name": "", "protocol": "TCP"])
        #expect(
            fixture.updating([Change("addressType", "IPv6"), Change("endpoints", [])]) == [
                "addressType: Invalid value: \"IPv6\": field is immutable"
            ])
        #expect(fixture.cells() == ["sample", "IPv4", "80", "10.0.0.1", "5m"])
    }
}
