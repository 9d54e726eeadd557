import API
import JSON
import Testing

@testable import Machinery

@Suite struct DefinitionRulesTests {
    private let rules = DefinitionRules()

    static let definition: JSONValue = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "widgets.example.com"],
        "spec": [
            "group": "example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true,
                    "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": ["type": "object"]]]],
                ]
            ],
        ],
    ]

    private func errors(_ change: (inout JSONValue) -> Void) -> [String] {
        var definition = Self.definition
        change(&definition)
        rules.applyDefaults(&definition)
        rules.prepareForCreate(&definition)
        return rules.validate(definition).map(\.description)
    }

    private func schema(_ schema: JSONValue) -> [String] {
        errors {
            $0[path: ["spec", "versions"]] = [
                ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]
            ]
        }
    }

    @Test func `names are filled in and the storage version is recorded`() {
        var definition = Self.definition
        rules.applyDefaults(&definition)
        rules.prepareForCreate(&definition)
        #expect(definition["spec"]?["names"]?["singular"] == "widget")
        #expect(definition["spec"]?["names"]?["listKind"] == "WidgetList")
        #expect(definition["spec"]?["conversion"] == ["strategy": "None"])
        #expect(definition["status"]?["storedVersions"] == ["v1"])
        #expect(rules.validate(definition) == [])
    }

    @Test func `names, group and versions follow upstream's rules`() {
        #expect(
            errors { $0[path: ["metadata", "name"]] = "gadgets.example.com" } == [
                #"metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group"#
            ])
        #expect(
            errors {
                $0[path: ["spec", "group"]] = "example"
                $0[path: ["metadata", "name"]] = "widgets.example"
            } == [#"spec.group: Invalid value: "example": should be a domain with at least one dot"#])
        #expect(
            errors { $0[path: ["spec", "scope"]] = "World" } == [
                #"spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced""#
            ])
        #expect(errors { $0[path: ["spec", "preserveUnknownFields"]] = true }.count == 1)
        #expect(
            errors {
                $0[path: ["spec", "group"]] = "x.k8s.io"
                $0[path: ["metadata", "name"]] = "widgets.x.k8s.io"
            }.first?.hasPrefix("metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must") == true)
        let unserved = errors { $0[path: ["spec", "versions"]] = [["name": "v1", "served": true, "storage": false]] }
        #expect(unserved.first == "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required")
        #expect(unserved.contains { $0.hasSuffix("must have exactly one version marked as storage version") })
    }

    @Test func `schemas are judged under spec.validation when all versions share one`() {
        #expect(
            schema(["type": "object", "properties": ["a": ["description": "no type"]]]) == [
                "spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields"
            ])
        #expect(
            schema(["type": "object", "properties": ["a": ["type": "string", "default": 3]]]) == [
                "spec.validation.openAPIV3Schema.properties[a].default: Invalid value: \"integer\":  in body must be of type "
                    + "string: \"integer\""
            ])
        #expect(
            schema([
                "type": "object", "properties": ["metadata": ["type": "object", "properties": ["labels": ["type": "object"]]]],
            ]) == [
                "spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify anything other than name and "
                    + "generateName, but metadata is implicitly specified"
            ])
        #expect(
            schema([
                "type": "object",
                "properties": [
                    "l": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"],
                        "items": ["type": "object", "properties": ["n": ["type": "string"]]],
                    ]
                ],
            ]) == [
                "spec.validation.openAPIV3Schema.properties[l].items.properties[n].default: Required value: this property is in "
                    + "x-kubernetes-list-map-keys, so it must have a default or be a required property"
            ])
    }

    @Test func `at most eight fields are selectable, and only scalars`() {
        var properties: JSONValue = [:]
        for index in 0..<9 { properties["f\(index)"] = ["type": "string"] }
        properties["o"] = ["type": "object"]
        func selectable(_ paths: [String]) -> [String] {
            errors { definition in
                definition[path: ["spec", "versions"]] = [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": ["openAPIV3Schema": ["type": "object", "properties": properties]],
                        "selectableFields": .array(paths.map { ["jsonPath": .string($0)] }),
                    ]
                ]
            }
        }
        #expect(selectable((0..<9).map { ".f\($0)" }) == ["spec.selectableFields: Too many: 9: must have at most 8 items"])
        #expect(selectable([".f0"]) == [])
        #expect(
            selectable([".o"]) == [
                "spec.selectableFields[0].jsonPath: Invalid value: \".o\": must point to a field of type string, boolean or integer. "
                    + "Enum string fields and strings with formats are allowed."
            ])
    }

    @Test(arguments: [
        (
            ["v1", "v2", "v10", "v2beta1", "v1beta2", "v1alpha1", "foo1", "v11beta2"],
            ["v10", "v2", "v1", "v11beta2", "v2beta1", "v1beta2", "v1alpha1", "foo1"]
        )
    ])
    func `versions are ordered by stability and number`(given: [String], ordered: [String]) {
        #expect(given.sorted(by: KubernetesVersion.precedes) == ordered)
    }
}
