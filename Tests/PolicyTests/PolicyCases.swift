import API
import JSON
import NetworkTypes

@testable import Policy

private func deny(_ types: String..., selecting labels: JSONValue = [:]) -> JSONValue {
    ["podSelector": labels, "policyTypes": .array(types.map(JSONValue.string))]
}
private func pods(_ name: String) -> JSONValue { ["podSelector": ["matchLabels": ["pod": .string(name)]]] }
private func space(_ name: String) -> JSONValue { ["namespaceSelector": ["matchLabels": ["ns": .string(name)]]] }
private func block(_ cidr: String, except: String...) -> JSONValue {
    var block: JSONValue = ["cidr": .string(cidr)]
    if !except.isEmpty { block["except"] = .array(except.map(JSONValue.string)) }
    return ["ipBlock": block]
}
private func allow(from peers: JSONValue..., ports: JSONValue? = nil, selecting: JSONValue = [:]) -> JSONValue {
    var rule: JSONValue = [:]
    if !peers.isEmpty { rule["from"] = .array(peers) }
    if let ports { rule["ports"] = ports }
    return ["podSelector": selecting, "ingress": [rule]]
}
private func reach(to peers: JSONValue..., ports: JSONValue? = nil, selecting: JSONValue = [:]) -> JSONValue {
    var rule: JSONValue = [:]
    if !peers.isEmpty { rule["to"] = .array(peers) }
    if let ports { rule["ports"] = ports }
    return ["podSelector": selecting, "policyTypes": ["Egress"], "egress": [rule]]
}

/// Cases of isolation, peers and ports, by the numbers of the rules that they hold.
enum PolicyCases {
    static let isolation: [PolicyCase] = [
        PolicyCase("no policy: all open", [], Ask("x/a", "y/b", true), Ask("y/b", "x/a", 81, .udp, true)),
        PolicyCase(
            "deny ingress", [Model.policy(deny("Ingress"))], Ask("y/b", "x/a", false), Ask("x/b", "x/a", false),
            Ask("x/a", "y/b", true), Ask("x/a", "x/a", true)),
        PolicyCase(
            "deny egress", [Model.policy(deny("Egress"))], Ask("x/a", "y/b", false), Ask("y/b", "x/a", true)),
        PolicyCase(
            "deny both", [Model.policy(deny("Ingress", "Egress"))], Ask("x/a", "y/b", false), Ask("y/b", "x/a", false)),
        PolicyCase(
            "an empty egress list without types isolates ingress alone",
            [Model.policy(["podSelector": [:], "egress": []])], Ask("y/b", "x/a", false), Ask("x/a", "y/b", true)),
        PolicyCase(
            "egress rules without types isolate both", [Model.policy(["podSelector": [:], "egress": [[:]]])],
            Ask("y/b", "x/a", false), Ask("x/a", "y/b", true)),
        PolicyCase(
            "ingress rules under types Egress are ignored",
            [Model.policy(["podSelector": [:], "policyTypes": ["Egress"], "ingress": [["from": [pods("c")]]]])],
            Ask("y/b", "x/a", true), Ask("x/a", "y/b", false)),
        PolicyCase(
            "an empty rule allows everything", [Model.policy(["podSelector": [:], "ingress": [[:]]])], Ask("y/b", "x/a", true)),
        PolicyCase(
            "an empty list of peers is everybody", [Model.policy(["podSelector": [:], "ingress": [["from": []]]])],
            Ask("y/b", "x/a", true), Ask("203.0.113.9", "x/a", true)),
        PolicyCase(
            "an empty list of ports is every port",
            [Model.policy(["podSelector": [:], "ingress": [["ports": [], "from": [pods("b")]]]])],
            Ask("x/b", "x/a", 81, .udp, true), Ask("x/c", "x/a", 81, false)),
        PolicyCase(
            "a selector that matches nobody has no effect",
            [Model.policy(deny("Ingress", selecting: ["matchLabels": ["no": "pod"]]))],
            Ask("y/b", "x/a", true)),
        PolicyCase(
            "a policy stays in its namespace", [Model.policy(deny("Ingress"))], Ask("x/b", "y/a", true), Ask("y/a", "y/b", true)),
        PolicyCase(
            "deny and allow: their union", [Model.policy(deny("Ingress")), Model.policy(allow(from: pods("b")), named: "q")],
            Ask("x/b", "x/a", true), Ask("x/c", "x/a", false)),
        PolicyCase(
            "two policies that each allow a port",
            [
                Model.policy(allow(ports: [["port": 80]])),
                Model.policy(allow(ports: [["port": 81, "protocol": "UDP"]]), named: "q"),
            ], Ask("y/a", "x/a", 80, true), Ask("y/a", "x/a", 81, .udp, true), Ask("y/a", "x/a", 81, false)),
        PolicyCase(
            "allowing everything wins over any number of others",
            [
                Model.policy(deny("Ingress")), Model.policy(allow(from: pods("c")), named: "q"),
                Model.policy(["ingress": [[:]]], named: "r"),
            ],
            Ask("y/a", "x/a", true)),
        PolicyCase(
            "both ends are needed",
            [Model.policy(reach(to: space("y"))), Model.policy(deny("Ingress"), named: "q", in: "y")], Ask("x/a", "y/a", false),
            Ask("x/a", "z/a", false)),
        PolicyCase(
            "the own node is always let in", [Model.policy(deny("Ingress", "Egress"))], Ask("node/node1", "x/a", true),
            Ask("node/node2", "x/a", false), Ask("x/a", "node/node1", true), Ask("x/a", "node/node2", false)),
    ]

