import API
import JSON
import Testing

@testable import APIServer

@Suite struct AdmissionStepTests {
    private func named(_ name: String, _ members: JSONValue = [:], namespace: String = "") -> JSONValue {
        var object = members
        object[path: ["metadata", "name"]] = .string(name)
        if !namespace.isEmpty { object[path: ["metadata", "namespace"]] = .string(namespace) }
        return object
    }

    // MARK: NamespaceLifecycle

    @Test(arguments: [
        ("Active", 0, ""),
        (
            "Terminating", 403,
            "configmaps \"c\" is forbidden: unable to create new content in namespace team because it is being terminated"
        ),
        ("", 404, "namespaces \"team\" not found"),
    ])
    func `objects go into namespaces that are there and stay`(phase: String, code: Int, message: String) throws {
        let namespaces = phase.isEmpty ? [] : [(Namespace.resource, named("team", ["status": ["phase": .string(phase)]]))]
        let object = named("c", namespace: "team")
        let verdict = try ask(
            NamespaceLifecycle(), resource("configmaps"), object, in: MemoryAdmissionView(namespaces))
        #expect(verdict == (code == 0 ? .admitted(object) : .refused(code, message)))
    }

    @Test func `what is in a namespace that ends may still be changed and deleted`() throws {
        let view = MemoryAdmissionView([(Namespace.resource, named("team", ["status": ["phase": "Terminating"]]))])
        let object = named("c", namespace: "team")
        #expect(try ask(NamespaceLifecycle(), .update, resource("configmaps"), object, old: object, in: view).message == "")
        #expect(try ask(NamespaceLifecycle(), .delete, resource("configmaps"), .null, old: object, in: view).message == "")
    }

