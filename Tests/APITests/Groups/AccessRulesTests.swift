import JSON
import Testing

@testable import API

@Suite struct AccessRulesTests {
    private static let group = "rbac.authorization.k8s.io"

    static let roles: [(String, RuleCase)] = [
        ("roles", RuleCase("rules/0/verbs", [], "rules[0].verbs: Required value: verbs must contain at least one value")),
        (
            "roles",
            RuleCase(
                "rules/0", ["verbs": ["get"], "nonResourceURLs": ["/x"]],
                "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs")
        ),
        (
            "clusterroles",
            RuleCase(
                "rules/0", ["verbs": ["get"], "nonResourceURLs": ["/x"], "resourceNames": ["a"]],
                "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and non-resource URLs"
            )
        ),
        (
            "clusterroles",
            RuleCase(
                "aggregationRule", [:],
                "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil"
            )
        ),
        ("clusterroles", RuleCase("metadata/name", "a:b")),
        ("clusterroles", RuleCase("metadata/name", "a/b", "metadata.name: Invalid value: \"a/b\": may not contain '/'")),
    ]

    @Test(arguments: roles)
    func `refuses roles with upstream's causes`(resource: String, entry: RuleCase) throws {
        let role = try RuleFixture(
            Self.group, resource, ["rules": [["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]]])
        #expect(role.creating(entry.changes) == entry.errors)
    }

    private func binding(_ resource: String) throws -> RuleFixture {
        try RuleFixture(
            Self.group, resource,
            [
                "roleRef": ["kind": "ClusterRole", "name": "view"],
                "subjects": [
                    ["kind": "User", "name": "jane"], ["kind": "ServiceAccount", "name": "a", "namespace": "default"],
                ],
            ])
    }

    static let bindings = [
        RuleCase(
            "roleRef/kind", "Role", "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""),
        RuleCase("roleRef/name", "", "roleRef.name: Required value"),
        RuleCase("subjects/1/namespace", nil, "subjects[1].namespace: Required value"),
        RuleCase("subjects/1/apiGroup", "x", "subjects[1].apiGroup: Unsupported value: \"x\": supported values: \"\""),
        RuleCase(
            "subjects/0/kind", "Robot",
            "subjects[0].kind: Unsupported value: \"Robot\": supported values: \"ServiceAccount\", \"User\", \"Group\""),
    ]

    @Test(arguments: bindings)
    func `refuses bindings with upstream's causes`(entry: RuleCase) throws {
        #expect(try binding("clusterrolebindings").creating(entry.changes) == entry.errors)
    }

    @Test func `a binding keeps its role`() throws {
        let fixture = try binding("rolebindings")
        #expect(fixture.made()["subjects"]?[0]?["apiGroup"]?.string == Self.group)
        #expect(
            fixture.updating([Change("roleRef/name", "edit")]) == [
                "roleRef: Invalid value: {\"kind\":\"ClusterRole\",\"name\":\"edit\",\"apiGroup\":\"rbac.authorization.k8s.io\"}: cannot change roleRef"
            ])
        #expect(fixture.cells() == ["sample", "ClusterRole/view", "5m", "jane", "", "default/a"])
        #expect(fixture.kind.rules.allowsCreateOnUpdate)
    }

    static let reviews: [(String, JSONValue, [String])] = [
        (
            "subjectaccessreviews", ["spec": ["user": "jane"]],
            [
                "spec.resourceAttributes: Invalid value: \"null\": exactly one of nonResourceAttributes or resourceAttributes must be specified"
            ]
        ),
        (
            "subjectaccessreviews", ["spec": ["nonResourceAttributes": ["path": "/"]]],
            ["spec.user: Invalid value: \"\": at least one of user or group must be specified"]
        ),
        (
            "selfsubjectaccessreviews", ["metadata": ["name": "a"], "spec": ["nonResourceAttributes": ["path": "/"]]],
            ["metadata: Invalid value: {\"name\":\"a\"}: must be empty"]
        ),
        (
            "localsubjectaccessreviews",
            ["metadata": ["namespace": "a"], "spec": ["user": "u", "resourceAttributes": ["namespace": "b"]]],
            ["spec.resourceAttributes.namespace: Invalid value: \"b\": must match metadata.namespace"]
        ),
    ]

    @Test(arguments: reviews)
    func `refuses questions with upstream's causes`(resource: String, object: JSONValue, errors: [String]) throws {
        let kind = try #require(
            Catalog.kind(GroupVersionResource(group: "authorization.k8s.io", version: "v1", resource: resource)))
        #expect(kind.rules.validate(object).map(\.description) == errors)
    }

    private static let request = Base64.encode(
        Array(
            """
            -----BEGIN CERTIFICATE REQUEST-----
            MIHMMHQCAQAwEjEQMA4GA1UEAwwHZTJlLWNzcjBZMBMGByqGSM49AgEGCCqGSM49
            AwEHA0IABHsdUAT3AXioCizuYHGjRE79Bz6KEeCXCyqhHO8GZhjKH/fw59agG1gg
            A7SA77E9AT7ZfY1m2pdO+TDABGHXiK6gADAKBggqhkjOPQQDAgNIADBFAiB1AZi5
            tR76FiJKqhCSR0+3MIBr4jlSgio8qTKF9Hw5bwIhAMyLUiXMjna6sdHaX/jJ3TFl
            N/KmsHxAWrivseGNOXB5
            -----END CERTIFICATE REQUEST-----
            """.utf8))

    private func certificateRequest() throws -> RuleFixture {
        try RuleFixture(
            "certificates.k8s.io", "certificatesigningrequests",
            [
                "spec": [
                    "request": .string(Self.request), "signerName": "example.com/e2e", "usages": ["client auth"],
                    "username": "jane",
                ]
            ])
    }

    static let requests = [
        RuleCase("spec/request", "eA==", "spec.request: Invalid value: \"eA==\": PEM block type must be CERTIFICATE REQUEST"),
        RuleCase("spec/usages", [], "spec.usages: Required value"),
        RuleCase("spec/usages", ["any", "any"], "spec.usages[1]: Duplicate value: \"any\""),
        RuleCase(
            "spec/signerName", "kubernetes.io/legacy-unknown",
            "spec.signerName: Invalid value: \"kubernetes.io/legacy-unknown\": the legacy signerName is not allowed via this API version"
        ),
        RuleCase(
            "spec/signerName", "me",
            "spec.signerName: Invalid value: \"me\": must be a fully qualified domain and path of the form 'example.com/signer-name'"
        ),
        RuleCase(
            "spec/expirationSeconds", 60,
            "spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)"),
    ]

    @Test(arguments: requests)
    func `refuses a request for a certificate with upstream's causes`(entry: RuleCase) throws {
        #expect(try certificateRequest().creating(entry.changes) == entry.errors)
    }

    @Test func `approval and certificate come by their own ways`() throws {
        let fixture = try certificateRequest()
        let approved: JSONValue = ["type": "Approved", "status": "True"]
        #expect(
            fixture.updatingStatus([Change("status/conditions", [approved])]) == [
                "status.conditions: Forbidden: updates may not add a condition of type \"Approved\""
            ])
        #expect(
            fixture.updatingStatus([Change("status/certificate", "eA==")]) == [
                "status.certificate: Invalid value: \"<certificate data>\": must contain at least one CERTIFICATE PEM block"
            ])
        let old = fixture.made()
        var new = old
        new[path: ["status", "conditions"]] = [approved, ["type": "Denied", "status": "False"]]
        #expect(
            CertificateRequestRules.validateApproval(new: new, old: old).map(\.description) == [
                "status.conditions[1].status: Unsupported value: \"False\": supported values: \"True\"",
                "status.conditions[1].type: Invalid value: \"Denied\": Approved and Denied conditions are mutually exclusive",
            ])
        #expect(
            fixture.cells([Change("status/conditions", [approved])]) == [
                "sample", "5m", "example.com/e2e", "jane", "<none>", "Approved",
            ])
    }
}
