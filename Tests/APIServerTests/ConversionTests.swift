import API
import HTTP
import JSON
import Machinery
import Store
import Synchronization
import Testing

@testable import APIServer

/// A kind with `hostPort` in v1, `host` and `port` in v2, and a webhook that knows how they belong together.
@Suite struct ConversionTests {
    /// Converts as a test says, and remembers what it was asked.
    private final class Converter: WebhookCaller {
        typealias Change = @Sendable (_ review: inout JSONValue) throws(WebhookFailure) -> Void

        private let change: Mutex<Change>
        private let asked = Mutex<[(url: String, request: JSONValue)]>([])

        init(_ change: @escaping Change = { _ throws(WebhookFailure) in }) { self.change = Mutex(change) }

        var requests: [(url: String, request: JSONValue)] { asked.withLock { $0 } }
        func forget() { asked.withLock { $0 = [] } }
        func answer(_ change: @escaping Change) { self.change.withLock { $0 = change } }

        func call(_ target: WebhookTarget, _ body: [UInt8], timeout: Duration) async throws(WebhookFailure) -> JSONValue {
            let review = (try? JSONParser.parse(body)) ?? .null
            let request = review["request"] ?? [:]
            asked.withLock { $0.append((target.url, request)) }
            let wanted = request["desiredAPIVersion"]?.string ?? ""
            var answer: JSONValue = [
                "kind": "ConversionReview", "apiVersion": review["apiVersion"] ?? "",
                "response": [
                    "uid": request["uid"] ?? "", "result": ["status": "Success"],
                    "convertedObjects": .array((request["objects"]?.array ?? []).map { Self.convert($0, wanted) }),
                ],
            ]
            let change = change.withLock { $0 }
            try change(&answer)
            return answer
        }

        private static func convert(_ object: JSONValue, _ wanted: String) -> JSONValue {
            var result = object
            result["apiVersion"] = .string(wanted)
            if wanted.hasSuffix("v2"), let both = object["hostPort"]?.string {
                let parts = both.split(separator: ":").map(String.init)
                result["hostPort"] = nil
                result["host"] = .string(parts[0])
                result["port"] = .string(parts[1])
            } else if wanted.hasSuffix("v1"), let host = object["host"]?.string {
                result["hostPort"] = .string("\(host):\(object["port"]?.string ?? "")")
                result["host"] = nil
                result["port"] = nil
            }
            return result
        }
    }

    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let definitionPath = definitions + "/places.stable.example.com"

    private static func path(_ version: String, _ name: String = "") -> String {
        "/apis/stable.example.com/\(version)/namespaces/default/places" + (name.isEmpty ? "" : "/\(name)")
    }

    private static func version(_ name: String, _ fields: [String], storage: Bool) -> JSONValue {
        var properties: JSONValue = [:]
        for field in fields { properties[field] = ["type": "string"] }
        return [
            "name": .string(name), "served": true, "storage": .bool(storage),
            "schema": ["openAPIV3Schema": ["type": "object", "properties": properties]],
            "selectableFields": .array(fields.map { ["jsonPath": .string(".\($0)")] }),
            "subresources": ["status": [:]],
        ]
    }

    private static func versions(storage: String) -> JSONValue {
        [
            version("v1", ["hostPort"], storage: storage == "v1"), version("v2", ["host", "port"], storage: storage == "v2"),
        ]
    }