    @Test(arguments: ["default", "kube-system", "kube-public"])
    func `three namespaces stay for ever`(name: String) throws {
        #expect(
            try ask(NamespaceLifecycle(), .delete, Namespace.resource, .null, old: named(name))
                == .refused(403, "namespaces \"\(name)\" is forbidden: this namespace may not be deleted"))
        #expect(try ask(NamespaceLifecycle(), .delete, Namespace.resource, .null, old: named("kube-node-lease")).message == "")
    }

    // MARK: ServiceAccount

    private func account(_ members: JSONValue = [:], _ name: String = "default") -> (GroupVersionResource, JSONValue) {
        (ServiceAccount.resource, named(name, members, namespace: "team"))
    }

    @Test(
        arguments: [
            (nil, nil, true), (nil, false, false), (nil, true, true), (false, nil, false), (false, true, true),
            (true, false, false),
        ] as [(Bool?, Bool?, Bool)])
    func `a token is mounted unless the account, or over it the pod, says no`(
        inAccount: Bool?, inPod: Bool?, mounts: Bool
    ) throws {
        var members: JSONValue = [:]
        if let inAccount { members["automountServiceAccountToken"] = .bool(inAccount) }
        var spec: JSONValue = [:]
        if let inPod { spec["automountServiceAccountToken"] = .bool(inPod) }
        let object = try ask(
            ServiceAccountAdmission(), Pod.resource, pod(spec), in: MemoryAdmissionView([account(members)])
        ).object
        #expect(object["spec"]?["serviceAccountName"] == "default" && object["spec"]?["serviceAccount"] == "default")
        #expect((object["spec"]?["volumes"]?[0]?["name"] == "kube-api-access-abcde") == mounts)
        #expect((object["spec"]?["containers"]?[0]?["volumeMounts"]?[0]?["readOnly"] == true) == mounts)
    }

    @Test func `pull secrets of the account are taken by pods without their own`() throws {
        let view = MemoryAdmissionView([account(["imagePullSecrets": [["name": "registry"]]])])
        let plain = try ask(ServiceAccountAdmission(), Pod.resource, pod(), in: view).object
        #expect(plain["spec"]?["imagePullSecrets"] == [["name": "registry"]])
        let own = try ask(
            ServiceAccountAdmission(), Pod.resource, pod(["imagePullSecrets": [["name": "mine"]]]), in: view
        ).object
        #expect(own["spec"]?["imagePullSecrets"] == [["name": "mine"]])
    }

    @Test func `an account that is absent, or does not reference a secret, is refused`() throws {
        #expect(
            try ask(ServiceAccountAdmission(), Pod.resource, pod(["serviceAccountName": "ghost"])).message
                == "pods \"p\" is forbidden: error looking up service account team/ghost: serviceaccount \"ghost\" not found")
        let strict = account([
            "metadata": ["annotations": ["kubernetes.io/enforce-mountable-secrets": "true"]], "secrets": [["name": "known"]],
        ])
        let view = MemoryAdmissionView([strict])
        let volume: JSONValue = ["volumes": [["name": "v", "secret": ["secretName": "other"]]]]
        #expect(
            try ask(ServiceAccountAdmission(), Pod.resource, pod(volume), in: view).message
                == "pods \"p\" is forbidden: volume with secret.secretName=\"other\" is not allowed because service account "
                + "default does not reference that secret")
        let env: JSONValue = ["env": [["name": "E", "valueFrom": ["secretKeyRef": ["name": "other", "key": "k"]]]]]
        #expect(
            try ask(ServiceAccountAdmission(), Pod.resource, pod(container: env), in: view).message
                == "pods \"p\" is forbidden: container c with envVar E referencing secret.secretName=\"other\" is not allowed "
                + "because service account default does not reference that secret")
    }

    @Test func `a mirror pod stays as it is and names no account`() throws {
        let mirror = pod(metadata: ["annotations": ["kubernetes.io/config.mirror": "x"]])
        #expect(try ask(ServiceAccountAdmission(), Pod.resource, mirror) == .admitted(mirror))
        var wrong = mirror
        wrong[path: ["spec", "serviceAccountName"]] = "default"
        #expect(
            try ask(ServiceAccountAdmission(), Pod.resource, wrong)
                == .refused(403, "pods \"p\" is forbidden: a mirror pod may not reference service accounts"))
    }

    // MARK: Priority

    private let classes = MemoryAdmissionView([
        (PriorityAdmission.classes, ["metadata": ["name": "high"], "value": 1000, "preemptionPolicy": "Never"]),
        (
            PriorityAdmission.classes,
            ["metadata": ["name": "usual"], "value": 7, "globalDefault": true, "preemptionPolicy": "PreemptLowerPriority"]
        ),
    ])

    @Test(
        arguments: [
            ([:], ["priority": 7, "priorityClassName": "usual", "preemptionPolicy": "PreemptLowerPriority"]),
            (
                ["priorityClassName": "high"], ["priorityClassName": "high", "priority": 1000, "preemptionPolicy": "Never"]
            ),
            (
                ["priorityClassName": "system-node-critical"],
                [
                    "priorityClassName": "system-node-critical", "priority": 2_000_001_000,
                    "preemptionPolicy": "PreemptLowerPriority",
                ]
            ),
        ] as [(JSONValue, JSONValue)])
    func `a class gives its number and its policy`(given: JSONValue, expected: JSONValue) throws {
        var spec = try ask(PriorityAdmission(), Pod.resource, pod(given), in: classes).object["spec"] ?? [:]
        spec["containers"] = nil
        #expect(spec == expected)
    }

    @Test(
        arguments: [
            (["priorityClassName": "none"], "no PriorityClass with name none was found"),
            (
                ["priorityClassName": "high", "priority": 5],
                "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 "
                    + "from the given PriorityClass name"
            ),
            (
                ["priorityClassName": "high", "preemptionPolicy": "PreemptLowerPriority"],
                "the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission "
                    + "controller computed Never from the given PriorityClass name"
            ),
        ] as [(JSONValue, String)])
    func `what contradicts the class is refused`(given: JSONValue, why: String) throws {
        #expect(
            try ask(PriorityAdmission(), Pod.resource, pod(given), in: classes)
                == .refused(403, "pods \"p\" is forbidden: \(why)"))
    }

    @Test func `there is one default class`() throws {
        let second: JSONValue = ["metadata": ["name": "second"], "value": 1, "globalDefault": true]
        #expect(
            try ask(PriorityAdmission(), PriorityAdmission.classes, second, in: classes).message
                == "priorityclasses.scheduling.k8s.io \"second\" is forbidden: PriorityClass usual is already marked as "
                + "default. Only one default can exist")
    }

    // MARK: Tolerations and taints

    @Test func `pods tolerate a node that is away for five minutes, or as long as they say`() throws {
        let plain = try ask(DefaultTolerationSeconds(), Pod.resource, pod()).object
        let added: (String) -> JSONValue = {
            ["key": .string($0), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300]
        }
        #expect(
            plain["spec"]?["tolerations"]
                == .array([added("node.kubernetes.io/not-ready"), added("node.kubernetes.io/unreachable")]))
        let own: JSONValue = [["key": "node.kubernetes.io/not-ready", "operator": "Exists"]]
        let mixed = try ask(DefaultTolerationSeconds(), Pod.resource, pod(["tolerations": own])).object
        #expect(mixed["spec"]?["tolerations"]?.array?.count == 2)
        let all: JSONValue = [["operator": "Exists"]]
        #expect(
            try ask(DefaultTolerationSeconds(), Pod.resource, pod(["tolerations": all])).object["spec"]?["tolerations"] == all)
    }

    @Test func `a new node is tainted until it is ready`() throws {
        let tainted = try ask(TaintNodesByCondition(), Node.resource, named("n")).object
        #expect(tainted["spec"]?["taints"] == [["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"]])
        #expect(try ask(TaintNodesByCondition(), Node.resource, tainted).object == tainted)
    }

    // MARK: RuntimeClass

    private let runtimes = MemoryAdmissionView([
        (
            RuntimeClassAdmission.classes,
            [
                "metadata": ["name": "vm"], "handler": "kata", "overhead": ["podFixed": ["cpu": "250m"]],
                "scheduling": ["nodeSelector": ["vm": "yes"], "tolerations": [["key": "vm", "operator": "Exists"]]],
            ]
        ), (RuntimeClassAdmission.classes, ["metadata": ["name": "plain"], "handler": "runc"]),
    ])

    @Test func `a runtime class gives overhead, selector and tolerations`() throws {
        let given = pod([
            "runtimeClassName": "vm", "nodeSelector": ["a": "b"],
            "tolerations": [["key": "vm", "operator": "Equal", "value": "x"], ["key": "other", "operator": "Exists"]],
        ])
        let spec = try ask(RuntimeClassAdmission(), Pod.resource, given, in: runtimes).object["spec"] ?? [:]
        #expect(spec["overhead"] == ["cpu": "250m"])
        #expect(spec["nodeSelector"] == ["a": "b", "vm": "yes"])
        #expect(spec["tolerations"] == [["key": "other", "operator": "Exists"], ["key": "vm", "operator": "Exists"]])
    }

    @Test(
        arguments: [
            (["runtimeClassName": "none"], "pod rejected: RuntimeClass \"none\" not found"),
            (
                ["runtimeClassName": "vm", "overhead": ["cpu": "1"]],
                "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
            ),
            (
                ["overhead": ["cpu": "1"]],
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
            ),
            (
                ["runtimeClassName": "vm", "nodeSelector": ["vm": "no"]],
                "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no"
            ),
        ] as [(JSONValue, String)])
    func `a pod that contradicts its runtime class is refused`(spec: JSONValue, why: String) throws {
        #expect(
            try ask(RuntimeClassAdmission(), Pod.resource, pod(spec), in: runtimes)
                == .refused(403, "pods \"p\" is forbidden: \(why)"))
    }

    // MARK: Storage, Ingress, labels

    @Test func `a claim without a class gets the newest default one`() throws {
        func storageClass(_ name: String, _ created: String, _ isDefault: Bool) -> (GroupVersionResource, JSONValue) {
            (
                DefaultStorageClass.classes,
                [
                    "metadata": [
                        "name": .string(name), "creationTimestamp": .string(created),
                        "annotations": ["storageclass.kubernetes.io/is-default-class": .string(String(isDefault))],
                    ]
                ]
            )
        }
        let view = MemoryAdmissionView([
            storageClass("old", "2026-01-01T00:00:00Z", true), storageClass("new", "2026-02-01T00:00:00Z", true),
            storageClass("other", "2026-03-01T00:00:00Z", false),
        ])
        let claim = named("c", ["spec": [:]], namespace: "team")
        let filled = try ask(DefaultStorageClass(), PersistentVolumeClaim.resource, claim, in: view).object
        #expect(filled["spec"]?["storageClassName"] == "new")
        let none = named("c", ["spec": ["storageClassName": ""]], namespace: "team")
        #expect(try ask(DefaultStorageClass(), PersistentVolumeClaim.resource, none, in: view).object == none)
    }

    @Test func `an ingress without a class gets the default one`() throws {
        let classes = resource("ingressclasses", group: "networking.k8s.io")
        let view = MemoryAdmissionView([
            (classes, named("lb", ["metadata": ["annotations": ["ingressclass.kubernetes.io/is-default-class": "true"]]]))
        ])
        let ingresses = resource("ingresses", group: "networking.k8s.io")
        let filled = try ask(DefaultIngressClass(), ingresses, named("i", ["spec": [:]], namespace: "team"), in: view).object
        #expect(filled["spec"]?["ingressClassName"] == "lb")
        let older = named(
            "i", ["metadata": ["annotations": ["kubernetes.io/ingress.class": "x"]], "spec": [:]], namespace: "team")
        #expect(try ask(DefaultIngressClass(), ingresses, older, in: view).object == older)
    }

    @Test func `volumes and claims are protected from deletion while in use`() throws {
        let volume = try ask(StorageObjectInUseProtection(), PersistentVolume.resource, named("v")).object
        #expect(volume["metadata"]?["finalizers"] == ["kubernetes.io/pv-protection"])
        let claim = try ask(
            StorageObjectInUseProtection(), PersistentVolumeClaim.resource, named("c", namespace: "team")
        ).object
        #expect(claim["metadata"]?["finalizers"] == ["kubernetes.io/pvc-protection"])
    }

    @Test(arguments: [
        ("Pending", "grows", "Only bound persistent volume claims can be expanded"),
        (
            "Bound", "fixed",
            "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
        ), ("Bound", "grows", ""),
    ])
    func `a claim grows when it is bound and its class allows that`(phase: String, storageClass: String, why: String) throws {
        let view = MemoryAdmissionView([
            (DefaultStorageClass.classes, named("grows", ["allowVolumeExpansion": true])),
            (DefaultStorageClass.classes, named("fixed")),
        ])
        func claim(_ size: String) -> JSONValue {
            named(
                "c",
                [
                    "spec": [
                        "storageClassName": .string(storageClass), "resources": ["requests": ["storage": .string(size)]],
                    ], "status": ["phase": .string(phase)],
                ], namespace: "team")
        }
        let verdict = try ask(
            PersistentVolumeClaimResize(), .update, PersistentVolumeClaim.resource, claim("2Gi"), old: claim("1Gi"), in: view)
        #expect(verdict.message == (why.isEmpty ? "" : "persistentvolumeclaims \"c\" is forbidden: \(why)"))
    }

    @Test func `a binding brings the zone of its node`() throws {
        let labels: JSONValue = [
            "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", "kubernetes.io/hostname": "h",
        ]
        let view = MemoryAdmissionView([(Node.resource, named("n", ["metadata": ["labels": labels]]))])
        let binding = named("p", ["target": ["kind": "Node", "name": "n"]], namespace: "team")
        let filled = try ask(PodTopologyLabels(), Pod.resource, binding, subresource: "binding", in: view).object
        #expect(
            filled["metadata"]?["labels"] == ["topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r"])
    }
}
