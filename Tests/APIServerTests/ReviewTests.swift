import API
import JSON
import Testing

@testable import APIServer

@Suite struct ReviewTests {
    private static let group = "/apis/authorization.k8s.io/v1"

    struct Bad: Sendable {
        var path: String
        var spec: JSONValue
        var message: String
    }

    @Test(arguments: [
        Bad(
            path: "subjectaccessreviews", spec: ["user": "u"],
            message: "SubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: "
                + "\"null\": exactly one of nonResourceAttributes or resourceAttributes must be specified"),
        Bad(
            path: "subjectaccessreviews", spec: ["resourceAttributes": ["verb": "get"]],
            message:
                "SubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.user: Invalid value: \"\": at least one of user "
                + "or group must be specified"),
        Bad(
            path: "namespaces/default/localsubjectaccessreviews",
            spec: ["user": "u", "resourceAttributes": ["verb": "get", "namespace": "other"]],
            message: "LocalSubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes.namespace: Invalid "
                + "value: \"other\": must match metadata.namespace"),
        Bad(
            path: "subjectaccessreviews",
            spec: [
                "user": "u",
                "resourceAttributes": [
                    "verb": "list", "resource": "pods",
                    "fieldSelector": ["rawSelector": "a=b", "requirements": [["key": "a", "operator": "Exists"]]],
                ],
            ],
            message:
                "SubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes.fieldSelector.rawSelector: "
                + "Invalid value: \"a=b\": may not specified at the same time as requirements"),
    ])
    func `a review that asks nothing or too much is refused`(bad: Bad) async throws {
        let server = try await ServerFixture.make()
        let answer = await server.post("\(Self.group)/\(bad.path)", ["spec": bad.spec])
        #expect(answer.code == 422 && answer.message == bad.message, "\(answer.message)")
    }

    @Test func `masters may do everything, for no stated reason`() async throws {
        let server = try await ServerFixture.make()
        let answer = await server.post(
            "\(Self.group)/selfsubjectaccessreviews", ["spec": ["resourceAttributes": ["verb": "delete", "resource": "nodes"]]])
        #expect(answer.code == 201 && answer.json["status"] == ["allowed": true])
        let path = await server.post(
            "\(Self.group)/selfsubjectaccessreviews", ["spec": ["nonResourceAttributes": ["verb": "get", "path": "/x"]]])
        #expect(path.json["status"] == ["allowed": true])
    }

    @Test func `a review may narrow a list by fields`() async throws {
        let server = try await ServerFixture.make()
        func ask(_ selector: JSONValue) async -> JSONValue? {
            let answer = await server.post(
                "\(Self.group)/subjectaccessreviews",
                [
                    "spec": [
                        "user": "system:node:n1", "groups": ["system:nodes"],
                        "resourceAttributes": ["verb": "list", "resource": "pods", "fieldSelector": selector],
                    ]
                ])
            return answer.json["status"]
        }
        #expect(await ask(["rawSelector": "spec.nodeName=n1"]) == ["allowed": true])
        let required: JSONValue = ["requirements": [["key": "spec.nodeName", "operator": "In", "values": ["n1"]]]]
        #expect(await ask(required) == ["allowed": true])
        #expect(
            await ask(["rawSelector": "spec.nodeName=n2"]) == [
                "allowed": false, "reason": "can only list/watch pods with spec.nodeName field selector",
            ])
    }
}
