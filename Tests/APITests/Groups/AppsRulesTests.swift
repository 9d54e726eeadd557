import JSON
import Testing

@testable import API

@Suite struct AppsRulesTests {
    static let template: JSONValue = [
        "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "c", "image": "busybox"]]],
    ]

    func workload(_ resource: String) throws -> RuleFixture {
        try RuleFixture(
            "apps", resource, ["spec": ["selector": ["matchLabels": ["app": "web"]], "template": Self.template]])
    }

    @Test(arguments: ["deployments", "replicasets", "statefulsets", "daemonsets"])
    func `a plain workload is valid and counts its generations`(resource: String) throws {
        let fixture = try workload(resource)
        #expect(fixture.creating([]) == [])
        let old = fixture.made()
        #expect(old["metadata"]?["generation"] == 1)
        var new = old
        new[path: ["spec", "minReadySeconds"]] = 5
        new["status"] = ["replicas": 7]
        fixture.kind.prepareForUpdate(new: &new, old: old)
        #expect(new["metadata"]?["generation"] == 2 && new["status"] == old["status"])
    }

    static let cases: [(String, RuleCase)] = [
        ("deployments", RuleCase("spec/selector", nil, "spec.selector: Required value")),
        (
            "deployments",
            RuleCase("spec/selector", [:], "spec.selector: Invalid value: {}: empty selector is invalid for deployment")
        ),
        (
            "statefulsets",
            RuleCase("spec/selector", [:], "spec.selector: Invalid value: {}: empty selector is invalid for statefulset")
        ),
        (
            "daemonsets",
            RuleCase("spec/selector", [:], "spec.selector: Invalid value: {}: empty selector is invalid for daemonset")
        ),
        (
            "deployments",
            RuleCase(
                "spec/strategy", ["type": "Other"],
                "spec.strategy: Unsupported value: {\"Type\":\"Other\",\"RollingUpdate\":null}: supported values: \"Recreate\", \"RollingUpdate\""
            )
        ),
        (
            "deployments",
            RuleCase(
                "spec/strategy", ["type": "Recreate", "rollingUpdate": [:]],
                "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'")
        ),
        (
            "deployments",
            RuleCase(
                "spec/strategy", ["rollingUpdate": ["maxSurge": 0, "maxUnavailable": "0%"]],
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0")
        ),
        (
            "deployments",
            RuleCase(
                "spec/progressDeadlineSeconds", 0,
                "spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds")
        ),
        (
            "replicasets",
            RuleCase(
                "spec/template/spec/activeDeadlineSeconds", 5,
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported")
        ),
        (
            "replicasets",
            RuleCase(
                "spec/template/metadata", [:],
                "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`")
        ),
        (
            "statefulsets",
            RuleCase(
                "spec/podManagementPolicy", "Random",
                "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'")
        ),
        (
            "statefulsets",
            RuleCase(
                "spec/updateStrategy", ["type": "RollingUpdate", "rollingUpdate": ["partition": -1, "maxUnavailable": 0]],
                "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
                "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0")
        ),
        (
            "statefulsets",
            RuleCase(
                "spec/persistentVolumeClaimRetentionPolicy", ["whenDeleted": "Keep"],
                "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"Keep\": supported values: \"Retain\", \"Delete\""
            )
        ),
        (
            "daemonsets",
            RuleCase(
                "spec/updateStrategy", ["rollingUpdate": ["maxSurge": 1]],
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero")
        ),
    ]

    @Test(arguments: cases)
    func `refuses workloads with upstream's causes`(resource: String, entry: RuleCase) throws {
        #expect(try workload(resource).creating(entry.changes) == entry.errors)
    }

    @Test func `a stateful set's mounts may name its claim templates`() throws {
        let claims = Change("spec/volumeClaimTemplates", [["metadata": ["name": "data"], "spec": [:]]])
        let mount = Change("spec/template/spec/containers/0/volumeMounts", [["name": "data", "mountPath": "/d"]])
        #expect(try workload("statefulsets").creating([claims, mount]) == [])
        #expect(
            try workload("statefulsets").creating([mount]) == [
                "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"data\""
            ])
    }

    static let updates: [(String, RuleCase)] = [
        (
            "deployments",
            RuleCase(
                [
                    Change("spec/selector/matchLabels", ["app": "x"]), Change("spec/template/metadata/labels", ["app": "x"]),
                ], "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable")
        ),
        (
            "statefulsets",
            RuleCase(
                "spec/serviceName", "other",
                "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
            )
        ),
        ("statefulsets", RuleCase("spec/replicas", 4)),
    ]

    @Test(arguments: updates)
    func `fixes what upstream fixes`(resource: String, entry: RuleCase) throws {
        #expect(try workload(resource).updating(entry.changes) == entry.errors)
    }

    static let statuses: [(String, RuleCase)] = [
        (
            "deployments",
            RuleCase(
                "status", ["replicas": 1, "readyReplicas": 2, "availableReplicas": 3],
                "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas")
        ),
        (
            "statefulsets",
            RuleCase(
                "status", ["replicas": -1],
                "status.replicas: Invalid value: -1: must be greater than or equal to 0",
                "status.readyReplicas: Invalid value: 0: cannot be greater than status.replicas",
                "status.currentReplicas: Invalid value: 0: cannot be greater than status.replicas",
                "status.updatedReplicas: Invalid value: 0: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 0: cannot be greater than status.replicas")
        ),
        (
            "daemonsets",
            RuleCase("status", ["numberReady": -2], "status.numberReady: Invalid value: -2: must be greater than or equal to 0")
        ),
    ]

    @Test(arguments: statuses)
    func `takes only plausible statuses`(resource: String, entry: RuleCase) throws {
        #expect(try workload(resource).updatingStatus(entry.changes) == entry.errors)
    }

    @Test func `a revision keeps its data`() throws {
        let revision = try RuleFixture("apps", "controllerrevisions", ["data": ["a": 1], "revision": 3])
        #expect(revision.creating([Change("data", nil)]) == ["data: Required value: data is mandatory"])
        #expect(revision.updating([Change("revision", 4)]) == [])
        #expect(revision.updating([Change("data", ["a": 2])]) == ["data: Invalid value: {\"a\":2}: field is immutable"])
        let owner: JSONValue = [
            ["apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "u", "controller": true]
        ]
        #expect(
            revision.cells([Change("metadata/ownerReferences", owner)]) == ["sample", "daemonset.apps/d", 3, "5m"])
    }
}

extension AppsRulesTests {
    @Test func `names that make odd host names are warned about`() throws {
        let kind = try workload("deployments").kind
        let object: JSONValue = ["metadata": ["name": "a.b"], "spec": ["template": Self.template]]
        #expect(kind.rules.warnings(object, isNew: true).first?.hasPrefix("metadata.name: this is used in Pod names") ?? false)
        #expect(kind.rules.warnings(object, isNew: false) == [])
        let annotated: JSONValue = ["metadata": ["annotations": ["kubernetes.io/ingress.class": "nginx"]]]
        #expect(
            IngressRules().warnings(annotated, isNew: true) == [
                "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"
            ])
    }
}
