import API
import HTTP
import JSON
import Metrics
import Store
import Synchronization
import Testing

@testable import APIServer

@Suite struct MannersTests {
    @Test func `every answer has an audit id, the client's own where it gave one`() async throws {
        let server = try await ServerFixture.make()
        let own = await server.send("GET", "/version")
        #expect(own.headers["audit-id"]?.count == 36)
        #expect((await server.send("GET", "/api/v1/pods", headers: ["audit-id": "mine"])).headers["audit-id"] == "mine")
        #expect((await server.send("GET", "/api/v1/pods", token: "wrong")).headers["audit-id"]?.isEmpty == false)
    }

    @Test(arguments: ["livez", "readyz", "healthz"])
    func `health is told in short and at length`(root: String) async throws {
        let server = try await ServerFixture.make()
        let short = Answer(await server.send("GET", "/\(root)"))
        #expect(short.code == 200 && short.json == "ok")
        let long = Answer(await server.send("GET", "/\(root)?verbose")).json.string ?? ""
        #expect(long.hasPrefix("[+]ping ok\n[+]log ok\n[+]etcd ok\n") && long.hasSuffix("\(root) check passed\n"), "\(long)")
        #expect(long.contains("[+]poststarthook/rbac/bootstrap-roles ok\n"))
        #expect(Answer(await server.send("GET", "/\(root)/ping")).json == "ok")
        #expect((await server.send("GET", "/\(root)/nothing")).status == 404)
        let without = Answer(await server.send("GET", "/\(root)?verbose&exclude=etcd&exclude=foo")).json.string ?? ""
        #expect(without.contains("[+]etcd excluded: ok\n"))
        #expect(without.contains("warn: some health checks cannot be excluded: no matches for \"foo\"\n"))
        #expect((await server.send("POST", "/\(root)")).status == 405)
    }

    @Test func `a server that ends is alive but not ready`() async throws {
        let server = try await ServerFixture.make()
        server.parts.lifecycle.beginShutdown()
        #expect((await server.send("GET", "/livez")).status == 200)
        let ready = Answer(await server.send("GET", "/readyz"))
        #expect(ready.code == 500)
        #expect(ready.json.string?.hasSuffix("[-]shutdown failed: reason withheld\nreadyz check failed\n") ?? false)
        #expect((await server.send("GET", "/readyz?exclude=shutdown")).status == 200)
    }