    private static func definition(_ conversion: JSONValue? = nil) -> JSONValue {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "places.stable.example.com"],
            "spec": [
                "group": "stable.example.com", "scope": "Namespaced", "names": ["plural": "places", "kind": "Place"],
                "versions": versions(storage: "v1"),
                "conversion": conversion ?? [
                    "strategy": "Webhook",
                    "webhook": [
                        "conversionReviewVersions": ["v1", "v1beta1"],
                        "clientConfig": ["url": "https://convert.example.com/crdconvert"],
                    ],
                ],
            ],
        ]
    }

    private func serve(_ converter: Converter, _ definition: JSONValue = definition()) async throws -> ServerFixture {
        let server = try await ServerFixture.make(webhooks: converter)
        let made = await server.post(Self.definitions, definition)
        #expect(made.code == 201, "\(made.message)")
        await server.parts.definitions.reconcile()
        return server
    }

    private func place(_ name: String, _ hostPort: String = "localhost:8080", labels: JSONValue = [:]) -> JSONValue {
        [
            "apiVersion": "stable.example.com/v1", "kind": "Place", "metadata": ["name": .string(name), "labels": labels],
            "hostPort": .string(hostPort),
        ]
    }

    private func stores(_ version: String, in server: ServerFixture) async throws {
        let changed = await server.patch(Self.definitionPath, ["spec": ["versions": Self.versions(storage: version)]])
        #expect(changed.code == 200, "\(changed.message)")
    }

    private func stored(_ name: String, in server: ServerFixture) async throws -> JSONValue {
        let key = "/registry/stable.example.com/places/default/\(name)"
        let value = try await server.store.range(KeyRange(prefix: key)).values.first?.value ?? []
        return (try? JSONParser.parse(value)) ?? .null
    }

    // MARK: Reading

    @Test func `an object of one version is read in the other, and asked for once`() async throws {
        let converter = Converter()
        let server = try await serve(converter)
        #expect(await server.post(Self.path("v1"), place("one")).code == 201)
        #expect(converter.requests.isEmpty)
        for _ in 1...2 {
            let read = await server.get(Self.path("v2", "one"))
            #expect(read.code == 200 && read.json["apiVersion"] == "stable.example.com/v2")
            #expect(read.json["host"] == "localhost" && read.json["port"] == "8080" && read.json["hostPort"] == nil)
        }
        #expect(converter.requests.count == 1)
        let asked = try #require(converter.requests.first)
        #expect(asked.url == "https://convert.example.com/crdconvert?timeout=30s")
        #expect(asked.request["desiredAPIVersion"] == "stable.example.com/v2")
        #expect(asked.request["objects"]?.array?.first?["hostPort"] == "localhost:8080")
        #expect(asked.request["objects"]?.array?.first?["metadata"]?["resourceVersion"]?.string != nil)
    }

    @Test func `a list of objects in two versions is shown in one`() async throws {
        let converter = Converter()
        let server = try await serve(converter)
        #expect(await server.post(Self.path("v1"), place("a")).code == 201)
        try await stores("v2", in: server)
        let status = await server.get(Self.definitionPath)
        #expect(status.json["status"]?["storedVersions"] == ["v1", "v2"])
        #expect(await server.post(Self.path("v1"), place("b", "example.com:80")).code == 201)
        #expect(try await stored("a", in: server)["apiVersion"] == "stable.example.com/v1")
        let second = try await stored("b", in: server)
        #expect(second["apiVersion"] == "stable.example.com/v2" && second["host"] == "example.com")
        let list = await server.get(Self.path("v2"))
        let hosts = (list.json["items"]?.array ?? []).map { $0["host"]?.string }
        #expect(hosts == ["localhost", "example.com"] && list.json["apiVersion"] == "stable.example.com/v2")
        let first = await server.get(Self.path("v1") + "?limit=1")
        #expect((first.json["items"]?.array ?? []).map { $0["hostPort"]?.string } == ["localhost:8080"])
        let token = first.json["metadata"]?["continue"]?.string ?? ""
        let next = await server.get(Self.path("v1") + "?limit=1&continue=\(token)")
        #expect((next.json["items"]?.array ?? []).map { $0["hostPort"]?.string } == ["example.com:80"])
        let table = Answer(
            await server.send("GET", Self.path("v2"), headers: ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io"]))
        #expect(table.json["rows"]?.array?.count == 2)
    }

    @Test func `selectors look at what the reader sees`() async throws {
        let server = try await serve(Converter())
        _ = await server.post(Self.path("v1"), place("a", "localhost:1"))
        _ = await server.post(Self.path("v1"), place("b", "elsewhere:1"))
        #expect(await server.get(Self.path("v2") + "?fieldSelector=host=elsewhere").names == ["b"])
        #expect(await server.get(Self.path("v2") + "?fieldSelector=port=1").names == ["a", "b"])
        #expect(await server.get(Self.path("v1") + "?fieldSelector=hostPort=localhost:1").names == ["a"])
        #expect(await server.get(Self.path("v1") + "?fieldSelector=host=localhost").code == 400)
    }

    @Test func `a watch shows every change in its version`() async throws {
        let server = try await serve(Converter())
        _ = await server.post(Self.path("v1"), place("a", "localhost:1"))
        try await server.watching(Self.path("v2") + "?watch=true&fieldSelector=host=localhost") { lines in
            let first = try #require(await lines.next(1).first)
            #expect(first["type"] == "ADDED" && first["object"]?["port"] == "1")
            _ = await server.patch(Self.path("v1", "a"), ["hostPort": "localhost:2"])
            _ = await server.post(Self.path("v1"), place("b", "elsewhere:1"))
            _ = await server.patch(Self.path("v2", "a"), ["host": "elsewhere"])
            let rest = await lines.next(2)
            #expect(rest.map { $0["type"]?.string } == ["MODIFIED", "DELETED"])
            #expect(rest.map { $0["object"]?["port"]?.string } == ["2", "2"])
            #expect(rest.allSatisfy { $0["object"]?["apiVersion"] == "stable.example.com/v2" })
        }
    }

    @Test func `a watch whose objects cannot be shown ends with an error`() async throws {
        let converter = Converter()
        let server = try await serve(converter)
        _ = await server.post(Self.path("v1"), place("a"))
        converter.answer { _ throws(WebhookFailure) in throw WebhookFailure(message: "gone") }
        try await server.watching(Self.path("v2") + "?watch=true") { lines in
            let all = await lines.next(2)
            #expect(all.count == 1 && all.first?["type"] == "ERROR" && all.first?["object"]?["code"] == 500)
        }
    }

    // MARK: Writing

    @Test func `writes in any version are stored in one`() async throws {
        let server = try await serve(Converter())
        let made = await server.post(
            Self.path("v2"),
            [
                "apiVersion": "stable.example.com/v2", "kind": "Place", "metadata": ["name": "a"], "host": "localhost",
                "port": "1",
            ])
        #expect(made.code == 201 && made.json["host"] == "localhost", "\(made.message)")
        #expect(try await stored("a", in: server)["hostPort"] == "localhost:1")
        var object = made.json
        object["port"] = "2"
        let put = await server.put(Self.path("v2", "a"), object)
        #expect(put.code == 200 && put.json["port"] == "2" && put.json["metadata"]?["generation"] == 2, "\(put.message)")
        #expect(try await stored("a", in: server)["hostPort"] == "localhost:2")
        let patched = await server.patch(Self.path("v2", "a"), ["host": "there"])
        #expect(patched.code == 200 && patched.json["host"] == "there", "\(patched.message)")
        #expect(try await stored("a", in: server)["hostPort"] == "there:2")
        let dry = await server.patch(Self.path("v2", "a") + "?dryRun=All", ["host": "nowhere"])
        #expect(dry.json["host"] == "nowhere" && dry.json["apiVersion"] == "stable.example.com/v2")
        let stale = await server.put(Self.path("v2", "a"), object)
        #expect(stale.code == 409)
        let gone = await server.delete(Self.path("v2", "a"))
        #expect(gone.code == 200, "\(gone.message)")
        #expect(await server.get(Self.path("v1", "a")).code == 404)
    }

    @Test func `appliers of two versions know of each other`() async throws {
        let server = try await serve(Converter())
        func apply(_ version: String, _ manager: String, _ body: JSONValue, force: Bool = false) async -> Answer {
            var object = body
            object["apiVersion"] = .string("stable.example.com/\(version)")
            object["kind"] = "Place"
            object["metadata"] = ["name": "a"]
            return await server.patch(
                Self.path(version, "a") + "?fieldManager=\(manager)&force=\(force)", object,
                type: "application/apply-patch+yaml")
        }
        #expect(await apply("v1", "one", ["hostPort": "localhost:1"]).code == 201)
        let refused = await apply("v2", "two", ["host": "there", "port": "1"])
        #expect(refused.code == 409, "\(refused.message)")
        let taken = await apply("v2", "two", ["host": "there", "port": "1"], force: true)
        #expect(taken.code == 200 && taken.json["host"] == "there", "\(taken.message)")
        let managers = (taken.json["metadata"]?["managedFields"]?.array ?? []).map { $0["manager"]?.string }
        #expect(managers == ["two"])
        let same = await apply("v2", "two", ["host": "there", "port": "1"])
        #expect(same.code == 200 && same.revision == taken.revision)
        #expect(try await stored("a", in: server)["hostPort"] == "there:1")
    }

    @Test func `an object is moved to the storage version by writing it as it is`() async throws {
        let server = try await serve(Converter())
        _ = await server.post(Self.path("v1"), place("a"))
        try await stores("v2", in: server)
        let read = await server.get(Self.path("v1", "a"))
        let written = await server.put(Self.path("v1", "a"), read.json)
        #expect(written.code == 200 && written.revision != read.revision && written.json["hostPort"] == "localhost:8080")
        #expect(try await stored("a", in: server)["host"] == "localhost")
        let again = await server.put(Self.path("v1", "a"), written.json)
        #expect(again.revision == written.revision)
        // Only when nothing is left of a version may it go.
        let early = await server.patch(
            Self.definitionPath, ["spec": ["versions": [Self.version("v2", ["host", "port"], storage: true)]]])
        #expect(early.code == 422 && early.message.contains("missing from spec.versions; v1 was previously a storage version"))
        let cleared = await server.patch(Self.definitionPath + "/status", ["status": ["storedVersions": ["v2"]]])
        #expect(cleared.code == 200, "\(cleared.message)")
        let late = await server.patch(
            Self.definitionPath, ["spec": ["versions": [Self.version("v2", ["host", "port"], storage: true)]]])
        #expect(late.code == 200, "\(late.message)")
        #expect(await server.get(Self.path("v2", "a")).json["port"] == "8080")
        #expect(await server.get(Self.path("v1", "a")).code == 404)
    }

    @Test func `without a webhook the same migration changes only the name of the version`() async throws {
        let server = try await serve(Converter(), Self.definition(["strategy": "None"]))
        _ = await server.post(Self.path("v1"), place("a"))
        try await stores("v2", in: server)
        let read = await server.get(Self.path("v2", "a"))
        #expect(read.json["apiVersion"] == "stable.example.com/v2" && read.json["hostPort"] == nil)
        let written = await server.put(Self.path("v2", "a"), read.json)
        #expect(written.code == 200 && written.revision != read.revision)
        #expect(try await stored("a", in: server)["apiVersion"] == "stable.example.com/v2")
    }

    // MARK: Failures

    private static let failures: [(String, Converter.Change)] = [
        (
            "conversion webhook for stable.example.com/v1, Kind=Place failed: Post \"https://x\": refused",
            { _ throws(WebhookFailure) in throw WebhookFailure(message: "Post \"https://x\": refused") }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place failed: no response provided",
            { $0["response"] = nil }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place failed: sorry",
            { $0["response"]?["result"] = ["status": "Failure", "message": "sorry"] }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place failed: response.result.status was '', not 'Success'",
            { $0["response"]?["result"] = [:] }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place failed: expected webhook response of "
                + "apiextensions.k8s.io/v1, Kind=ConversionReview, got v1, Kind=ConversionReview",
            { $0["apiVersion"] = "v1" }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place returned 0 objects, expected 1",
            { $0["response"]?["convertedObjects"] = [] }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place returned invalid object at index 0: invalid groupVersion "
                + "(expected stable.example.com/v2, received stable.example.com/v3)",
            { $0[path: ["response", "convertedObjects"]] = change($0, ["apiVersion"], "stable.example.com/v3") }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place returned invalid object at index 0: invalid kind "
                + "(expected Place, received Other)",
            { $0[path: ["response", "convertedObjects"]] = change($0, ["kind"], "Other") }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place returned invalid object: must have the same name: a != b",
            { $0[path: ["response", "convertedObjects"]] = change($0, ["metadata", "name"], "b") }
        ),
        (
            "conversion webhook for stable.example.com/v1, Kind=Place returned invalid metadata: metadata.labels[x] must be a "
                + "string, but is int64 in converted object",
            { $0[path: ["response", "convertedObjects"]] = change($0, ["metadata", "labels"], ["x": 1]) }
        ),
    ]

    private static func change(_ review: JSONValue, _ path: [String], _ value: JSONValue) -> JSONValue {
        .array(
            (review["response"]?["convertedObjects"]?.array ?? []).map { object in
                var object = object
                object[path: path] = value
                return object
            })
    }

    @Test(arguments: failures.indices)
    func `a webhook that does not convert is named in the answer`(index: Int) async throws {
        let (message, change) = Self.failures[index]
        let converter = Converter()
        let server = try await serve(converter)
        _ = await server.post(Self.path("v1"), place("a"))
        converter.answer(change)
        for target in [Self.path("v2", "a"), Self.path("v2")] {
            let answer = await server.get(target)
            #expect(answer.code == 500 && answer.message == message, "\(answer.message)")
        }
        // What needs no conversion goes on.
        #expect(await server.get(Self.path("v1", "a")).code == 200)
        let refused = await server.patch(Self.path("v2", "a"), ["host": "x"])
        #expect(refused.code == 500 && refused.message == message, "\(refused.message)")
        #expect(try await stored("a", in: server)["hostPort"] == "localhost:8080")
    }

    @Test func `the webhook changes labels and annotations but no other metadata`() async throws {
        let converter = Converter { review throws(WebhookFailure) in
            var objects = Self.change(review, ["metadata", "labels"], ["x": "y"])
            objects = Self.change(["response": ["convertedObjects": objects]], ["metadata", "finalizers"], ["a/b"])
            review[path: ["response", "convertedObjects"]] = objects
        }
        let server = try await serve(converter)
        _ = await server.post(Self.path("v1"), place("a", labels: ["old": "label"]))
        let read = await server.get(Self.path("v2", "a"))
        #expect(read.json["metadata"]?["labels"] == ["x": "y"] && read.json["metadata"]?["finalizers"] == nil)
        #expect(await server.get(Self.path("v2") + "?labelSelector=x=y").names == ["a"])
        #expect(await server.get(Self.path("v1") + "?labelSelector=x=y").names == [])
    }

    @Test func `a service that is not there is told as upstream tells it`() async throws {
        let service: JSONValue = ["namespace": "default", "name": "convert", "path": "/crdconvert", "port": 9443]
        let server = try await serve(
            Converter(),
            Self.definition([
                "strategy": "Webhook",
                "webhook": ["conversionReviewVersions": ["v1"], "clientConfig": ["service": service]],
            ]))
        _ = await server.post(Self.path("v1"), place("a"))
        let read = await server.get(Self.path("v2", "a"))
        #expect(
            read.message
                == "conversion webhook for stable.example.com/v1, Kind=Place failed: Post "
                + "\"https://convert.default.svc:9443/crdconvert?timeout=30s\": service \"convert\" not found")
    }

    // MARK: The definition

    @Test(
        arguments: [
            (
                ["strategy": "Other"],
                "spec.conversion.strategy: Unsupported value: \"Other\": supported values: \"None\", \"Webhook\""
            ),
            (
                ["strategy": "Webhook"],
                "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook"
            ),
            (["strategy": "Webhook"], "spec.conversion.conversionReviewVersions: Required value"),
            (
                ["strategy": "Webhook", "webhook": ["conversionReviewVersions": ["v1"], "clientConfig": [:]]],
                "spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required"
            ),
            (
                ["strategy": "Webhook", "webhook": ["conversionReviewVersions": ["v1"], "clientConfig": ["url": "http://a/b"]]],
                "spec.conversion.webhookClientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme"
            ),
            (
                [
                    "strategy": "Webhook",
                    "webhook": ["conversionReviewVersions": ["v2", "v2"], "clientConfig": ["url": "https://a"]],
                ],
                "spec.conversion.conversionReviewVersions[1]: Invalid value: \"v2\": duplicate version"
            ),
            (
                ["strategy": "Webhook", "webhook": ["conversionReviewVersions": ["v2"], "clientConfig": ["url": "https://a"]]],
                "must include at least one of v1, v1beta1"
            ),
            (
                [
                    "strategy": "Webhook",
                    "webhook": ["conversionReviewVersions": ["v1"], "clientConfig": ["url": "https://a", "caBundle": "eA=="]],
                ],
                "spec.conversion.webhookClientConfig.caBundle: Invalid value"
            ),
            (
                ["strategy": "None", "webhook": ["conversionReviewVersions": ["v1"], "clientConfig": ["url": "https://a"]]],
                "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook"
            ),
        ] as [(JSONValue, String)])
    func `a wrong conversion is refused`(conversion: JSONValue, message: String) async throws {
        let server = try await ServerFixture.make()
        let refused = await server.post(Self.definitions, Self.definition(conversion))
        #expect(refused.code == 422 && refused.message.contains(message), "\(refused.message)")
    }
}
