import JSON
import Testing

@testable import API

@Suite struct ResourceRulesTests {
    private static let group = "resource.k8s.io"
    private static let devices: JSONValue = [
        "requests": [["name": "gpu", "exactly": ["deviceClassName": "gpu.x.io"]]]
    ]

    private func claim() throws -> RuleFixture {
        try RuleFixture(Self.group, "resourceclaims", ["spec": ["devices": Self.devices]])
    }

    @Test func `a claim is filled`() throws {
        let request = try claim().made()["spec"]?["devices"]?["requests"]?[0]?["exactly"]
        #expect(request == ["deviceClassName": "gpu.x.io", "allocationMode": "ExactCount", "count": 1])
        let template = try RuleFixture(Self.group, "resourceclaimtemplates", ["spec": ["spec": ["devices": Self.devices]]])
        #expect(
            template.made()["spec"]?["spec"]?["devices"]?["requests"]?[0]?["exactly"]?["allocationMode"] == "ExactCount")
        #expect(template.creating([]) == [])
    }

    static let claims = [
        RuleCase(
            "spec/devices/requests/0/exactly", nil,
            "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"),
        RuleCase(
            "spec/devices/requests/0/exactly/deviceClassName", "",
            "spec.devices.requests[0].exactly.deviceClassName: Required value"),
        RuleCase(
            "spec/devices/requests/0/exactly", ["deviceClassName": "a", "allocationMode": "All", "count": 2],
            "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'"),
        RuleCase(
            "spec/devices/constraints", [["requests": ["gpu", "tpu"], "matchAttribute": "model"]],
            "spec.devices.constraints[0].requests[1]: Invalid value: \"tpu\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
            "spec.devices.constraints[0].matchAttribute: Invalid value: \"model\": a fully qualified name must be a domain and a name separated by a slash"
        ),
        RuleCase(
            "spec/devices/config", [["opaque": ["driver": "gpu.x.io", "parameters": 1]]],
            "spec.devices.config[0].opaque.parameters: Invalid value: \"<value omitted>\": must be a valid JSON object"),
        RuleCase(
            "spec/devices/requests/0/exactly/tolerations", [["operator": "Exists", "value": "a"]],
            "spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: \"a\": must be empty for operator `Exists`"),
    ]

    @Test(arguments: claims)
    func `refuses a claim with upstream's causes`(entry: RuleCase) throws {
        #expect(try claim().creating(entry.changes) == entry.errors)
    }

    private static let allocation: JSONValue = [
        "devices": ["results": [["request": "gpu", "driver": "gpu.x.io", "pool": "n1", "device": "gpu0"]]]
    ]

    static let statuses: [(changes: [Change], before: [Change], errors: [String])] = [
        ([Change("status", ["allocation": allocation])], [], []),
        (
            [Change("status", ["reservedFor": [["resource": "pods", "name": "a", "uid": "u"]]])], [],
            ["status.reservedFor: Forbidden: may not be specified when `allocated` is not set"]
        ),
        (
            [Change("status/allocation/devices/results", [])], [Change("status", ["allocation": allocation])],
            ["status.allocation: Invalid value: {\"devices\":{\"results\":[]}}: field is immutable"]
        ),
        (
            [Change("status", ["allocation": allocation, "devices": [["driver": "gpu.x.io", "pool": "n1", "device": "gpu1"]]])],
            [],
            ["status.devices[0]: Invalid value: \"gpu.x.io/n1/gpu1\": must be an allocated device in the claim"]
        ),
    ]

    @Test(arguments: statuses)
    func `takes only plausible statuses of claims`(changes: [Change], before: [Change], errors: [String]) throws {
        #expect(try claim().updatingStatus(changes, before: before) == errors)
    }

    @Test func `a claim keeps its specification and tells its state`() throws {
        #expect(
            try claim().updating([Change("spec/devices/requests/0/name", "x")]).first?.hasSuffix("field is immutable") ?? false)
        #expect(try claim().cells() == ["sample", "pending", "5m"])
        let used: JSONValue = ["allocation": [:], "reservedFor": [["uid": "u"]]]
        #expect(try claim().cells([Change("status", used)]) == ["sample", "allocated,reserved", "5m"])
    }

    private func slice() throws -> RuleFixture {
        try RuleFixture(
            Self.group, "resourceslices",
            [
                "spec": [
                    "driver": "gpu.x.io", "nodeName": "n1", "pool": ["name": "n1", "resourceSliceCount": 1],
                    "devices": [["name": "gpu0", "attributes": ["model": ["string": "a"]]]],
                ]
            ])
    }

    static let slices = [
        RuleCase(
            "spec/nodeName", nil,
            "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"),
        RuleCase(
            "spec/allNodes", true,
            "spec: Invalid value: \"{`nodeName`, `allNodes`}\": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"
        ),
        RuleCase("spec/pool/resourceSliceCount", 0, "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero"),
        RuleCase(
            "spec/devices/0/attributes", ["model": ["version": "1.2"]],
            "spec.devices[0].attributes[model].version: Invalid value: \"1.2\": must be a string compatible with semver.org spec 2.0.0"
        ),
        RuleCase(
            "spec/devices/0/attributes", ["model": [:]],
            "spec.devices[0].attributes[model]: Invalid value: \"\": exactly one value must be specified"),
        RuleCase("spec/devices", [["name": "a"], ["name": "a"]], "spec.devices[1]: Duplicate value: \"a\""),
        RuleCase(
            "spec/devices/0/capacity", ["memory": ["value": "1Gi", "requestPolicy": ["default": "1"]]],
            "spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true"),
        RuleCase(
            "spec/devices/0/taints", [["key": "a", "effect": "Maybe"]],
            "spec.devices[0].taints[0].effect: Unsupported value: \"Maybe\": supported values: \"NoExecute\", \"NoSchedule\", \"None\""
        ),
    ]

    @Test(arguments: slices)
    func `refuses a slice with upstream's causes`(entry: RuleCase) throws {
        #expect(try slice().creating([]) == [])
        #expect(try slice().creating(entry.changes) == entry.errors)
    }

    @Test func `a slice is found by its node and driver`() throws {
        let fixture = try slice()
        let made = fixture.made()
        #expect(fixture.kind.fieldLabel(made, "spec.nodeName") == "n1")
        #expect(fixture.kind.fieldLabel(made, "spec.driver") == "gpu.x.io")
        #expect(fixture.cells() == ["sample", "n1", "gpu.x.io", "n1", "5m"])
        #expect(
            fixture.updating([Change("spec/nodeName", "n2")]) == ["spec.nodeName: Invalid value: \"n2\": field is immutable"])
        let deviceClass = try RuleFixture(
            Self.group, "deviceclasses", ["spec": ["selectors": [["cel": ["expression": "true"]]]]])
        #expect(deviceClass.creating([Change("spec/selectors", [[:]])]) == ["spec.selectors[0].cel: Required value"])
        #expect(
            deviceClass.creating([Change("spec/extendedResourceName", "cpu")]) == [
                "spec.extendedResourceName: Invalid value: \"cpu\": must be a valid extended resource name"
            ])
    }

    @Test(arguments: [("1.2.3", true), ("1.2.3-rc.1+b.5", true), ("01.2.3", false), ("1.2", false), ("1.2.3-01", false)])
    func `knows semantic versions`(text: String, isFine: Bool) {
        #expect(SemanticVersion.isValid(text) == isFine)
    }
}
