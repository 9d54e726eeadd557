import HTTP
import JSON
import Store
import Testing

@testable import APIServer

@Suite struct VerbTests {
    private let maps = "/api/v1/namespaces/default/configmaps"

    private func map(_ name: String, _ data: String = "1", labels: [String: String] = [:]) -> JSONValue {
        [
            "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": .string(name), "labels": JSONValue(labels)],
            "data": ["a": .string(data)],
        ]
    }

    @Test func `an object is created, read, replaced, patched and deleted`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post(maps, map("one"))
        #expect(created.code == 201)
        #expect(created.json["metadata"]?["namespace"] == "default")
        #expect(created.json["metadata"]?["uid"]?.string?.count == 36)
        #expect(created.json["metadata"]?["creationTimestamp"] == "2027-01-15T08:00:00Z")
        let read = await server.get("\(maps)/one")
        #expect(read.code == 200 && read.json == created.json)

        var changed = read.json
        changed["data"] = ["a": "2"]
        let replaced = await server.put("\(maps)/one", changed)
        #expect(replaced.code == 200 && replaced.revision != read.revision)
        let same = await server.put("\(maps)/one", replaced.json)
        #expect(same.revision == replaced.revision)

        let patched = await server.patch("\(maps)/one", ["data": ["b": "3"]])
        #expect(patched.json["data"] == ["a": "2", "b": "3"])
        let gone = await server.delete("\(maps)/one")
        #expect(gone.code == 200 && gone.json["status"] == "Success" && gone.json["details"]?["kind"] == "configmaps")
        #expect(await server.get("\(maps)/one").code == 404)
    }

    @Test func `refusals are worded as upstream words them`() async throws {
        let server = try await ServerFixture.make()
        let missing = await server.get("\(maps)/none")
        #expect(missing.code == 404 && missing.message == "configmaps \"none\" not found")
        let created = await server.post(maps, map("one"))
        let twice = await server.post(maps, map("one"))
        #expect(twice.code == 409 && twice.message == "configmaps \"one\" already exists")
        _ = await server.patch("\(maps)/one", ["data": ["a": "9"]])
        let stale = await server.put("\(maps)/one", created.json)
        #expect(stale.code == 409)
        #expect(
            stale.message
                == "Operation cannot be fulfilled on configmaps \"one\": the object has been modified; please apply your changes "
                + "to the latest version and try again")
        let invalid = await server.post(maps, map("Not_a_name"))
        #expect(invalid.code == 422 && invalid.reason == "Invalid")
        #expect(invalid.json["details"]?["causes"]?[0]?["field"] == "metadata.name")
        let nowhere = await server.post("/api/v1/namespaces/nowhere/configmaps", map("one"))
        #expect(nowhere.code == 404 && nowhere.message == "namespaces \"nowhere\" not found")
        let wrongName = await server.put("\(maps)/other", map("one"))
        #expect(wrongName.code == 400)
        #expect(wrongName.message == "the name of the object (one) does not match the name on the URL (other)")
        #expect(await server.get("/apis/nothing/v1/things").code == 404)
        #expect(await server.patch("\(maps)/one", [:], type: "text/plain").code == 415)
        let unknown = Answer(
            await server.send("POST", maps, body: Array("{".utf8), headers: ["content-type": "application/json"]))
        #expect(unknown.code == 400)
        let html = Answer(await server.send("GET", maps, headers: ["accept": "text/html"]))
        #expect(html.code == 406)
        let field = await server.get("\(maps)?fieldSelector=spec.x=1")
        #expect(field.code == 400)
    }

    @Test func `names are generated`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post(maps, ["metadata": ["generateName": "web-"]])
        let name = created.json["metadata"]?["name"]?.string ?? ""
        #expect(created.code == 201 && name.hasPrefix("web-") && name.count == 9)
    }

    @Test func `a dry run changes nothing`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post("\(maps)?dryRun=All", map("one"))
        #expect(created.code == 201)
        #expect(await server.get("\(maps)/one").code == 404)
        #expect(await server.post("\(maps)?dryRun=Some", map("one")).code == 422)
    }

    @Test func `lists are selected, ordered and paged with a count`() async throws {
        let server = try await ServerFixture.make()
        for name in ["c", "a", "d", "b"] {
            _ = await server.post(maps, map(name, labels: ["even": name == "b" || name == "d" ? "yes" : "no"]))
        }
        let all = await server.get(maps)
        #expect(all.json["kind"] == "ConfigMapList" && all.names == ["a", "b", "c", "d"])
        #expect(await server.get("\(maps)?labelSelector=even=yes").names == ["b", "d"])
        #expect(await server.get("\(maps)?fieldSelector=metadata.name=c").names == ["c"])
        let first = await server.get("\(maps)?limit=3")
        #expect(first.names == ["a", "b", "c"] && first.json["metadata"]?["remainingItemCount"] == 1)
        _ = await server.delete("\(maps)/d")
        let token = first.json["metadata"]?["continue"]?.string ?? ""
        let second = await server.get("\(maps)?limit=3&continue=\(token)")
        #expect(second.names == ["d"] && second.revision == first.revision)
        try await server.store.compact(through: server.store.currentRevision)
        let expired = await server.get("\(maps)?limit=3&continue=\(token)")
        #expect(expired.code == 410 && expired.reason == "Expired")
        let again = expired.json["metadata"]?["continue"]?.string ?? ""
        #expect(await server.get("\(maps)?limit=3&continue=\(again)").code == 200)
        let future = await server.get("\(maps)?resourceVersionMatch=Exact")
        #expect(future.code == 422)
    }

    @Test func `a collection is deleted by selector`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(maps, map("a", labels: ["x": "1"]))
        _ = await server.post(maps, map("b"))
        #expect(await server.delete("\(maps)?labelSelector=x=1").code == 200)
        #expect(await server.get(maps).names == ["b"])
    }

    @Test func `finalizers keep an object until they are gone`() async throws {
        let server = try await ServerFixture.make()
        var object = map("one")
        object[path: ["metadata", "finalizers"]] = ["example.com/hold"]
        _ = await server.post(maps, object)
        let marked = await server.delete("\(maps)/one")
        #expect(marked.code == 200 && marked.json["metadata"]?["deletionTimestamp"]?.string != nil)
        #expect(await server.get("\(maps)/one").code == 200)
        #expect(await server.patch("\(maps)/one", ["metadata": ["finalizers": .null]]).code == 200)
        #expect(await server.get("\(maps)/one").code == 404)
    }

    @Test func `preconditions of a delete are checked`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post(maps, map("one"))
        let wrong = await server.delete("\(maps)/one", ["preconditions": ["uid": "x"]])
        #expect(wrong.code == 409 && wrong.reason == "Conflict")
        let uid = created.json["metadata"]?["uid"] ?? ""
        #expect(await server.delete("\(maps)/one", ["preconditions": ["uid": uid]]).code == 200)
    }

    @Test func `the same verbs work over SQLite and survive a restart`() async throws {
        let directory = TemporaryPath()
        let store = try directory.open()
        let server = try await ServerFixture.make(store)
        let created = await server.post(maps, map("one"))
        await store.close()
        let again = try directory.open()
        let restarted = try await ServerFixture.make(again)
        #expect(await restarted.get("\(maps)/one").json == created.json)
        try await restarted.watching("\(maps)?watch=true&resourceVersion=\(Int(created.revision).map { $0 - 1 } ?? 0)") { lines in
            let line = await lines.next(1)
            #expect(line.first?["type"] == "ADDED" && line.first?["object"] == created.json)
        }
        await again.close()
    }
}
