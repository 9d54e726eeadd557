import JSON
import Testing

@testable import API

@Suite struct PodDefaultsTests {
    /// Members of a pod's specification as written, and members that must come out.
    static let trees: [(JSONValue, JSONValue)] = [
        (
            ["hostNetwork": true, "containers": [["name": "a", "image": "x", "ports": [["containerPort": 80]]]]],
            [
                "containers": [
                    [
                        "name": "a", "image": "x", "ports": [["containerPort": 80, "protocol": "TCP", "hostPort": 80]],
                        "imagePullPolicy": "Always", "terminationMessagePath": "/dev/termination-log",
                        "terminationMessagePolicy": "File", "resources": [:],
                    ]
                ]
            ]
        ),
        (
            [
                "volumes": [
                    ["name": "r", "rbd": ["monitors": ["m"], "image": "i"]], ["name": "s", "secret": ["secretName": "s"]],
                    ["name": "h", "hostPath": ["path": "/"]], ["name": "i", "image": ["reference": "a:1"]],
                    ["name": "p", "projected": ["sources": [["serviceAccountToken": ["path": "t"]]]]],
                    ["name": "a", "azureDisk": ["diskName": "d", "diskURI": "u"]],
                ]
            ],
            [
                "volumes": [
                    [
                        "name": "r",
                        "rbd": ["monitors": ["m"], "image": "i", "pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"],
                    ], ["name": "s", "secret": ["secretName": "s", "defaultMode": 420]],
                    ["name": "h", "hostPath": ["path": "/", "type": ""]],
                    ["name": "i", "image": ["reference": "a:1", "pullPolicy": "IfNotPresent"]],
                    [
                        "name": "p",
                        "projected": [
                            "sources": [["serviceAccountToken": ["path": "t", "expirationSeconds": 3600]]], "defaultMode": 420,
                        ],
                    ],
                    [
                        "name": "a",
                        "azureDisk": [
                            "diskName": "d", "diskURI": "u", "cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": false,
                            "kind": "Shared",
                        ],
                    ],
                ]
            ]
        ),
        (
            [
                "resources": ["limits": ["cpu": "2"]],
                "containers": [["name": "a", "image": "x", "resources": ["requests": ["memory": "1Gi"]]]],
            ],
            ["resources": ["limits": ["cpu": "2"], "requests": ["cpu": "2", "memory": "1Gi"]]]
        ),
        (
            ["ephemeralContainers": [["name": "e", "image": "x:1"]]],
            [
                "ephemeralContainers": [
                    [
                        "name": "e", "image": "x:1", "imagePullPolicy": "IfNotPresent",
                        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": [:],
                    ]
                ]
            ]
        ),
    ]

    @Test(arguments: trees.indices)
    func `fills what is left out, once`(index: Int) throws {
        let (members, expected) = Self.trees[index]
        var pod = KindSamples.metadata("Pod")
        pod["spec"] = ["containers": [KindSamples.container]]
        for member in members.object?.members ?? [] { pod[path: ["spec", member.key]] = member.value }
        let kind = try KindSamples.kind("pods")
        kind.applyDefaults(&pod)
        for member in expected.object?.members ?? [] { #expect(pod["spec"]?[member.key] == member.value, "\(member.key)") }
        let once = pod
        kind.applyDefaults(&pod)
        #expect(pod == once)
    }

    @Test func `a template gets neither host ports nor service links`() throws {
        let kind = try #require(Catalog.kind(GroupVersionResource(group: "", version: "v1", resource: "podtemplates")))
        var object = KindSamples.metadata("PodTemplate")
        object["template"] = [
            "spec": ["hostNetwork": true, "containers": [["name": "a", "image": "x", "ports": [["containerPort": 80]]]]]
        ]
        kind.applyDefaults(&object)
        let spec = object["template"]?["spec"]
        #expect(spec?["enableServiceLinks"] == nil)
        #expect(spec?["containers"]?[0]?["ports"] == [["containerPort": 80, "protocol": "TCP"]])
        #expect(spec?["terminationGracePeriodSeconds"] == 30)
        #expect(kind.causes(object) == [])
    }

    @Test func `members of features that are off are dropped`() throws {
        let kind = try KindSamples.kind("pods")
        var pod = try KindSamples.pod(
            KindCase("spec.schedulingGroup", ["podGroupName": "g"]),
            KindCase(
                "spec.volumes",
                [["name": "p", "projected": ["sources": [["clusterTrustBundle": ["name": "b", "path": "b"]]]]]]))
        kind.prepareForCreate(&pod)
        #expect(pod["spec"]?["schedulingGroup"] == nil)
        #expect(pod["spec"]?["volumes"]?[0]?["projected"]?["sources"] == [[:]])
    }

    @Test func `an old AppArmor annotation becomes a field`() throws {
        let kind = try KindSamples.kind("pods")
        var pod = try KindSamples.pod(
            KindCase("metadata.annotations", ["container.apparmor.security.beta.kubernetes.io/a": "localhost/x"]))
        kind.prepareForCreate(&pod)
        #expect(
            pod["spec"]?["containers"]?[0]?["securityContext"] == [
                "appArmorProfile": ["type": "Localhost", "localhostProfile": "x"]
            ])
        #expect(kind.causes(pod) == [])
    }

    @Test func `warns of what is valid and wrong`() throws {
        let pod = try KindSamples.podWithContainer(
            [
                "env": [["name": "A", "value": "1"], ["name": "A", "value": "2"]],
                "ports": [["containerPort": 80], ["containerPort": 80]],
            ],
            KindCase("metadata.name", "a.b"), KindCase("spec.nodeSelector", ["beta.kubernetes.io/os": "linux"]),
            KindCase("spec.volumes", [["name": "g", "gitRepo": ["repository": "r"]]]),
            KindCase("spec.imagePullSecrets", [["name": "s"], ["name": "s"]]), KindCase("spec.overhead", ["memory": "1500m"]))
        let rules = try KindSamples.kind("pods").rules
        #expect(
            rules.warnings(pod, isNew: true) == [
                "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is "
                    + "recommended: [a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
                    + "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')]",
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                "spec.volumes[0].gitRepo: deprecated in v1.11", "spec.imagePullSecrets[1].name: duplicate name \"s\"",
                "spec.overhead[memory]: fractional byte value \"1500m\" is invalid, must be an integer",
                "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
                "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
            ])
        #expect(rules.warnings(pod, isNew: false) == [])
    }
}