    @Test func `a check that fails is named, not explained`() async throws {
        let health = HealthChecks(
            checks: ["livez": [.init(name: "ping") { true }, .init(name: "etcd") { false }]])
        let all = Answer(try #require(await health.answer(HTTPRequest(method: "GET", path: "/livez"))))
        #expect(all.code == 500)
        #expect(all.json == "[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed\n")
        let one = Answer(try #require(await health.answer(HTTPRequest(method: "GET", path: "/livez/etcd"))))
        #expect(one.code == 500 && one.json == "internal server error: etcd: not healthy\n")
    }

    @Test func `requests beyond the limit are sent away, masters and streams are not`() async throws {
        let limits = RequestsInFlight(limits: RequestLimits(readOnlyMax: 2, mutatingMax: 1))
        #expect(limits.begin(isMutating: false, isPrivileged: false))
        #expect(limits.begin(isMutating: true, isPrivileged: false))
        #expect(limits.begin(isMutating: false, isPrivileged: false))
        #expect(!limits.begin(isMutating: false, isPrivileged: false))
        #expect(!limits.begin(isMutating: true, isPrivileged: false))
        #expect(limits.begin(isMutating: true, isPrivileged: true))
        #expect(limits.counts == .init(readOnly: 2, mutating: 2))
        limits.end(isMutating: false)
        #expect(limits.begin(isMutating: false, isPrivileged: false))
        let refusal = RequestsInFlight.tooMany
        #expect(refusal.status == 429 && refusal.headers["retry-after"] == "1")
        #expect(Answer(refusal).json == "Too many requests, please try again later.\n")
    }

    @Test func `a full server answers 429 to those who are not masters`() async throws {
        let server = try await ServerFixture.make()
        await server.bootstrapRoles()
        let inFlight = server.parts.handler.inFlight
        for _ in 0..<inFlight.limits.readOnlyMax { #expect(inFlight.begin(isMutating: false, isPrivileged: false)) }
        let refused = await server.send("GET", "/version", token: ServerFixture.nobodyToken)
        #expect(refused.status == 429)
        #expect((await server.send("GET", "/version")).status == 200)
        #expect(inFlight.counts.readOnly == inFlight.limits.readOnlyMax)
        let metrics = Answer(await server.send("GET", "/metrics")).json.string ?? ""
        #expect(metrics.contains("apiserver_dropped_requests_total{request_kind=\"readOnly\"} 1\n"))
    }

    @Test func `an overdue request is cancelled`() async throws {
        let inFlight = RequestsInFlight(limits: RequestLimits())
        let outcome = await inFlight.run(until: .seconds(60)) {
            inFlight.tick(now: .seconds(59))
            let before = Task.isCancelled
            inFlight.tick(now: .seconds(60))
            return (before, Task.isCancelled)
        }
        #expect(outcome == (false, true))
    }

    @Test(arguments: [
        ("1h30m", 5400.0), ("2.5s", 2.5), ("100ms", 0.1), ("0", 0), ("-1s", -1), ("32s", 32), ("1us", 1e-6),
    ])
    func `Go's durations are read`(text: String, seconds: Double) throws {
        let duration = try #require(GoDuration.parse(text))
        #expect(abs(duration.inSeconds - seconds) < 1e-9)
    }

    @Test(arguments: ["", "5", "s", "1x", "1.2.3s", "1s2"])
    func `what is no duration is refused`(text: String) { #expect(GoDuration.parse(text) == nil) }

    @Test func `a request may shorten its time, not prolong it`() async throws {
        #expect(try RequestTimeout.read("5s", max: .seconds(60)) == .seconds(5))
        #expect(try RequestTimeout.read("5m", max: .seconds(60)) == .seconds(60))
        #expect(try RequestTimeout.read(nil, max: .seconds(60)) == .seconds(60))
        let server = try await ServerFixture.make()
        let bad = await server.get("/api/v1/pods?timeout=abc")
        #expect(bad.code == 400)
        #expect(bad.message == "invalid timeout specified in the request URL - time: invalid duration \"abc\"")
    }

    @Test func `metrics have upstream's names and labels`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.get("/api/v1/namespaces/default/configmaps")
        _ = await server.post("/api/v1/namespaces/default/configmaps", ["metadata": ["name": "a"]])
        let response = await server.send("GET", "/metrics")
        #expect(response.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") ?? false)
        let text = Answer(response).json.string ?? ""
        for line in [
            "# TYPE apiserver_request_total counter",
            "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"configmaps\",scope=\"namespace\",subresource=\"\",verb=\"LIST\",version=\"v1\"} 1",
            "apiserver_request_total{code=\"201\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"configmaps\",scope=\"resource\",subresource=\"\",verb=\"POST\",version=\"v1\"} 1",
            "# TYPE apiserver_request_duration_seconds histogram",
            "apiserver_request_duration_seconds_bucket{component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"configmaps\",scope=\"namespace\",subresource=\"\",verb=\"LIST\",version=\"v1\",le=\"0.005\"} 1",
            "apiserver_request_duration_seconds_bucket{component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"configmaps\",scope=\"namespace\",subresource=\"\",verb=\"LIST\",version=\"v1\",le=\"+Inf\"} 1",
            "apiserver_current_inflight_requests{request_kind=\"readOnly\"} 1",
            "apiserver_storage_objects{resource=\"configmaps\"} 1",
            "apiserver_resource_objects{group=\"apps\",resource=\"deployments\"} 0",
            "etcd_requests_total{operation=\"create\",type=\"configmaps\"} 1",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test func `a watch counts as long-running and its events are counted`() async throws {
        let server = try await ServerFixture.make()
        try await server.watching("/api/v1/namespaces/default/configmaps?watch=1") { lines in
            _ = await server.post("/api/v1/namespaces/default/configmaps", ["metadata": ["name": "a"]])
            _ = await lines.next(1)
            let text = Answer(await server.send("GET", "/metrics")).json.string ?? ""
            #expect(
                text.contains("resource=\"configmaps\",scope=\"namespace\",subresource=\"\",verb=\"WATCH\",version=\"v1\"} 1\n"))
            #expect(text.contains("apiserver_watch_events_total{group=\"\",resource=\"configmaps\",version=\"v1\"} 1\n"))
        }
    }
}
