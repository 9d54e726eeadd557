import JSON
import Testing

@testable import API

@Suite struct FlowControlRulesTests {
    private static let group = "flowcontrol.apiserver.k8s.io"

    @Test(arguments: FlowControlDefaults.mandatoryLevels + FlowControlDefaults.suggestedLevels)
    func `what a cluster begins with is valid and already filled`(level: JSONValue) throws {
        let kind = try #require(
            Catalog.kind(GroupVersionResource(group: Self.group, version: "v1", resource: "prioritylevelconfigurations")))
        var object = level
        kind.applyDefaults(&object)
        #expect(object == level)
        #expect(kind.rules.validate(object) == [])
    }

    @Test(arguments: FlowControlDefaults.mandatorySchemas + FlowControlDefaults.suggestedSchemas)
    func `schemas that a cluster begins with are valid and name a level`(schema: JSONValue) throws {
        let kind = try #require(
            Catalog.kind(GroupVersionResource(group: Self.group, version: "v1", resource: "flowschemas")))
        var object = schema
        kind.applyDefaults(&object)
        #expect(object == schema)
        #expect(kind.rules.validate(object) == [])
        let levels = FlowControlDefaults.mandatoryLevels + FlowControlDefaults.suggestedLevels
        let wanted = schema["spec"]?["priorityLevelConfiguration"]?["name"]
        #expect(levels.contains { $0["metadata"]?["name"] == wanted })
    }

    private func schema() throws -> RuleFixture {
        try RuleFixture(
            Self.group, "flowschemas",
            [
                "spec": [
                    "priorityLevelConfiguration": ["name": "system"],
                    "rules": [
                        [
                            "subjects": [["kind": "User", "user": ["name": "jane"]]],
                            "resourceRules": [
                                ["verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["a"]]
                            ],
                        ]
                    ],
                ]
            ])
    }

    static let schemas = [
        RuleCase(
            "spec/matchingPrecedence", 1,
            "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"),
        RuleCase(
            "spec/priorityLevelConfiguration", [:],
            "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"),
        RuleCase("spec/rules/0/subjects", [], "spec.rules[0].subjects: Required value: subjects must contain at least one value"),
        RuleCase(
            "spec/rules/0/subjects/0/group", ["name": "a"],
            "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'"),
        RuleCase(
            "spec/rules/0/resourceRules/0/namespaces", ["A_"],
            "spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: \"A_\": each member of this list must be '*' or a DNS-1123 label; a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        ),
        RuleCase(
            "spec/rules/0/nonResourceRules", [["verbs": ["get"], "nonResourceURLs": ["/a/*/b"]]],
            "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"/a/*/b\": wildcard can only do suffix matching"
        ),
    ]

    @Test(arguments: schemas)
    func `refuses a flow schema with upstream's causes`(entry: RuleCase) throws {
        #expect(try schema().made()["spec"]?["matchingPrecedence"] == 1000)
        #expect(try schema().creating(entry.changes) == entry.errors)
    }

    private func level() throws -> RuleFixture {
        try RuleFixture(
            Self.group, "prioritylevelconfigurations",
            ["spec": ["type": "Limited", "limited": ["limitResponse": ["type": "Queue", "queuing": [:]]]]])
    }

    @Test func `a priority level is filled and printed`() throws {
        let limited = try level().made()["spec"]?["limited"]
        #expect(limited?["nominalConcurrencyShares"] == 30 && limited?["lendablePercent"] == 0)
        #expect(limited?["limitResponse"]?["queuing"] == ["queues": 64, "handSize": 8, "queueLengthLimit": 50])
        #expect(try level().cells() == ["sample", "Limited", 30, 64, 8, 50, "5m"])
        #expect(try schema().cells() == ["sample", "system", 1000, "<none>", "5m", "?"])
    }

    static let levels = [
        RuleCase(
            "spec/type", "Exempt",
            "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
            "spec.limited: Forbidden: must be nil if the type is not Limited"),
        RuleCase("spec/limited", nil, "spec.limited: Required value: must not be empty when type is Limited"),
        RuleCase(
            "spec/limited/lendablePercent", 101,
            "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive"),
        RuleCase(
            "spec/limited/limitResponse/queuing", ["queues": 4, "handSize": 5],
            "spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)"),
        RuleCase(
            "spec/limited/limitResponse/queuing", ["queues": 10_000_000, "handSize": 5],
            "spec.limited.limitResponse.queuing.handSize: Invalid value: 5: required entropy bits of deckSize 10000000 and handSize 5 should not be greater than 60"
        ),
    ]

    @Test(arguments: levels)
    func `refuses a priority level with upstream's causes`(entry: RuleCase) throws {
        #expect(try level().creating(entry.changes) == entry.errors)
    }

    @Test func `mandatory objects stay as they are`() throws {
        let fixed = try RuleFixture(Self.group, "prioritylevelconfigurations", FlowControlDefaults.mandatoryLevels[0])
        #expect(
            fixed.updating([Change("spec/limited/lendablePercent", 5)]).first?.hasSuffix(
                "spec of 'catch-all' must equal the fixed value") ?? false)
        let exempt = try RuleFixture(Self.group, "prioritylevelconfigurations", FlowControlDefaults.mandatoryLevels[1])
        #expect(exempt.updating([Change("spec/exempt/lendablePercent", 5)]) == [])
    }
}
