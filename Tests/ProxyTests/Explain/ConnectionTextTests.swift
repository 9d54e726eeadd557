import API
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct ConnectionTextTests {
    private static func name(_ namespace: String, _ name: String) -> NamespacedName {
        NamespacedName(namespace: namespace, name: name)
    }

    @Test(arguments: [
        ("10.244.1.2", EndText.address(.fixture("10.244.1.2"))), ("fd00::1", .address(.fixture("fd00::1"))),
        ("web", .name(name("shop", "web"))), ("other/web", .name(name("other", "web"))), ("svc/web", .name(name("shop", "web"))),
        ("web.other", .name(name("other", "web"))), ("web.other.svc.cluster.local", .name(name("other", "web"))),
        ("node/node1", .node("node1")), ("pod/web-1", .pod(name("shop", "web-1"))),
        ("other/pod/web-1", .pod(name("other", "web-1"))), ("pod/other/web-1", .pod(name("other", "web-1"))),
    ])
    func `reads an end as kubectl users write it`(text: String, expected: EndText) {
        #expect(EndText(parsing: text, namespace: "shop") == expected)
    }

    @Test(arguments: ["", "a/b/c/d", "a b", "/web", "web/"])
    func `refuses what is no end`(text: String) {
        #expect(EndText(parsing: text, namespace: "shop") == nil)
    }

    @Test func `a target has a port behind its last colon`() {
        #expect(TargetText(parsing: "web:80", namespace: "shop")?.port == "80")
        #expect(TargetText(parsing: "web:http", namespace: "shop")?.end == .name(Self.name("shop", "web")))
        #expect(TargetText(parsing: "[fd00::1]:53", namespace: "shop")?.end == .address(.fixture("fd00::1")))
        #expect(TargetText(parsing: "web", namespace: "shop") == nil)
        #expect(TargetText(parsing: "web:", namespace: "shop") == nil)
    }
}
