import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct FlowControlControllerTests {
    let harness = Harness()
    let controller = FlowControlController()

    private func schema(_ name: String) -> FlowSchema? {
        harness.cluster.all(FlowSchema.self).first { $0.metadata.name == name }
    }

    @Test(arguments: ["catch-all", "exempt", "global-default"])
    func `brings back what was deleted`(name: String) async {
        await harness.settle(controller, .level(name))
        await harness.settle(controller, .schema(name))
        #expect(schema(name) != nil)
        #expect(harness.cluster.all(PriorityLevelConfiguration.self).map(\.metadata.name) == [name])
    }

    @Test func `what is mandatory stays as it is, what is suggested may be changed by who says so`() async throws {
        for name in ["catch-all", "global-default"] {
            await harness.settle(controller, .level(name))
            try await harness.cluster.patch(
                PriorityLevelConfiguration.resource, key(name, ""), .merge,
                [
                    "metadata": ["annotations": ["apf.kubernetes.io/autoupdate-spec": "false"]],
                    "spec": ["limited": ["nominalConcurrencyShares": 77]],
                ], subresource: nil)
            await harness.settle(controller, .level(name))
        }
        let levels = harness.cluster.all(PriorityLevelConfiguration.self)
        #expect(levels.map(\.shares) == [5, 77])
    }

    @Test func `says whether the level of a schema exists`() async throws {
        harness.cluster.put(
            FlowSchema.resource,
            ["metadata": ["name": "mine"], "spec": ["priorityLevelConfiguration": ["name": "nowhere"]]])
        await harness.settle(controller, .schema("mine"))
        #expect(schema("mine")?.conditions["Dangling"]?.status == "True")
        harness.cluster.put(PriorityLevelConfiguration.resource, ["metadata": ["name": "nowhere"], "spec": [:]])
        await harness.settle(controller, .schema("mine"))
        let condition = try #require(schema("mine")?.conditions["Dangling"])
        #expect(condition.status == "False" && condition.reason == "Found")
    }
}