    static let peers: [PolicyCase] = [
        PolicyCase(
            "pods of the own namespace", [Model.policy(allow(from: pods("b")))], Ask("x/b", "x/a", true), Ask("y/b", "x/a", false)
        ),
        PolicyCase(
            "all pods of the own namespace", [Model.policy(allow(from: ["podSelector": [:]]))], Ask("x/c", "x/a", true),
            Ask("y/c", "x/a", false)),
        PolicyCase(
            "all namespaces are no outsiders", [Model.policy(allow(from: ["namespaceSelector": [:]]))], Ask("y/c", "x/a", true),
            Ask("203.0.113.9", "x/a", false)),
        PolicyCase(
            "both selectors in one peer",
            [
                Model.policy(
                    allow(from: ["podSelector": ["matchLabels": ["pod": "b"]], "namespaceSelector": ["matchLabels": ["ns": "y"]]])
                )
            ], Ask("y/b", "x/a", true), Ask("y/a", "x/a", false), Ask("x/b", "x/a", false)),
        PolicyCase(
            "two selectors in two peers", [Model.policy(allow(from: pods("b"), space("y")))], Ask("y/a", "x/a", true),
            Ask("x/b", "x/a", true), Ask("z/b", "x/a", false), Ask("x/c", "x/a", false)),
        PolicyCase(
            "expressions, with keys that are not there",
            [
                Model.policy(
                    allow(from: [
                        "podSelector": [
                            "matchExpressions": [
                                ["key": "pod", "operator": "In", "values": ["b", "c"]],
                                ["key": "tier", "operator": "NotIn", "values": ["x"]],
                                ["key": "tier", "operator": "DoesNotExist"],
                                ["key": "pod", "operator": "Exists"],
                            ]
                        ]
                    ]))
            ], Ask("x/b", "x/a", true), Ask("x/a", "x/c", false)),
        PolicyCase(
            "the name label of a namespace",
            [Model.policy(allow(from: ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "z"]]]))],
            Ask("z/a", "x/a", true), Ask("y/a", "x/a", false)),
        PolicyCase(
            "the address of a pod", [Model.policy(allow(from: block("10.244.1.11/32")))], Ask("y/b", "x/a", true),
            Ask("y/a", "x/a", false), Ask("y/b", "x/a", family: .ipv6, false)),
        PolicyCase(
            "a prefix without one pod", [Model.policy(allow(from: block("0.0.0.0/4", except: "10.244.1.11/32")))],
            Ask("y/b", "x/a", false), Ask("y/a", "x/a", true), Ask("203.0.113.9", "x/a", false)),
        PolicyCase(
            "an exception that a second peer allows",
            [Model.policy(allow(from: block("10.244.0.0/16", except: "10.244.1.0/24"), block("10.244.1.11/32")))],
            Ask("y/b", "x/a", true), Ask("y/a", "x/a", false), Ask("z/a", "x/a", true)),
        PolicyCase(
            "an exception that a second policy allows",
            [
                Model.policy(allow(from: block("10.244.0.0/16", except: "10.244.1.0/24"))),
                Model.policy(allow(from: block("10.244.1.0/24", except: "10.244.1.10/32")), named: "q"),
            ], Ask("y/b", "x/a", true), Ask("y/a", "x/a", false)),
        PolicyCase(
            "overlapping prefixes with ports of their own",
            [
                Model.policy([
                    "podSelector": [:],
                    "ingress": [
                        ["from": [block("10.244.0.0/16")], "ports": [["port": 80]]],
                        ["from": [block("10.244.1.0/24")], "ports": [["port": 81]]],
                    ],
                ])
            ], Ask("y/a", "x/a", 80, true), Ask("y/a", "x/a", 81, true), Ask("z/a", "x/a", 81, false)),
        PolicyCase(
            "every v4 address is no v6 address", [Model.policy(allow(from: block("0.0.0.0/0")))], Ask("203.0.113.9", "x/a", true),
            Ask("y/a", "x/a", family: .ipv6, false), Ask("y/a", "x/a", true)),
        PolicyCase(
            "a v6 prefix with an exception", [Model.policy(allow(from: block("fd00::/16", except: "fd00::af4:10b/128")))],
            Ask("y/a", "x/a", family: .ipv6, true), Ask("y/b", "x/a", family: .ipv6, false),
            Ask("y/a", "x/a", family: .ipv4, false)),
    ]

    static let ports: [PolicyCase] = [
        PolicyCase(
            "a number, of TCP by default", [Model.policy(allow(ports: [["port": 80]]))], Ask("y/a", "x/a", 80, true),
            Ask("y/a", "x/a", 81, false), Ask("y/a", "x/a", 80, .udp, false)),
        PolicyCase(
            "a protocol alone", [Model.policy(allow(ports: [["protocol": "UDP"]]))], Ask("y/a", "x/a", 81, .udp, true),
            Ask("y/a", "x/a", 81, false)),
        PolicyCase(
            "a range, both ends included", [Model.policy(allow(ports: [["port": 79, "endPort": 80]]))],
            Ask("y/a", "x/a", 78, false),
            Ask("y/a", "x/a", 79, true), Ask("y/a", "x/a", 80, true), Ask("y/a", "x/a", 81, false)),
        PolicyCase(
            "a range of one port", [Model.policy(allow(ports: [["port": 80, "endPort": 80]]))], Ask("y/a", "x/a", 80, true),
            Ask("y/a", "x/a", 81, false)),
        PolicyCase(
            "a wide range", [Model.policy(allow(ports: [["port": 1000, "endPort": 2000]]))], Ask("y/a", "x/a", 999, false),
            Ask("y/a", "x/a", 1000, true), Ask("y/a", "x/a", 2000, true), Ask("y/a", "x/a", 2001, false)),
        PolicyCase(
            "a name", [Model.policy(allow(ports: [["port": "serve-81-tcp"]]))], Ask("y/a", "x/a", 81, true),
            Ask("y/a", "x/a", 80, false)),
        PolicyCase(
            "a name of another protocol matches nothing", [Model.policy(allow(ports: [["port": "serve-81-udp"]]))],
            Ask("y/a", "x/a", 81, .udp, false), Ask("y/a", "x/a", 81, false)),
        PolicyCase(
            "a name that no pod has", [Model.policy(allow(ports: [["port": "nothing"]]))], Ask("y/a", "x/a", 80, false)),
        PolicyCase(
            "a name in egress, in each destination", [Model.policy(reach(to: space("y"), ports: [["port": "serve-81-tcp"]]))],
            Ask("x/a", "y/a", 81, true), Ask("x/a", "y/a", 80, false), Ask("x/a", "z/a", 81, false)),
        PolicyCase(
            "a name to anybody is one of pods", [Model.policy(allow(ports: [["port": "serve-81-tcp"]], egress: true))],
            Ask("x/a", "z/a", 81, true), Ask("x/a", "203.0.113.9", 81, false)),
        PolicyCase(
            "SCTP opens no TCP", [Model.policy(allow(ports: [["port": 80, "protocol": "SCTP"]]))],
            Ask("y/a", "x/a", 80, .sctp, true),
            Ask("y/a", "x/a", 80, false)),
        PolicyCase(
            "names and numbers together",
            [Model.policy(allow(ports: [["port": "serve-81-tcp"], ["port": 80, "protocol": "UDP"], ["protocol": "SCTP"]]))],
            Ask("y/a", "x/a", 81, true), Ask("y/a", "x/a", 80, .udp, true), Ask("y/a", "x/a", 7, .sctp, true),
            Ask("y/a", "x/a", 80, false)),
    ]

    static let all = isolation + peers + ports
}

private func allow(ports: JSONValue, egress: Bool) -> JSONValue {
    ["podSelector": [:], "policyTypes": ["Egress"], "egress": [["ports": ports]]]
}
