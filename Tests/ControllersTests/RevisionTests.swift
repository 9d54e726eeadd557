import API
import JSON
import Testing

@testable import Controllers

@Suite struct RevisionTests {
    private let template: JSONValue = [
        "spec": [
            "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
            "containers": [
                [
                    "name": "test", "image": "test", "resources": [:], "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File", "imagePullPolicy": "Always",
                ]
            ], "restartPolicy": "Always", "securityContext": [:],
        ],
        "metadata": ["labels": ["app": "foo"], "annotations": ["test": "value"]],
    ]

    /// The name in upstream's `pkg/controller/statefulset/testdata/compatibility_revision_1.34.0.json`.
    @Test func `a revision is called as upstream calls it`() {
        #expect(TemplateRevision.hash(TemplateRevision.data(of: template), collisions: 0) == "776999688b")
    }

    @Test func `another count of collisions is another name`() {
        let data = TemplateRevision.data(of: template)
        #expect(TemplateRevision.hash(data, collisions: 1) != TemplateRevision.hash(data, collisions: 0))
    }

    @Test func `a revision brings back the template that it was made of`() {
        #expect(TemplateRevision.template(from: TemplateRevision.data(of: template)) == template)
    }

    @Test func `the order of members makes no other revision`() {
        var turned = template
        turned["metadata"] = ["annotations": ["test": "value"], "labels": ["app": "foo"]]
        #expect(
            TemplateRevision.hash(TemplateRevision.data(of: turned), collisions: 0)
                == TemplateRevision.hash(TemplateRevision.data(of: template), collisions: 0))
    }
}
