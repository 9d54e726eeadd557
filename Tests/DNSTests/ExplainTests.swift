import Testing

@testable import DNS

@Suite struct ExplainTests {
    static let setup = ResolverSetup(
        searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"].map { name($0) }, ndots: 5)

    static func explain(_ text: String, upstreams: [Upstream] = []) -> NameExplanation {
        let fixture = Fixture.cluster()
        return NameExplainer(fixture.zone, ForwardConfiguration(upstreams: upstreams), fixture.model).explain(text, for: setup)
    }

    @Test func `walks the list as resolvers do`() {
        #expect(Self.setup.candidates("web").map(\.description).first == "web.default.svc.cluster.local.")
        #expect(Self.setup.candidates("web").map(\.description).last == "web.")
        #expect(Self.setup.candidates("web.").map(\.description) == ["web."])
        #expect(Self.setup.candidates("a.b.c.d.e.f").map(\.description).first == "a.b.c.d.e.f.")
        #expect(Self.setup.candidates("a..b").isEmpty)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var steps: Int
        var object: String
        var reason: String

        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(name: "two", steps: 1, object: "Service default/two", reason: "its cluster IP; 1 of 1 endpoints ready"),
        Row(name: "db.default", steps: 2, object: "Service default/db", reason: "headless: 3 of 4 endpoints ready"),
        Row(
            name: "starting.default.svc.cluster.local.", steps: 1, object: "Service default/starting",
            reason: "headless: 0 of 1 endpoints ready, so the name does not exist yet"),
        Row(
            name: "nobody.default.svc.cluster.local.", steps: 1, object: "", reason: "there is no Service default/nobody"),
        Row(name: "x.nowhere.svc.cluster.local.", steps: 1, object: "", reason: "there is no namespace 'nowhere'"),
        Row(name: "web-0.db", steps: 1, object: "Service default/db", reason: "the endpoint 'web-0'"),
        Row(
            name: "web-9.db.default.svc.cluster.local.", steps: 1, object: "Service default/db",
            reason: "no endpoint is called 'web-9': a pod needs hostname and subdomain"),
        Row(
            name: "out", steps: 1, object: "Service default/out",
            reason:
                "out.default.svc.cluster.local. CNAME www.example.com.; no server to ask is configured: the answer is SERVFAIL"),
        Row(
            name: "kubernetes.void.svc.cluster.local.", steps: 1, object: "",
            reason: "there is no Service void/kubernetes; there is one in 'default': ask for kubernetes.default"),
        Row(name: "_http._tcp.two", steps: 1, object: "Service default/two", reason: "the port '_http._tcp'"),
        Row(
            name: "_web._tcp.two.default.svc.cluster.local.", steps: 1, object: "Service default/two",
            reason: "no port is called '_web._tcp'; there is _dns._udp, _http._tcp"),
        Row(
            name: "_80._tcp.plain.default.svc.cluster.local.", steps: 1, object: "Service default/plain",
            reason: "no port is called '_80._tcp': none has a name"),
        Row(name: "10.96.0.20", steps: 1, object: "Service default/two", reason: "10.96.0.20 is its cluster IP"),
        Row(name: "10.244.1.2", steps: 1, object: "Service default/db", reason: "10.244.1.2 is an endpoint of it"),
        Row(name: "fd00::20", steps: 1, object: "Service default/two", reason: "fd00::20 is its cluster IP"),
        Row(name: "10.96.0.99", steps: 1, object: "", reason: "no Service has 10.96.0.99, and no endpoint"),
        Row(
            name: "10-244-1-9.default.pod.cluster.local.", steps: 1, object: "Pod default/client",
            reason: "the address in the name"),
        Row(name: "void.svc.cluster.local.", steps: 1, object: "Namespace void", reason: "a namespace has no address"),
    ])
    func `names the object and the reason`(row: Row) throws {
        let explanation = Self.explain(row.name)
        let last = try #require(explanation.steps.last)
        #expect(explanation.steps.count == row.steps)
        #expect(last.object == row.object)
        #expect(last.reason == row.reason)
    }

    @Test func `says who is asked for other names`() throws {
        let explanation = Self.explain("www.example.com", upstreams: [Upstream(address("192.0.2.1"))])
        #expect(explanation.steps.count == 4)
        #expect(explanation.end?.result == .forwarded(["192.0.2.1:53"]))
        #expect(!explanation.isResolved)
        #expect(Self.explain("two").isResolved)
    }
}
