import API
import HTTP
import JSON
import Logging
import Machinery
import PKI
import Store
import Testing

@testable import APIServer

@Suite struct AggregationTests {
    private static let services = "/apis/apiregistration.k8s.io/v1/apiservices"

    private static let list: JSONValue = [
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "metrics.example.com/v1",
        "resources": [
            ["name": "nodes", "singularName": "node", "namespaced": false, "kind": "NodeMetrics", "verbs": ["get", "list"]],
            [
                "name": "pods", "singularName": "pod", "namespaced": true, "kind": "PodMetrics", "verbs": ["get", "list"],
                "shortNames": ["pm"],
            ],
        ],
    ]

    /// What the other server publishes: of its group, and of others.
    private static let documents: [String: JSONValue] = [
        "/apis/metrics.example.com/v1": list,
        "/openapi/v3": [
            "paths": ["apis/metrics.example.com/v1": ["serverRelativeURL": "/openapi/v3/apis/metrics.example.com/v1?hash=A"]]
        ],
        "/openapi/v3/apis/metrics.example.com/v1": ["openapi": "3.0.0", "info": ["title": "metrics"]],
        "/openapi/v2": [
            "swagger": "2.0",
            "paths": [
                "/apis/metrics.example.com/v1/nodes": [
                    "get": ["responses": ["200": ["schema": ["$ref": "#/definitions/com.example.metrics.NodeMetrics"]]]]
                ], "/apis/other.example.com/v1/x": ["get": [:]],
            ],
            "definitions": [
                "com.example.metrics.NodeMetrics": [
                    "type": "object",
                    "properties": ["metadata": ["$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]],
                ], "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": ["type": "object", "description": "older"],
                "com.example.Unused": ["type": "object"],
            ],
        ],
    ]

    /// Runs a server of another part of the API, which says how it was asked.
    private func withRemote(
        _ body: @Sendable (_ server: ServerFixture, _ port: Int, _ authority: CertificateAuthority) async throws -> Void
    ) async throws {
        let authority = try CertificateAuthority(commonName: "remote")
        let serving = try authority.issue(.server(commonName: "metrics", dnsNames: ["metrics.default.svc"], ipAddresses: []))
        let remote = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: [.address(host: "127.0.0.1", port: 0)],
                tls: HTTPServerConfiguration.TLS(
                    certificateChainPEM: Array(serving.certificatePEM.utf8),
                    privateKeyPEM: Array(serving.privateKeyPEM.utf8))), logger: Logger(label: "test")
        ) { request in
            let answer: JSONValue =
                Self.documents[request.path]
                ?? [
                    "path": .string(request.rawPath), "user": .string(request.headers["x-remote-user"] ?? ""),
                    "groups": JSONValue(request.headers.values("x-remote-group")),
                    "authorization": .string(request.headers["authorization"] ?? "none"),
                    "query": .string(request.rawQuery),
                ]
            return HTTPResponse(
                status: 200, headers: ["content-type": "application/json"], body: .bytes(JSONWriter.write(answer)))
        }
        let server = try await ServerFixture.make()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await remote.run() }
            guard case .address(_, let port)? = await remote.boundAddresses.first else { return group.cancelAll() }
            try await body(server, port, authority)
            group.cancelAll()
        }
    }

    private func register(_ server: ServerFixture, _ authority: CertificateAuthority) async {
        let made = await server.post(
            Self.services,
            [
                "metadata": ["name": "v1.metrics.example.com"],
                "spec": [
                    "group": "metrics.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
                    "service": ["namespace": "default", "name": "metrics"],
                    "caBundle": .string(Base64.encode(Array(authority.certificatePEM.utf8))),
                ],
            ])
        #expect(made.code == 201, "\(made.message)")
    }

    private func condition(_ server: ServerFixture) async -> JSONValue? {
        let object = await server.get("\(Self.services)/v1.metrics.example.com")
        return (object.json["status"]?["conditions"]?.array ?? []).first { $0["type"] == "Available" }
    }

    @Test func `a group of another server appears, answers, and goes with its APIService`() async throws {
        try await withRemote { server, port, authority in
            await register(server, authority)
            await server.parts.aggregator.reconcile()
            #expect(await condition(server)?["reason"] == "ServiceNotFound")
            #expect(await server.get("/apis/metrics.example.com/v1/nodes").code == 503)
            _ = await server.post(
                "/api/v1/namespaces/default/services",
                ["metadata": ["name": "metrics"], "spec": ["ports": [["port": 443, "targetPort": 8443]]]])
            await server.parts.aggregator.reconcile()
            #expect(await condition(server)?["reason"] == "MissingEndpoints")
            // Endpoints on loopback are what the rules for slices refuse, so they are put past them.
            _ = try await server.store.create(
                "/registry/endpointslices/default/metrics-1",
                JSONWriter.write([
                    "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
                    "metadata": [
                        "name": "metrics-1", "namespace": "default", "uid": "u",
                        "labels": ["kubernetes.io/service-name": "metrics"],
                    ], "addressType": "IPv4", "ports": [["name": "", "port": .int(Int64(port))]],
                    "endpoints": [["addresses": ["127.0.0.1"]]],
                ]))
            await server.parts.aggregator.reconcile()
            let available = await condition(server)
            #expect(available?["status"] == "True" && available?["message"] == "all checks passed", "\(available ?? .null)")
            let groups = await server.get("/apis").json["groups"]?.array ?? []
            #expect(groups.contains { $0["name"] == "metrics.example.com" })
            let aggregated = Answer(
                await server.send(
                    "GET", "/apis",
                    headers: ["accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"]))
            let item = aggregated.json["items"]?.array?.first { $0["metadata"]?["name"] == "metrics.example.com" }
            #expect(item?["versions"]?[0]?["resources"]?.array?.map { $0["resource"] } == ["nodes", "pods"])
            let answer = await server.streamed("/apis/metrics.example.com/v1/nodes?limit=5")
            #expect(answer["path"] == "/apis/metrics.example.com/v1/nodes")
            #expect(answer["user"] == "admin" && answer["authorization"] == "none")
            #expect(answer["groups"] == ["system:masters", "system:authenticated"])
            let index = await server.get("/openapi/v3").json["paths"]?["apis/metrics.example.com/v1"]
            let address = index?["serverRelativeURL"]?.string ?? ""
            #expect(address.hasPrefix("/openapi/v3/apis/metrics.example.com/v1?hash="), "\(address)")
            #expect(await server.get(address).json["info"]?["title"] == "metrics")
            let whole = await server.get("/openapi/v2").json
            let answers = whole["paths"]?["/apis/metrics.example.com/v1/nodes"]?["get"]?["responses"]?["200"]?["schema"]
            #expect(answers?["$ref"] == "#/definitions/com.example.metrics.NodeMetrics")
            #expect(whole["paths"]?["/apis/other.example.com/v1/x"] == nil && whole["paths"]?["/api/v1/pods"] != nil)
            let metrics = whole["definitions"]?["com.example.metrics.NodeMetrics"]
            let renamed = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta_v2"
            #expect(metrics?["properties"]?["metadata"]?["$ref"]?.string == "#/definitions/\(renamed)")
            #expect(
                whole["definitions"]?[renamed]?["description"] == "older" && whole["definitions"]?["com.example.Unused"] == nil)
            #expect(await server.delete("\(Self.services)/v1.metrics.example.com").code == 200)
            await server.parts.aggregator.reconcile()
            #expect(await server.get("/apis/metrics.example.com/v1/nodes").code == 404)
            #expect(await server.get("/apis/metrics.example.com").code == 404)
            #expect(await server.get("/openapi/v3").json["paths"]?["apis/metrics.example.com/v1"] == nil)
            #expect(await server.get("/openapi/v2").json["definitions"]?["com.example.metrics.NodeMetrics"] == nil)
        }
    }

    @Test func `who asks is told in headers, with what they cannot hold escaped`() {
        let fields = Aggregator.identity(
            User(name: "bob", uid: "7", groups: ["a", "b"], extra: ["example.com/x y": ["1", "2"]]))
        #expect(
            fields.map(\.0) == [
                "X-Remote-User", "X-Remote-Uid", "X-Remote-Group", "X-Remote-Group", "X-Remote-Extra-example.com%2Fx%20y",
                "X-Remote-Extra-example.com%2Fx%20y",
            ])
        #expect(fields.map(\.1) == ["bob", "7", "a", "b", "1", "2"])
    }
}

extension ServerFixture {
    /// The body of an answer that is passed on as it comes.
    fileprivate func streamed(_ target: String) async -> JSONValue {
        let response = await send("GET", target)
        guard let bytes = try? await ByteCollector.collect(response) else { return .null }
        return (try? JSONParser.parse(bytes)) ?? .null
    }
}
