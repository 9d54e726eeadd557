import JSON
import Testing

@testable import API

@Suite struct ClusterRulesTests {
    struct Row: Sendable {
        var group: String
        var resource: String
        var object: JSONValue

        init(_ group: String, _ resource: String, _ object: JSONValue) {
            self.group = group
            self.resource = resource
            self.object = object
        }

        func fixture() throws -> RuleFixture { try RuleFixture(group, resource, object) }
    }

    static let budget = Row("policy", "poddisruptionbudgets", ["spec": ["minAvailable": 1]])
    static let priority = Row("scheduling.k8s.io", "priorityclasses", ["value": 10])
    static let runtime = Row("node.k8s.io", "runtimeclasses", ["handler": "runc"])
    static let service = Row(
        "apiregistration.k8s.io", "apiservices",
        [
            "metadata": ["name": "v1.x.io"],
            "spec": [
                "group": "x.io", "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10,
                "service": ["namespace": "a", "name": "b"],
            ],
        ])
    static let storage = Row("storage.k8s.io", "storageclasses", ["provisioner": "x.io/disk"])
    static let attributes = Row(
        "storage.k8s.io", "volumeattributesclasses", ["driverName": "csi.x.io", "parameters": ["a": "b"]])
    static let attachment = Row(
        "storage.k8s.io", "volumeattachments",
        ["spec": ["attacher": "csi.x.io", "nodeName": "n1", "source": ["persistentVolumeName": "pv"]]])
    static let node = Row("storage.k8s.io", "csinodes", ["spec": ["drivers": [["name": "csi.x.io", "nodeID": "n1"]]]])
    static let driver = Row("storage.k8s.io", "csidrivers", ["spec": [:]])
    static let capacity = Row("storage.k8s.io", "csistoragecapacities", ["storageClassName": "fast"])

    static let creations: [(Row, RuleCase)] = [
        (
            budget,
            RuleCase(
                "spec/maxUnavailable", 1,
                "spec: Invalid value: {\"minAvailable\":1,\"maxUnavailable\":1}: minAvailable and maxUnavailable cannot be both set"
            )
        ),
        (
            budget,
            RuleCase("spec/minAvailable", "101%", "spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%")
        ),
        (
            priority,
            RuleCase(
                "metadata/name", "system-x",
                "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class"
            )
        ),
        (
            priority,
            RuleCase(
                "metadata/name", "system-node-critical",
                "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000"
            )
        ),
        (
            priority,
            RuleCase(
                "value", 1_000_000_001, "value: Forbidden: maximum allowed value of a user defined priority is 1000000000")
        ),
        (
            runtime,
            RuleCase(
                "scheduling", ["tolerations": [["key": "a", "operator": "Exists"], ["key": "a", "operator": "Exists"]]],
                "scheduling.tolerations[1]: Duplicate value: {\"key\":\"a\",\"operator\":\"Exists\"}")
        ),
        (
            service,
            RuleCase(
                "metadata/name", "other",
                "metadata.name: Invalid value: \"other\": must be `spec.version+\".\"+spec.group`: \"v1.x.io\"")
        ),
        (
            service,
            RuleCase(
                "spec/groupPriorityMinimum", 0,
                "spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000")
        ),
        (storage, RuleCase("provisioner", "", "provisioner: Required value")),
        (
            storage,
            RuleCase(
                "reclaimPolicy", "Recycle",
                "reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\"")
        ),
        (
            storage,
            RuleCase(
                "allowedTopologies", [["matchLabelExpressions": [["key": "z", "values": ["a", "a"]]]]],
                "allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: \"a\"")
        ),
        (
            attributes,
            RuleCase("parameters", nil, "spec.parameters: Required value: must contain at least one key/value pair")
        ),
        (
            attachment,
            RuleCase(
                "spec/source", [:],
                "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName")
        ),
        (
            node,
            RuleCase(
                "spec/drivers/0/topologyKeys", ["a", "a"], "spec.drivers[0]: Duplicate value: \"a\"")
        ),
        (node, RuleCase("spec/drivers/0/nodeID", "", "spec.drivers[0].nodeID: Required value")),
        (
            driver,
            RuleCase(
                "spec/tokenRequests", [["audience": "a", "expirationSeconds": 1], ["audience": "a"]],
                "spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
                "spec.tokenRequests[1].audience: Duplicate value: \"a\"")
        ),
        (capacity, RuleCase("capacity", "-1", "capacity: Invalid value: \"-1\": must be greater than or equal to 0")),
    ]

    @Test(arguments: creations)
    func `refuses with upstream's causes`(row: Row, entry: RuleCase) throws {
        let fixture = try row.fixture()
        #expect(fixture.creating([]) == [])
        #expect(fixture.creating(entry.changes) == entry.errors)
    }

