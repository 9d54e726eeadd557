import API
import HTTP
import JSON
import Synchronization
import Testing

@testable import APIServer

/// Remembers what it was asked and answers as told.
final class RecordingUpstream: UpstreamDialer, KubeletDialer {
    struct Asked: Sendable {
        var host: String
        var port: Int
        var isTLS: Bool
        var request: HTTPClientRequest
    }

    struct Refused: Error {}

    private let log = Mutex<[Asked]>([])
    private let answer: @Sendable (HTTPClientRequest) throws -> HTTPResponse
    private let channel: (any ByteChannel)?

    init(
        channel: (any ByteChannel)? = nil, answer: @escaping @Sendable (HTTPClientRequest) throws -> HTTPResponse
    ) {
        self.channel = channel
        self.answer = answer
    }

    var asked: [Asked] { log.withLock { $0 } }

    func send(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPClientResponse {
        log.withLock { $0.append(Asked(host: address.host, port: address.port, isTLS: address.isTLS, request: request)) }
        return try Self.response(try answer(request))
    }

    func upgrade(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPUpgrade {
        log.withLock { $0.append(Asked(host: address.host, port: address.port, isTLS: address.isTLS, request: request)) }
        return HTTPUpgrade(response: try Self.response(try answer(request)), channel: channel)
    }

    func send(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPClientResponse {
        try await send(request, to: UpstreamAddress(isTLS: true, host: kubelet.host, port: kubelet.port))
    }

    func upgrade(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPUpgrade {
        try await upgrade(request, to: UpstreamAddress(isTLS: true, host: kubelet.host, port: kubelet.port))
    }

    private static func response(_ response: HTTPResponse) throws -> HTTPClientResponse {
        var bytes: [UInt8]? = nil
        if case .bytes(let body) = response.body { bytes = body }
        let rest = Mutex(bytes)
        let box = ResponseBody(rest.withLock { $0 })
        return HTTPClientResponse(
            status: response.status, headers: response.headers, body: AsyncThrowingStream { box.next() })
    }

    private final class ResponseBody: Sendable {
        private let bytes: Mutex<[UInt8]?>
        init(_ bytes: [UInt8]?) { self.bytes = Mutex(bytes) }
        func next() -> [UInt8]? { bytes.withLock { $0.take() } }
    }
}

@Suite struct ProxySubresourceTests {
    private func server(_ upstream: RecordingUpstream) async throws -> ServerFixture {
        let server = try await ServerFixture.make(kubelets: upstream, upstreams: upstream)
        _ = await server.post(
            "/api/v1/nodes",
            ["metadata": ["name": "n1"], "status": ["addresses": [["type": "InternalIP", "address": "10.0.0.9"]]]])
        let made = await server.post(
            "/api/v1/namespaces/default/pods",
            [
                "metadata": ["name": "web", "labels": ["app": "web"]],
                "spec": [
                    "nodeName": "n1",
                    "containers": [["name": "main", "image": "x", "ports": [["containerPort": 8080]]]],
                ],
            ])
        #expect(made.code == 201, "\(made.message)")
        let status = await server.patch(
            "/api/v1/namespaces/default/pods/web/status",
            ["status": ["phase": "Running", "podIP": "10.244.0.3", "podIPs": [["ip": "10.244.0.3"]]]])
        #expect(status.code == 200, "\(status.message)")
        _ = await server.post(
            "/api/v1/namespaces/default/services",
            ["metadata": ["name": "front"], "spec": ["ports": [["name": "http", "port": 80], ["name": "tls", "port": 443]]]])
        let slice = await server.post(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            [
                "metadata": ["name": "front-1", "labels": ["kubernetes.io/service-name": "front"]], "addressType": "IPv4",
                "ports": [["name": "http", "port": 8080, "protocol": "TCP"], ["name": "tls", "port": 8443, "protocol": "TCP"]],
                "endpoints": [
                    [
                        "addresses": ["10.244.0.3"], "conditions": ["ready": true],
                        "targetRef": ["kind": "Pod", "namespace": "default", "name": "web"],
                    ], ["addresses": ["10.244.0.77"], "conditions": ["ready": true]],
                ],
            ])
        #expect(slice.code == 201, "\(slice.message)")
        return server
    }

    private static let pods = "/api/v1/namespaces/default/pods"
    private static let services = "/api/v1/namespaces/default/services"

    @Test(
        arguments: [
            ("\(pods)/web/proxy/a/b", "10.244.0.3", 8080, false, "/a/b"),
            ("\(pods)/web:9000/proxy/", "10.244.0.3", 9000, false, "/"),
            ("\(pods)/https:web:8443/proxy/x?y=z", "10.244.0.3", 8443, true, "/x?y=z"),
            ("\(pods)/http:web:/proxy/x", "10.244.0.3", 8080, false, "/x"),
            ("\(services)/front:http/proxy/x/", "10.244.0.3", 8080, false, "/x/"),
            ("\(services)/front:80/proxy/x", "10.244.0.3", 8080, false, "/x"),
            ("\(services)/https:front:tls/proxy/x", "10.244.0.3", 8443, true, "/x"),
            ("/api/v1/nodes/n1/proxy/healthz", "10.0.0.9", 10250, true, "/healthz"),
            ("/api/v1/nodes/n1:10250/proxy/pods", "10.0.0.9", 10250, true, "/pods"),
            ("/api/v1/nodes/n1:9100/proxy/metrics", "10.0.0.9", 9100, false, "/metrics"),
        ] as [(String, String, Int, Bool, String)])
    func `names lead to addresses`(path: String, host: String, port: Int, isTLS: Bool, target: String) async throws {
        let upstream = RecordingUpstream { _ in HTTPResponse(status: 200, headers: ["x-a": "b"], body: .bytes([0x6f, 0x6b])) }
        let server = try await server(upstream)
        let response = await server.send("GET", path)
        #expect(response.status == 200 && response.headers["x-a"] == "b")
        #expect(try await ByteCollector.collect(response) == [0x6f, 0x6b])
        let asked = try #require(upstream.asked.first)
        #expect(asked.host == host && asked.port == port && asked.isTLS == isTLS)
        #expect(asked.request.target == target)
        #expect(asked.request.headers["authorization"] == nil)
    }

    @Test(arguments: ["DELETE", "OPTIONS", "PATCH", "POST", "PUT", "GET", "HEAD"])
    func `every verb goes through with its body`(method: String) async throws {
        let upstream = RecordingUpstream { HTTPResponse(status: 418, body: .bytes(Array($0.method.utf8) + $0.body)) }
        let server = try await server(upstream)
        let response = await server.send(
            method, "\(Self.pods)/web/proxy/some/path/with/\(method)", body: [0x31],
            headers: ["accept": "text/html", "content-type": "text/plain", "connection": "close, x-hop", "x-hop": "1"])
        #expect(response.status == 418)
        #expect(upstream.asked.first?.request.method == method)
        #expect(upstream.asked.first?.request.body == [0x31])
        #expect(upstream.asked.first?.request.headers["x-hop"] == nil)
        #expect(upstream.asked.first?.request.headers["content-type"] == "text/plain")
    }

    @Test func `the root without a slash is led to the one with it`() async throws {
        let server = try await server(RecordingUpstream { _ in throw RecordingUpstream.Refused() })
        let response = await server.send("GET", "\(Self.pods)/web/proxy?a=b")
        #expect(response.status == 301 && response.headers["location"] == "\(Self.pods)/web/proxy/?a=b")
    }

    @Test(
        arguments: [
            ("\(pods)/none/proxy/", 404, #"pods "none" not found"#),
            ("\(pods)/ftp:web:80/proxy/", 400, #"invalid pod request "ftp:web:80""#),
            ("\(services)/front:81/proxy/", 503, #"no service port 81 found for service "front""#),
            ("\(services)/front:other/proxy/", 503, #"no endpoints available for service "front:other""#),
            ("/api/v1/nodes/none/proxy/", 404, #"nodes "none" not found"#),
            ("\(pods)/web/proxy/x", 503, "error trying to reach service: Refused()"),
        ])
    func `what leads nowhere is said`(path: String, code: Int, message: String) async throws {
        let server = try await server(RecordingUpstream { _ in throw RecordingUpstream.Refused() })
        let answer = await server.get(path)
        #expect(answer.code == code && answer.message == message)
    }

    @Test func `a pod without an address, or with one of the node's own, is not dialed`() async throws {
        let upstream = RecordingUpstream { _ in HTTPResponse(status: 200) }
        let server = try await server(upstream)
        for address in ["127.0.0.1", "169.254.1.1", ""] {
            _ = await server.patch("\(Self.pods)/web/status", ["status": ["podIP": .string(address), "podIPs": nil]])
            let answer = await server.get("\(Self.pods)/web/proxy/")
            #expect(answer.code == 400 && answer.message == "address not allowed", "\(address)")
        }
        #expect(upstream.asked.isEmpty)
    }

    @Test(
        arguments: [
            ("/login", "/api/v1/namespaces/default/pods/web/proxy/login"),
            ("http://10.244.0.3:8080/a?b=c#d", "/api/v1/namespaces/default/pods/web/proxy/a?b=c#d"),
            ("https://elsewhere.example/a", "https://elsewhere.example/a"), ("next", "next"),
            ("//10.244.0.3:8080/x", "/api/v1/namespaces/default/pods/web/proxy/x"),
            (
                "/api/v1/namespaces/default/pods/web/proxy/there", "/api/v1/namespaces/default/pods/web/proxy/there"
            ),
        ])
    func `redirects lead back through the proxy`(location: String, expected: String) async throws {
        let server = try await server(RecordingUpstream { _ in HTTPResponse(status: 302, headers: ["location": location]) })
        let response = await server.send("GET", "\(Self.pods)/web/proxy/x")
        #expect(response.status == 302 && response.headers["location"] == expected)
    }

    @Test func `links of a page lead back through the proxy`() async throws {
        let page = #"""
            <!-- <a href="/no"> --><HTML><a class=x href="/a?b=1">t</a><img src='/i.png' alt="/n"><a href=rel>r</a>
            <script src=/s.js></script><a href="https://elsewhere.example/">e</a><p href="/n">5 < 6</p><a href="/open
            """#
        let expected = #"""
            <!-- <a href="/no"> --><HTML><a class=x href="P/a?b=1">t</a><img src='P/i.png' alt="/n"><a href=rel>r</a>
            <script src=P/s.js></script><a href="https://elsewhere.example/">e</a><p href="/n">5 < 6</p><a href="P/open
            """#
        let server = try await server(
            RecordingUpstream { _ in
                HTTPResponse(
                    status: 200, headers: ["content-type": "text/html; charset=utf-8", "access-control-allow-origin": "*"],
                    body: .bytes(Array(page.utf8)))
            })
        let response = await server.send("GET", "\(Self.pods)/web/proxy/")
        let text = String(decoding: try await ByteCollector.collect(response), as: UTF8.self)
        #expect(
            text
                == String(
                    expected.split(separator: "P/", omittingEmptySubsequences: false).joined(separator: "\(Self.pods)/web/proxy/")
                ))
        #expect(response.headers["access-control-allow-origin"] == nil)
    }

    @Test func `logs are asked of the kubelet with checked options`() async throws {
        let upstream = RecordingUpstream { _ in
            HTTPResponse(status: 200, headers: ["content-type": "text/plain"], body: .bytes([0x78]))
        }
        let server = try await server(upstream)
        let response = await server.send("GET", "\(Self.pods)/web/log?tailLines=3&follow=true&timestamps=false&container=main")
        #expect(try await ByteCollector.collect(response) == [0x78])
        #expect(upstream.asked.last?.request.target == "/containerLogs/default/web/main?follow=true&tailLines=3")
        let wrong = await server.get("\(Self.pods)/web/log?tailLines=-1&sinceSeconds=0&limitBytes=0")
        #expect(wrong.code == 422)
        #expect(
            wrong.message
                == #"PodLogOptions "web" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, "#
                + #"limitBytes: Invalid value: 0: must be greater than 0, sinceSeconds: Invalid value: 0: must be greater than 0]"#
        )
        #expect(await server.get("\(Self.pods)/web/log?container=other").message == "container other is not valid for pod web")
    }

    @Test func `exec is passed on under the kubelet's names`() async throws {
        let upstream = RecordingUpstream { _ in HTTPResponse(status: 400, body: .bytes(Array("no".utf8))) }
        let server = try await server(upstream)
        let plain = await server.get("\(Self.pods)/web/exec?command=ls&stdout=true")
        #expect(plain.code == 400 && plain.message == "Upgrade request required")
        _ = await server.send(
            "GET", "\(Self.pods)/web/exec?command=ls&command=-l&stdout=true&stdin=false&tty=1",
            headers: ["connection": "Upgrade", "upgrade": "SPDY/3.1"])
        #expect(upstream.asked.last?.request.target == "/exec/default/web/main?command=ls&command=-l&output=1&tty=1")
    }

    @Test func `component statuses are this process`() async throws {
        let server = try await ServerFixture.make()
        let list = await server.get("/api/v1/componentstatuses")
        #expect(list.names == ["controller-manager", "etcd-0", "scheduler"])
        #expect(list.headers["warning"]?.contains("ComponentStatus is deprecated") ?? false)
        let one = await server.get("/api/v1/componentstatuses/scheduler")
        #expect(one.json["conditions"]?.array?.first?["status"] == "True")
        #expect(await server.get("/api/v1/componentstatuses/none").code == 404)
    }
}
