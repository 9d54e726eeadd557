import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct FlowControlTests {
    private static let group = "/apis/flowcontrol.apiserver.k8s.io/v1"

    private static let rules = FlowRules(
        schemas: (FlowControlDefaults.mandatorySchemas + FlowControlDefaults.suggestedSchemas).map(FlowSchema.init(json:)),
        levels: (FlowControlDefaults.mandatoryLevels + FlowControlDefaults.suggestedLevels)
            .map(PriorityLevelConfiguration.init(json:)), seats: 600)

    private func user(_ name: String, _ groups: [String] = []) -> User {
        User(name: name, groups: groups + ["system:authenticated"])
    }

    @Test func `requests go where the first schema that takes them says`() throws {
        func schema(_ request: AccessRequest) -> String? { Self.rules.classify(request)?.schema }
        #expect(schema(AccessRequest(user: user("admin", ["system:masters"]), verb: "get", resource: "pods")) == "exempt")
        #expect(schema(AccessRequest(user: user("bob"), verb: "get", nonResourcePath: "/readyz")) == "probes")
        #expect(schema(AccessRequest(user: user("bob"), verb: "list", resource: "pods")) == "global-default")
        let node = user("system:node:n1", ["system:nodes"])
        #expect(schema(AccessRequest(user: node, verb: "patch", resource: "nodes", subresource: "status")) == "system-node-high")
        #expect(schema(AccessRequest(user: node, verb: "list", resource: "pods")) == "system-nodes")
        let account = user("system:serviceaccount:kube-system:x", ["system:serviceaccounts"])
        #expect(
            schema(
                AccessRequest(
                    user: account, verb: "update", namespace: "kube-system", group: "coordination.k8s.io", resource: "leases"))
                == "system-leader-election")
        #expect(schema(AccessRequest(user: account, verb: "get", resource: "pods")) == "kube-system-service-accounts")
        let other = user("system:serviceaccount:default:x", ["system:serviceaccounts"])
        #expect(schema(AccessRequest(user: other, verb: "get", namespace: "default", resource: "pods")) == "service-accounts")
    }

    @Test func `seats are shared out by upstream's shares`() {
        let seats = Dictionary(uniqueKeysWithValues: Self.rules.levels.map { ($0.name, $0.nominalSeats) })
        #expect(seats["workload-low"] == 245 && seats["system"] == 74 && seats["catch-all"] == 13 && seats["exempt"] == 0)
    }

    private let waiting = FlowLevel(
        name: "a", isExempt: false, nominalSeats: 1, queueLengthMax: 3, flowQueueLengthMax: 2)
    private let refusing = FlowLevel(name: "b", isExempt: false, nominalSeats: 1, queueLengthMax: 0, flowQueueLengthMax: 0)

    @Test func `idle seats are lent, one's own are always there`() async throws {
        let seats = FlowSeats(seats: 3)
        for _ in 0..<3 { try await seats.enter(refusing, flow: "x") }
        await #expect(throws: FlowSeats.Refusal.noSeat) { try await seats.enter(refusing, flow: "x") }
        try await seats.enter(waiting, flow: "x")
        #expect(seats.counts.map(\.counts.executing) == [1, 3])
        #expect(seats.counts[1].counts.rejected == ["concurrency-limit": 1])
    }

    @Test func `who waits is let in as seats become free, flow by flow`() async throws {
        let seats = FlowSeats(seats: 1)
        try await seats.enter(waiting, flow: "first")
        let level = waiting
        let order = Order()
        await withTaskGroup(of: Void.self) { group in
            for flow in ["x", "x", "y"] {
                let before = seats.counts[0].counts.waiting
                group.addTask {
                    guard (try? await seats.enter(level, flow: flow)) != nil else { return }
                    await order.add(flow)
                    seats.leave(level)
                }
                while seats.counts[0].counts.waiting == before { await Task.yield() }
            }
            await #expect(throws: FlowSeats.Refusal.queueFull) { try await seats.enter(level, flow: "z") }
            seats.leave(level)
        }
        #expect(await order.all == ["x", "y", "x"])
        #expect(seats.counts[0].counts == .init(executing: 0, waiting: 0, dispatched: 4, rejected: ["queue-full": 1]))
    }

    private actor Order {
        var all: [String] = []
        func add(_ flow: String) { all.append(flow) }
    }

    @Test func `a request whose time is over leaves the line`() async throws {
        let seats = FlowSeats(seats: 1)
        try await seats.enter(waiting, flow: "first")
        let level = waiting
        await withTaskGroup(of: FlowSeats.Refusal?.self) { group in
            group.addTask {
                do throws(FlowSeats.Refusal) {
                    try await seats.enter(level, flow: "late")
                    return nil
                } catch {
                    return error
                }
            }
            while seats.counts[0].counts.waiting == 0 { await Task.yield() }
            group.cancelAll()
            for await outcome in group { #expect(outcome == .timeOut) }
        }
        #expect(seats.counts[0].counts.waiting == 0)
        seats.leave(waiting)
        try await seats.enter(waiting, flow: "next")
    }

    @Test func `answers name the schema and the level, as soon as there are any`() async throws {
        let server = try await ServerFixture.make()
        #expect((await server.send("GET", "/version")).headers[FlowControl.schemaHeader] == nil)
        var level = FlowControlDefaults.mandatoryLevels[1]
        level["metadata"] = ["name": "exempt"]
        let made = await server.post("\(Self.group)/prioritylevelconfigurations", level)
        #expect(made.code == 201, "\(made.message)")
        let schema = await server.post("\(Self.group)/flowschemas", FlowControlDefaults.mandatorySchemas[0])
        #expect(schema.code == 201, "\(schema.message)")
        let answer = await server.send("GET", "/api/v1/namespaces")
        #expect(answer.headers[FlowControl.schemaHeader] == schema.json["metadata"]?["uid"]?.string)
        #expect(answer.headers[FlowControl.levelHeader] == made.json["metadata"]?["uid"]?.string)
        let nobody = await server.send("GET", "/version", token: ServerFixture.nobodyToken)
        #expect(nobody.headers[FlowControl.schemaHeader] == nil)
        let metrics = Answer(await server.send("GET", "/metrics")).json.string ?? ""
        #expect(metrics.contains("apiserver_flowcontrol_dispatched_requests_total{priority_level=\"exempt\"}"))
    }

    @Test func `a level that is full answers 429`() async throws {
        let server = try await ServerFixture.make()
        await server.bootstrapRoles()
        let level: JSONValue = [
            "metadata": ["name": "tiny"],
            "spec": ["type": "Limited", "limited": ["nominalConcurrencyShares": 1, "limitResponse": ["type": "Reject"]]],
        ]
        #expect((await server.post("\(Self.group)/prioritylevelconfigurations", level)).code == 201)
        let schema: JSONValue = [
            "metadata": ["name": "tiny"],
            "spec": [
                "priorityLevelConfiguration": ["name": "tiny"], "matchingPrecedence": 50,
                "rules": [
                    [
                        "subjects": [["kind": "User", "user": ["name": "nobody"]]],
                        "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
                    ]
                ],
            ],
        ]
        let made = await server.post("\(Self.group)/flowschemas", schema)
        #expect(made.code == 201, "\(made.message)")
        let flow = server.parts.handler.flow
        let found = try #require(
            flow.classify(AccessRequest(user: User(name: "nobody"), verb: "get", nonResourcePath: "/version")))
        for _ in 0..<600 { try await flow.seats.enter(found.level, flow: found.flow) }
        let refused = await server.send("GET", "/version", token: ServerFixture.nobodyToken)
        #expect(refused.status == 429 && refused.headers["retry-after"] == "1")
        #expect(refused.headers[FlowControl.schemaHeader] == found.schemaUID)
        flow.seats.leave(found.level)
        #expect((await server.send("GET", "/version", token: ServerFixture.nobodyToken)).status == 200)
    }
}