    static let updates: [(Row, RuleCase)] = [
        (priority, RuleCase("value", 11, "value: Forbidden: may not be changed in an update.")),
        (
            priority,
            RuleCase("preemptionPolicy", "Never", "preemptionPolicy: Invalid value: \"Never\": field is immutable")
        ),
        (runtime, RuleCase("handler", "kata", "handler: Invalid value: \"kata\": field is immutable")),
        (storage, RuleCase("parameters", ["a": "b"], "parameters: Invalid value: {\"a\":\"b\"}: field is immutable")),
        (storage, RuleCase("allowVolumeExpansion", true)),
        (attributes, RuleCase("driverName", "csi.y.io", "driverName: Forbidden: updates to driverName are forbidden.")),
        (
            attachment,
            RuleCase(
                "spec/nodeName", "n2",
                "spec: Invalid value: {\"attacher\":\"csi.x.io\",\"nodeName\":\"n2\",\"source\":{\"persistentVolumeName\":\"pv\"}}: field is immutable"
            )
        ),
        (node, RuleCase("spec/drivers/0/allocatable", ["count": 3])),
        (
            node,
            RuleCase(
                "spec/drivers/0/nodeID", "n2",
                "spec.drivers: Invalid value: {\"name\":\"csi.x.io\",\"nodeID\":\"n2\"}: field is immutable")
        ),
        (driver, RuleCase("spec/attachRequired", false, "spec.attachedRequired: Invalid value: false: field is immutable")),
        (
            capacity,
            RuleCase("storageClassName", "slow", "storageClassName: Invalid value: \"slow\": field is immutable")
        ),
    ]

    @Test(arguments: updates)
    func `fixes what upstream fixes`(row: Row, entry: RuleCase) throws {
        #expect(try row.fixture().updating(entry.changes) == entry.errors)
    }

    static let defaults: [(Row, JSONValue, JSONValue)] = [
        (priority, ["value": 10], ["value": 10, "preemptionPolicy": "PreemptLowerPriority"]),
        (
            storage, ["provisioner": "x.io/disk"],
            ["provisioner": "x.io/disk", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"]
        ),
        (
            driver, ["spec": [:]],
            [
                "spec": [
                    "attachRequired": true, "podInfoOnMount": false, "storageCapacity": false, "requiresRepublish": false,
                    "seLinuxMount": false, "fsGroupPolicy": "ReadWriteOnceWithFSType", "volumeLifecycleModes": ["Persistent"],
                ]
            ]
        ),
        (service, ["spec": ["service": ["name": "b"]]], ["spec": ["service": ["name": "b", "port": 443]]]),
    ]

    @Test(arguments: defaults)
    func `fills what was left out`(row: Row, before: JSONValue, after: JSONValue) throws {
        var object = before
        let kind = try row.fixture().kind
        kind.applyDefaults(&object)
        #expect(object == after)
        kind.applyDefaults(&object)
        #expect(object == after)
    }

    static let tables: [(Row, [Change], [JSONValue])] = [
        (budget, [Change("status", ["disruptionsAllowed": 2])], ["sample", "1", "N/A", 2, "5m"]),
        (priority, [], ["sample", 10, false, "5m", "PreemptLowerPriority"]),
        (runtime, [], ["sample", "runc", "5m"]),
        (
            service,
            [Change("status", ["conditions": [["type": "Available", "status": "False", "reason": "Gone"]]])],
            ["v1.x.io", "a/b", "False (Gone)", "5m"]
        ),
        (
            storage, [Change("metadata/annotations", ["storageclass.kubernetes.io/is-default-class": "true"])],
            ["sample (default)", "x.io/disk", "Delete", "Immediate", false, "5m"]
        ),
        (attachment, [Change("status", ["attached": true])], ["sample", "csi.x.io", "pv", "n1", true, "5m"]),
        (node, [], ["sample", 1, "5m"]),
        (driver, [], ["sample", true, false, false, "<unset>", false, "Persistent", "5m"]),
        (capacity, [Change("capacity", "5Gi")], ["sample", "fast", "5Gi"]),
        (attributes, [], ["sample", "csi.x.io", "5m"]),
    ]

    @Test(arguments: tables)
    func `prints a row`(row: Row, changes: [Change], cells: [JSONValue]) throws {
        let fixture = try row.fixture()
        #expect(fixture.cells(changes) == cells)
        #expect(fixture.kind.columns.count == cells.count)
    }

    @Test func `what this server serves itself is available at once`() throws {
        let local = try RuleFixture(
            "apiregistration.k8s.io", "apiservices",
            [
                "metadata": ["name": "v1.x.io", "creationTimestamp": "2026-11-21T08:00:00Z"],
                "spec": ["group": "x.io", "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10],
            ])
        let condition = local.made()["status"]?["conditions"]?[0]
        #expect(condition?["status"] == "True" && condition?["reason"] == "Local")
        #expect(condition?["lastTransitionTime"] == "2026-11-21T08:00:00Z")
    }
}
