import JSON
import Testing

@testable import API

@Suite struct AdmissionRulesTests {
    private static let group = "admissionregistration.k8s.io"
    private static let match: JSONValue = [
        "resourceRules": [["operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]]]
    ]

    private func hooks(_ resource: String = "validatingwebhookconfigurations") throws -> RuleFixture {
        try RuleFixture(
            Self.group, resource,
            [
                "webhooks": [
                    [
                        "name": "a.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                        "clientConfig": ["service": ["namespace": "default", "name": "hook"]],
                        "rules": [
                            ["operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]]
                        ],
                    ]
                ]
            ])
    }

    @Test func `webhooks are filled`() throws {
        let hook = try hooks("mutatingwebhookconfigurations").made()["webhooks"]?[0] ?? [:]
        for (name, value) in [
            ("failurePolicy", JSONValue.string("Fail")), ("matchPolicy", "Equivalent"), ("timeoutSeconds", 10),
            ("reinvocationPolicy", "Never"), ("namespaceSelector", [:]), ("objectSelector", [:]),
        ] {
            #expect(hook[name] == value, "\(name)")
        }
        #expect(hook["rules"]?[0]?["scope"] == "*" && hook["clientConfig"]?["service"]?["port"] == 443)
    }

    static let webhooks = [
        RuleCase(
            "webhooks/0/name", "a.b",
            "webhooks[0].name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots"),
        RuleCase(
            "webhooks/0/sideEffects", nil, "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"),
        RuleCase(
            "webhooks/0/sideEffects", "Some",
            "webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\""),
        RuleCase(
            "webhooks/0/timeoutSeconds", 31,
            "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds"),
        RuleCase(
            "webhooks/0/admissionReviewVersions", ["v2"],
            "webhooks[0].admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, v1beta1"),
        RuleCase(
            "webhooks/0/clientConfig", [:],
            "webhooks[0].clientConfig: Required value: exactly one of url or service is required"),
        RuleCase(
            "webhooks/0/clientConfig", ["url": "http://u@h/x?y#z"],
            "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]",
            "webhooks[0].clientConfig.url: Invalid value: \"u\": user information is not permitted in the URL",
            "webhooks[0].clientConfig.url: Invalid value: \"z\": fragments are not permitted in the URL",
            "webhooks[0].clientConfig.url: Invalid value: \"y\": query parameters are not permitted in the URL"),
        RuleCase(
            "webhooks/0/clientConfig/service/path", "//b/",
            "webhooks[0].clientConfig.service.path: Invalid value: \"//b/\": segment[0] may not be empty"),
        RuleCase(
            "webhooks/0/rules/0",
            ["operations": ["*", "CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/*", "pods/log"]],
            "webhooks[0].rules[0].operations: Invalid value: [\"*\",\"CREATE\"]: if '*' is present, must not specify other operations",
            "webhooks[0].rules[0].resources[1]: Invalid value: \"pods/log\": if 'pods/*' is present, must not specify pods/log"),
        RuleCase(
            "webhooks/0/matchConditions", [["name": "a", "expression": " "], ["name": "a", "expression": "true"]],
            "webhooks[0].matchConditions[0].expression: Required value",
            "webhooks[0].matchConditions[1].name: Duplicate value: \"a\""),
    ]

    @Test(arguments: webhooks)
    func `refuses webhooks with upstream's causes`(entry: RuleCase) throws {
        #expect(try hooks().creating(entry.changes) == entry.errors)
    }

    @Test func `webhooks count their generations and want a revision`() throws {
        let fixture = try hooks()
        let old = fixture.made()
        var new = old
        new[path: ["metadata", "labels"]] = ["a": "b"]
        fixture.kind.prepareForUpdate(new: &new, old: old)
        #expect(new["metadata"]?["generation"] == 1 && !fixture.kind.rules.allowsUnconditionalUpdate)
        new["webhooks"] = []
        fixture.kind.prepareForUpdate(new: &new, old: old)
        #expect(new["metadata"]?["generation"] == 2)
    }

    private func policy(_ resource: String) throws -> RuleFixture {
        var spec: JSONValue = ["matchConstraints": Self.match]
        if resource.hasPrefix("mutating") {
            spec["mutations"] = [["patchType": "JSONPatch", "jsonPatch": ["expression": "[]"]]]
            spec["reinvocationPolicy"] = "Never"
        } else {
            spec["validations"] = [["expression": "true"]]
        }
        return try RuleFixture(Self.group, resource, ["spec": spec])
    }

    static let policies: [(String, RuleCase)] = [
        ("validatingadmissionpolicies", RuleCase("spec/matchConstraints", nil, "spec.matchConstraints: Required value")),
        (
            "validatingadmissionpolicies",
            RuleCase(
                "spec/validations", [],
                "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
                "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item")
        ),
        (
            "validatingadmissionpolicies",
            RuleCase(
                "spec/validations/0", ["expression": "", "reason": "Why"],
                "spec.validations[0].expression: Required value: expression is not specified",
                "spec.validations[0].reason: Unsupported value: \"Why\": supported values: \"Forbidden\", \"Invalid\", \"RequestEntityTooLarge\""
            )
        ),
        (
            "validatingadmissionpolicies",
            RuleCase(
                "spec/variables", [["name": "for", "expression": "1"]],
                "spec.variables[0].name: Invalid value: \"for\": must be a valid CEL identifier")
        ),
        (
            "mutatingadmissionpolicies",
            RuleCase("spec/mutations", [], "spec.mutations: Required value: mutations must contain at least one item")
        ),
        (
            "mutatingadmissionpolicies",
            RuleCase(
                "spec/matchConstraints/resourceRules/0/operations", ["DELETE"],
                "spec.matchConstraints.resourceRules.operations: Unsupported value: \"DELETE\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"UPDATE\""
            )
        ),
    ]

    @Test(arguments: policies)
    func `refuses policies with upstream's causes`(resource: String, entry: RuleCase) throws {
        let fixture = try policy(resource)
        #expect(fixture.creating([]) == [])
        #expect(fixture.creating(entry.changes) == entry.errors)
    }

    @Test func `refuses bindings with upstream's causes`() throws {
        let binding = try RuleFixture(
            Self.group, "validatingadmissionpolicybindings", ["spec": ["policyName": "a", "validationActions": ["Deny"]]])
        #expect(binding.creating([]) == [])
        #expect(
            binding.creating([Change("spec/paramRef", ["name": "a", "selector": [:]])]) == [
                "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
                "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
                "spec.paramRef.parameterNotFoundAction: Required value",
            ])
        #expect(
            binding.creating([Change("spec/validationActions", [])]) == [
                "spec.validationActions: Required value: at least one validation action is required"
            ])
        #expect(binding.cells() == ["sample", "a", "<unset>", "5m"])
    }
}
