import API
import JSON
import Testing

@testable import Machinery

@Suite struct FieldManagerTests {
    private func conflicts(_ body: () throws -> Void) -> [String] {
        do {
            try body()
            return []
        } catch let error as ApplyError {
            guard case .conflicts(let conflicts) = error else { return ["\(error)"] }
            return conflicts.map { "\($0.manager.manager)\($0.path.map(\.description).joined())" }.sorted()
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `an applier owns what it states`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"numeric\":1,\"set\":[\"a\"]}", "one")
        #expect(fixture.content == ["numeric": 1, "set": ["a"]])
        #expect(fixture.books == ["one Apply: .numeric .set[=\"a\"]"])
    }

    @Test func `what an applier leaves out goes, unless another owns it`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"numeric\":1,\"string\":\"a\",\"set\":[\"a\",\"b\"],\"map\":{\"x\":\"1\",\"y\":\"2\"}}", "one")
        try fixture.apply("{\"numeric\":1,\"set\":[\"b\"]}", "two")
        try fixture.apply("{\"map\":{\"y\":\"2\"}}", "one")
        #expect(fixture.content == ["numeric": 1, "set": ["b"], "map": ["y": "2"]])
        #expect(fixture.books == ["one Apply: .map.y", "two Apply: .numeric .set[=\"b\"]"])
    }

    @Test func `two appliers share what they agree on`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"numeric\":1}", "one")
        try fixture.apply("{\"numeric\":1}", "two")
        #expect(fixture.books == ["one Apply: .numeric", "two Apply: .numeric"])
        try fixture.apply("{}", "two")
        #expect(fixture.content == ["numeric": 1])
        #expect(conflicts { try fixture.apply("{\"numeric\":2}", "two") } == ["one.numeric"])
    }

    @Test func `a conflict changes nothing, force takes over`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"numeric\":1,\"string\":\"a\"}", "one")
        let before = fixture.object
        #expect(conflicts { try fixture.apply("{\"numeric\":2,\"string\":\"b\"}", "two") } == ["one.numeric", "one.string"])
        #expect(fixture.object == before)
        try fixture.apply("{\"numeric\":2}", "two", force: true)
        #expect(fixture.content == ["numeric": 2, "string": "a"])
        #expect(fixture.books == ["one Apply: .string", "two Apply: .numeric"])
        #expect(conflicts { try fixture.apply("{\"numeric\":1,\"string\":\"a\"}", "one") } == ["two.numeric"])
    }

    @Test func `an update owns what it changed and takes it from others`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"numeric\":1,\"string\":\"a\"}", "one")
        try fixture.update("{\"numeric\":2,\"string\":\"a\",\"bool\":true}", "controller")
        #expect(fixture.books == ["controller Update: .bool .numeric", "one Apply: .string"])
        #expect(conflicts { try fixture.apply("{\"numeric\":1,\"string\":\"a\"}", "one") } == ["controller.numeric"])
        // The applier gives the field up by no longer stating it; the updater's value stays.
        try fixture.apply("{\"string\":\"a\"}", "one")
        #expect(fixture.content == ["numeric": 2, "string": "a", "bool": true])
    }

    @Test func `an update that removes fields leaves nobody owning them`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"numeric\":1,\"list\":[{\"name\":\"a\",\"value\":1}]}", "one")
        try fixture.update("{\"numeric\":1}", "controller")
        #expect(fixture.books == ["one Apply: .numeric"])
    }

    @Test func `pruning keeps what an updater owns beside it, but not inside an element that goes`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"inner\":{\"a\":1},\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"b\"}]}", "one")
        let tagged = "{\"name\":\"a\",\"value\":1,\"tags\":[\"t\"]}"
        try fixture.update(
            "{\"inner\":{\"a\":1,\"b\":2},\"list\":[\(tagged),{\"name\":\"b\"},{\"name\":\"c\"}]}", "controller")
        try fixture.apply("{\"numeric\":1}", "one")
        #expect(fixture.content == ["inner": ["b": 2], "list": [["name": "c"]], "numeric": 1])
        #expect(
            fixture.books == [
                "controller Update: .inner.b .list[name=\"c\"] .list[name=\"c\"].name", "one Apply: .numeric",
            ])
    }

    @Test func `nested lists are pruned element by element`() throws {
        var fixture = ApplyFixture()
        try fixture.apply(
            "{\"list\":[{\"name\":\"a\",\"ports\":[{\"port\":80},{\"port\":81}]},{\"name\":\"b\",\"tags\":[\"x\",\"y\"]}]}", "one"
        )
        try fixture.apply("{\"list\":[{\"name\":\"a\",\"ports\":[{\"port\":81}]}]}", "one")
        #expect(fixture.content == ["list": [["name": "a", "ports": [["port": 81]]]]])
    }

    @Test func `an emptied structure goes with its last field`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"inner\":{\"a\":1},\"free\":{\"x\":{\"y\":1}}}", "one")
        try fixture.apply("{\"numeric\":1}", "one")
        #expect(fixture.content == ["numeric": 1])
    }

    @Test func `atomic values have one owner`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"atoms\":[1],\"atomicMap\":{\"a\":\"1\"}}", "one")
        #expect(conflicts { try fixture.apply("{\"atomicMap\":{\"b\":\"2\"}}", "two") } == ["one.atomicMap"])
        try fixture.apply("{\"atomicMap\":{\"b\":\"2\"}}", "two", force: true)
        #expect(fixture.content == ["atoms": [1], "atomicMap": ["b": "2"]])
        #expect(fixture.books == ["one Apply: .atoms", "two Apply: .atomicMap"])
    }

    @Test func `the first apply finds out what was there before`() throws {
        var fixture = ApplyFixture()
        fixture.object = try ApplyFixture.object("{\"metadata\":{\"uid\":\"u\"},\"numeric\":1,\"string\":\"a\"}")
        #expect(conflicts { try fixture.apply("{\"numeric\":2}", "one") } == ["before-first-apply.numeric"])
        try fixture.apply("{\"numeric\":1}", "one")
        #expect(fixture.books == ["before-first-apply Update: .numeric .string", "one Apply: .numeric"])
    }

    @Test func `nobody keeps books of an object whose books were thrown away`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"numeric\":1}", "one")
        for reset: JSONValue in [[], [[:]]] {
            var new = try #require(fixture.object)
            new[path: ["metadata", "managedFields"]] = reset
            let cleared = fixture.manager.update(from: fixture.object, to: new, manager: "x", now: fixture.now)
            #expect(cleared["metadata"]?["managedFields"] == nil)
            var later = cleared
            later["numeric"] = 5
            let updated = fixture.manager.update(from: cleared, to: later, manager: "x", now: fixture.now)
            #expect(updated["metadata"]?["managedFields"] == nil)
        }
        var broken = try #require(fixture.object)
        broken[path: ["metadata", "managedFields"]] = [["operation": "Dance"]]
        let kept = fixture.manager.update(from: fixture.object, to: broken, manager: "x", now: fixture.now)
        #expect(kept["metadata"]?["managedFields"] == fixture.object?["metadata"]?["managedFields"])
    }

    @Test func `times change only when a set gains`() throws {
        var fixture = ApplyFixture()
        try fixture.update("{\"numeric\":1,\"string\":\"a\"}", "x")
        let first = fixture.object?["metadata"]?["managedFields"]?[0]?["time"]
        #expect(first == "2027-01-15T08:00:00Z")
        fixture.now = fixture.now.adding(.seconds(60))
        try fixture.update("{\"numeric\":1}", "x")
        #expect(fixture.object?["metadata"]?["managedFields"]?[0]?["time"] == first)
        try fixture.update("{\"numeric\":2}", "x")
        #expect(fixture.object?["metadata"]?["managedFields"]?[0]?["time"] == "2027-01-15T08:01:00Z")
    }

    @Test func `the oldest updates are merged beyond ten`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"string\":\"a\"}", "applier")
        var members: [String] = []
        for index in 0..<12 {
            fixture.now = fixture.now.adding(.seconds(1))
            members.append("\"k\(index)\":\"v\"")
            try fixture.update("{\"string\":\"a\",\"map\":{\(members.joined(separator: ","))}}", "u\(index)")
        }
        let managers = fixture.books.map { String($0.prefix { $0 != " " }) }
        #expect(managers.count == 11 && managers.contains("ancient-changes") && managers.contains("applier"))
        #expect(!managers.contains("u0") && !managers.contains("u2") && managers.contains("u3"))
        #expect(fixture.books.first { $0.hasPrefix("ancient") } == "ancient-changes Update: .map .map.k0 .map.k1 .map.k2")
    }

    @Test func `reset fields are owned by nobody`() throws {
        var fixture = ApplyFixture(ignored: .excluding(.fields(["inner"])))
        try fixture.apply("{\"numeric\":1,\"inner\":{\"a\":1}}", "one")
        #expect(fixture.books == ["one Apply: .numeric"])
        try fixture.update("{\"numeric\":1,\"inner\":{\"a\":2},\"bool\":true}", "two")
        #expect(fixture.books == ["one Apply: .numeric", "two Update: .bool"])
    }

    @Test func `kubectl takes over what it applied before on the client's side`() throws {
        var fixture = ApplyFixture()
        let annotation = "{\\\"apiVersion\\\":\\\"v1\\\",\\\"kind\\\":\\\"Thing\\\",\\\"numeric\\\":1,\\\"string\\\":\\\"a\\\"}"
        let metadata = "\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":\"\(annotation)\"}}"
        try fixture.update("{\(metadata),\"numeric\":1,\"string\":\"b\"}", "kubectl-client-side-apply")
        #expect(conflicts { try fixture.apply("{\"numeric\":2}", "other") } == ["kubectl-client-side-apply.numeric"])
        #expect(
            conflicts { try fixture.apply("{\"numeric\":2,\"string\":\"c\"}", "kubectl") } == ["kubectl-client-side-apply.string"]
        )
        try fixture.apply("{\"numeric\":2}", "kubectl")
        #expect(fixture.content == ["numeric": 2, "string": "b"])
        let text = fixture.object?["metadata"]?["annotations"]?["kubectl.kubernetes.io/last-applied-configuration"]?.string
        #expect(text == "{\"apiVersion\":\"v1\",\"kind\":\"Thing\",\"numeric\":2}\n")
    }

    @Test func `ownership crosses versions, and goes with one that is served no more`() throws {
        let versions = TestVersions(type: ApplyFixture.type, renamed: ["v2": "other"], served: ["v1", "v2"])
        var fixture = ApplyFixture(versions)
        try fixture.apply("{\"numeric\":1}", "one")
        fixture.manager = ApplyFixture(versions, apiVersion: "v2").manager
        let live = try #require(fixture.object.flatMap { versions.convert($0, to: "v2") })
        #expect(
            conflicts {
                _ = try fixture.manager.apply(
                    ApplyFixture.object("{\"other\":2}", "v2"), to: live, manager: "two", forces: false, now: fixture.now)
            } == ["one.numeric"])
        let one = try fixture.manager.apply(
            ApplyFixture.object("{\"string\":\"x\"}", "v2"), to: live, manager: "one", forces: false, now: fixture.now)
        #expect(one["other"] == nil && one["string"] == "x")
        let gone = ApplyFixture(TestVersions(type: ApplyFixture.type, served: ["v2"]), apiVersion: "v2").manager
        let after = try gone.apply(
            ApplyFixture.object("{\"other\":2}", "v2"), to: live, manager: "two", forces: false, now: fixture.now)
        #expect(after["metadata"]?["managedFields"]?.array?.count == 1)
    }

    @Test func `a list that became atomic is owned as a whole`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"set\":[1,2]}", "one")
        guard case .structure(let structure, _) = ApplyFixture.type, var test = structure as? TestStructure else { return }
        test.members["set"] = .list(element: .scalar(.any), .atomic)
        fixture.manager = ApplyFixture(TestVersions(type: .structure(test, isAtomic: false))).manager
        #expect(conflicts { try fixture.apply("{\"set\":[3]}", "two") } == ["one.set"])
        try fixture.apply("{\"set\":[3]}", "one")
        #expect(fixture.content == ["set": [3]] && fixture.books == ["one Apply: .set"])
    }

    @Test func `the scale carries its books to the object and back`() throws {
        var fixture = ApplyFixture()
        try fixture.apply("{\"inner\":{\"a\":1,\"b\":1}}", "one")
        let ownership = ScaleOwnership(apiVersion: "v1", replicas: ["inner", "a"])
        let parent = fixture.object?["metadata"]?["managedFields"]
        let scale = ownership.scaleFields(of: parent)
        #expect(scale[0]?["apiVersion"] == "autoscaling/v1" && scale[0]?["fieldsV1"] == ["f:spec": ["f:replicas": [:]]])
        #expect(ownership.objectFields(parent, afterScale: scale) == parent)
        let stolen: JSONValue = [
            [
                "manager": "hpa", "operation": "Update", "apiVersion": "autoscaling/v1", "fieldsType": "FieldsV1",
                "fieldsV1": ["f:spec": ["f:replicas": [:]]], "subresource": "scale", "time": "2027-01-15T08:00:00Z",
            ]
        ]
        let after = ownership.objectFields(parent, afterScale: stolen)
        #expect(after[0]?["fieldsV1"] == ["f:inner": ["f:b": [:]]])
        #expect(after[1]?["manager"] == "hpa" && after[1]?["subresource"] == "scale" && after[1]?["apiVersion"] == "v1")
        #expect(after[1]?["fieldsV1"] == ["f:inner": ["f:a": [:]]])
    }

    @Test(arguments: [
        ("kubectl/v1.30.0 (linux/amd64)", "kubectl"), ("", ""), ("a\u{1}b/c", "ab"),
        (String(repeating: "x", count: 200), String(repeating: "x", count: 128)),
    ])
    func `a user agent names a manager`(agent: String, manager: String) {
        #expect(ManagedFieldsRules.manager(userAgent: agent) == manager)
    }
}
