import API
import JSON
import Testing

@testable import APIServer

@Suite struct LocalServicesTests {
    private let wanted = LocalServices.wanted(KindRegistry().offer)

    @Test func `every group and version but their own has one`() {
        #expect(wanted["v1."]?["spec"] == ["version": "v1", "groupPriorityMinimum": 18000, "versionPriority": 1])
        #expect(wanted["v2.autoscaling"]?["spec"]?["versionPriority"] == 30)
        #expect(wanted["v1.apps"]?["metadata"]?["labels"] == ["kube-aggregator.kubernetes.io/automanaged": "onstart"])
        #expect(wanted["v1.apiregistration.k8s.io"] == nil)
    }

    @Test func `only what differs is written, and only what is ours is removed`() throws {
        let apps = try #require(wanted["v1.apps"])
        #expect(LocalServices.changes(["v1.apps": apps], present: [apps]) == [])
        #expect(LocalServices.changes(["v1.apps": apps], present: []) == [.create(apps)])
        #expect(LocalServices.changes([:], present: [apps]) == [.delete("v1.apps")])
        var changed = apps
        changed[path: ["spec", "versionPriority"]] = 3
        #expect(LocalServices.changes(["v1.apps": apps], present: [changed]) == [.update(apps)])
        var foreign = changed
        foreign[path: ["metadata", "labels"]] = .none
        #expect(LocalServices.changes(["v1.apps": apps], present: [foreign]) == [])
        #expect(LocalServices.changes([:], present: [foreign]) == [])
    }
}
