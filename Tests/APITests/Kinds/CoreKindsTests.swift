import JSON
import Testing

@testable import API

@Suite struct CoreKindsTests {
    private static let immutable = "Forbidden: field is immutable when `immutable` is set"

    @Test(arguments: [
        RuleCase("data/a.b_c-1", "x"),
        RuleCase("data/..", "x", "data[..]: Invalid value: \"..\": must not be '..'"),
        RuleCase(
            "binaryData/key", "eA==", "data[key]: Invalid value: \"key\": duplicate of key present in binaryData"),
        RuleCase(
            "data/big", .string(String(repeating: "x", count: 1024 * 1024)),
            "[]: Too long: may not be more than 1048576 bytes"),
    ])
    func `checks a config map`(_ test: RuleCase) throws {
        let map = try RuleFixture("", "configmaps", ["data": ["key": "value"]])
        #expect(map.creating(test.changes) == test.errors)
    }

    @Test(arguments: [
        RuleCase("metadata/labels/a", "b"), RuleCase("data/key", "other", "data: \(immutable)"),
        RuleCase("binaryData/more", "eA==", "binaryData: \(immutable)"),
        RuleCase("immutable", nil, "immutable: \(immutable)"),
    ])
    func `keeps an immutable config map`(_ test: RuleCase) throws {
        let map = try RuleFixture("", "configmaps", ["data": ["key": "value"], "immutable": true])
        #expect(map.updating(test.changes) == test.errors)
    }

    @Test(arguments: [
        RuleCase("data/key", "dmFsdWU="),
        RuleCase("type", "kubernetes.io/tls", "data[tls.crt]: Required value", "data[tls.key]: Required value"),
        RuleCase([Change("type", "kubernetes.io/basic-auth"), Change("data/username", "eA==")]),
        RuleCase(
            "type", "kubernetes.io/basic-auth", "data[username]: Required value", "data[password]: Required value"),
        RuleCase("type", "kubernetes.io/ssh-auth", "data[ssh-privatekey]: Required value"),
        RuleCase("type", "kubernetes.io/dockercfg", "data[.dockercfg]: Required value"),
        RuleCase("type", "kubernetes.io/dockerconfigjson", "data[.dockerconfigjson]: Required value"),
        RuleCase(
            [Change("type", "kubernetes.io/dockercfg"), Change("stringData/.dockercfg", "nothing")],
            "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": "
                + "invalid character 'o' in literal null (expecting 'u')"),
        RuleCase(
            "type", "kubernetes.io/service-account-token",
            "metadata.annotations[kubernetes.io/service-account.name]: Required value"),
    ])
    func `checks a secret`(_ test: RuleCase) throws {
        #expect(try RuleFixture("", "secrets", [:]).creating(test.changes) == test.errors)
    }

    @Test func `moves plain text into a secret's data`() throws {
        let secret = try RuleFixture("", "secrets", ["data": ["a": "eA=="]]).made([Change("stringData", ["a": "y", "b": "z"])])
        #expect(secret["data"] == ["a": "eQ==", "b": "eg=="])
        #expect(secret["stringData"] == nil)
        #expect(secret["type"] == "Opaque")
    }

    @Test(arguments: [
        RuleCase("type", "x", "type: Invalid value: \"x\": field is immutable"),
        RuleCase("data/key", "eg==", "data: \(immutable)"),
    ])
    func `keeps an immutable secret`(_ test: RuleCase) throws {
        let secret = try RuleFixture("", "secrets", ["data": ["key": "eA=="], "immutable": true])
        #expect(secret.updating(test.changes) == test.errors)
    }

    @Test func `makes a namespace`() throws {
        let namespace = try RuleFixture("", "namespaces", [:]).made()
        #expect(namespace["spec"] == ["finalizers": ["kubernetes"]])
        #expect(namespace["status"] == ["phase": "Active"])
        #expect(namespace[path: ["metadata", "labels"]] == ["kubernetes.io/metadata.name": "sample"])
    }

    @Test(arguments: [
        RuleCase("status/phase", "Active"),
        RuleCase(
            "status/phase", "Terminating",
            "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"),
    ])
    func `checks the phase of a namespace`(_ test: RuleCase) throws {
        #expect(try RuleFixture("", "namespaces", [:]).updatingStatus(test.changes) == test.errors)
    }

    @Test(arguments: [
        RuleCase("metadata/labels/a", "b"),
        RuleCase(
            "spec/podCIDRs", ["10.1.0.0/24"],
            "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid"),
        RuleCase(
            "spec/providerID", "other",
            "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid"),
        RuleCase(
            "spec/taints", [["key": "a", "effect": "Never"]],
            "metadata.taints[0].effect: Unsupported value: \"Never\": supported values: "
                + "\"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""),
    ])
    func `checks a node's update`(_ test: RuleCase) throws {
        let node = try RuleFixture("", "nodes", ["spec": ["podCIDRs": ["10.0.0.0/24"], "providerID": "one"]])
        #expect(node.updating(test.changes) == test.errors)
    }

    @Test(arguments: [
        RuleCase("spec/limits/0/max/cpu", "2"),
        RuleCase(
            "spec/limits/0/min/cpu", "2",
            "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1",
            "spec.limits[0].defaultRequest[cpu]: Invalid value: \"1\": "
                + "min value 2 is greater than default request value 1",
            "spec.limits[0].default[cpu]: Invalid value: \"2\": min value 2 is greater than default value 1"),
        RuleCase(
            "spec/limits/0/maxLimitRequestRatio", ["cpu": "500m"],
            "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"500m\": ratio 500m is less than 1"),
        RuleCase(
            "spec/limits/1", ["type": "Container"], "spec.limits[1].type: Duplicate value: \"Container\""),
        RuleCase(
            "spec/limits/0/type", "PersistentVolumeClaim",
            "spec.limits[0].limits: Required value: "
                + "either minimum or maximum storage value is required, but neither was provided"),
    ])
    func `checks a limit range`(_ test: RuleCase) throws {
        let range = try RuleFixture(
            "", "limitranges", ["spec": ["limits": [["type": "Container", "max": ["cpu": "1"]], ["type": "Pod"]]]])
        #expect(range.creating(test.changes) == test.errors)
    }

    @Test func `fills the limits of containers`() throws {
        let range = try RuleFixture(
            "", "limitranges",
            ["spec": ["limits": [["type": "Container", "max": ["cpu": "1"], "min": ["cpu": "100m", "memory": "1Mi"]]]]]
        ).made()
        let limit = range["spec"]?.elements("limits").first
        #expect(limit?["default"] == ["cpu": "1"])
        #expect(limit?["defaultRequest"] == ["cpu": "1", "memory": "1Mi"])
    }

    @Test(arguments: [
        RuleCase("spec/hard/requests.cpu", "2"),
        RuleCase("spec/hard/pods", "-1", "spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0"),
        RuleCase("spec/hard/pods", "500m", "spec.hard[pods]: Invalid value: \"500m\": must be an integer"),
        RuleCase("spec/scopes", ["Some"], "spec.scopes: Invalid value: [\"Some\"]: unsupported scope"),
        RuleCase(
            "spec/scopes", ["BestEffort", "NotBestEffort"],
            "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: conflicting scopes"),
        RuleCase(
            [Change("spec/hard/services", "1"), Change("spec/scopes", ["Terminating"])],
            "spec.scopes: Invalid value: [\"Terminating\"]: unsupported scope applied to resource"),
    ])
    func `checks a quota`(_ test: RuleCase) throws {
        #expect(try RuleFixture("", "resourcequotas", ["spec": ["hard": ["pods": "1"]]]).creating(test.changes) == test.errors)
    }

    @Test(arguments: [
        RuleCase("subsets/0/ports", [["port": 80, "protocol": "TCP"]]),
        RuleCase("subsets/0/addresses", nil, "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"),
        RuleCase(
            "subsets/0/addresses/0/ip", "127.0.0.1",
            "subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        RuleCase(
            "subsets/0/ports", [["port": 80, "protocol": "TCP"], ["name": "b", "port": 81, "protocol": "TCP"]],
            "subsets[0].ports[0].name: Required value"),
        RuleCase(
            "subsets/0/ports", [["port": 0, "protocol": "TCP"]],
            "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"),
    ])
    func `checks endpoints`(_ test: RuleCase) throws {
        let endpoints = try RuleFixture("", "endpoints", ["subsets": [["addresses": [["ip": "10.0.0.1"]]]]])
        #expect(endpoints.creating(test.changes) == test.errors)
    }

    @Test(arguments: [
        RuleCase("involvedObject/name", "x"),
        RuleCase(
            "involvedObject/namespace", "other",
            "involvedObject.namespace: Invalid value: \"other\": does not match event.namespace"),
        RuleCase(
            "eventTime", "2026-11-21T08:00:00.000000Z", "reportingComponent: Required value",
            "reportingComponent: Invalid value: \"\": name part must be non-empty",
            "reportingComponent: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and "
                + "must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
                + "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            "reportingInstance: Required value", "action: Required value", "reason: Required value"),
    ])
    func `checks an event`(_ test: RuleCase) throws {
        let event = try RuleFixture("", "events", ["involvedObject": ["kind": "Pod", "namespace": "default"]])
        #expect(event.creating(test.changes) == test.errors)
    }

    @Test(arguments: [
        RuleCase("spec/replicas", -1, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        RuleCase(
            "spec/selector", ["a": "c"],
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: "
                + "`selector` does not match template `labels`"),
        RuleCase(
            "spec/template/spec/restartPolicy", "Never",
            "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""),
    ])
    func `checks a replication controller`(_ test: RuleCase) throws {
        let controller = try RuleFixture(
            "", "replicationcontrollers",
            ["spec": ["template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [KindSamples.container]]]]])
        #expect(controller.creating([]) == [])
        #expect(controller.creating(test.changes) == test.errors)
    }
}
