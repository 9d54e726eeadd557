import API
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct ProxyHealthTests {
    let start = Timestamp(seconds: 1_000_000_000)

    func later(_ seconds: Int) -> Timestamp { start.adding(.seconds(seconds)) }

    private func node(taint: String? = nil, isBeingDeleted: Bool = false) -> Node {
        var node = Node(metadata: ObjectMeta(name: "node1"))
        if isBeingDeleted { node.metadata.deletionTimestamp = start }
        if let taint { node.taints = [Taint(key: taint, effect: "NoSchedule")] }
        return node
    }

    @Test func `answers as upstream does, byte for byte`() {
        var health = ProxyHealth()
        health.node = .staying
        health.updated(.ipv4, at: Timestamp(seconds: 1_000_000_000, nanoseconds: 120_000_000))
        health.updated(.ipv6, at: start)
        health.queued(.ipv6, at: later(1))
        let good = health.answer(includesNode: true, at: later(30))
        #expect(good.status == 200)
        #expect(
            good.body
                == #"{"lastUpdated":"2001-09-09T01:47:10Z","currentTime":"2001-09-09T01:47:10Z","nodeEligible":true,"#
                + #""healthy":true,"#
                + #""status":{"IPv4":{"lastUpdated":"2001-09-09T01:46:40.12Z","healthy":true},"#
                + #""IPv6":{"lastUpdated":"2001-09-09T01:46:40Z","healthy":true}}}"#)
        let late = health.answer(includesNode: false, at: later(61))
        #expect(late.status == 503)
        #expect(
            late.body
                == #"{"lastUpdated":"2001-09-09T01:46:40.12Z","currentTime":"2001-09-09T01:47:41Z","healthy":false,"#
                + #""status":{"IPv4":{"lastUpdated":"2001-09-09T01:46:40.12Z","healthy":true},"#
                + #""IPv6":{"lastUpdated":"2001-09-09T01:46:40Z","healthy":false}}}"#)
        #expect(late.headers.map(\.name) == ["Content-Type", "X-Content-Type-Options"])
    }

    @Test func `is not late before the first sync`() {
        var health = ProxyHealth()
        health.queued(.ipv4, at: start)
        #expect(health.isHealthy(at: later(3600)))
        #expect(health.answer(includesNode: true, at: start).body.hasPrefix(#"{"lastUpdated":"2001-09-09T01:46:40Z""#))
    }

    @Test func `is late a minute after a change that no sync wrote, and recovers`() {
        var health = ProxyHealth()
        health.updated(.ipv4, at: start)
        health.queued(.ipv4, at: later(10))
        health.queued(.ipv4, at: later(60))
        #expect(health.isHealthy(at: later(69)))
        #expect(!health.isHealthy(at: later(70)))
        health.syncStarted()
        #expect(!health.isHealthy(at: later(70)))
        health.updated(.ipv4, at: later(71))
        #expect(health.isHealthy(at: later(3600)))
    }

    @Test func `a change that arrives during a sync waits for the next one`() {
        var health = ProxyHealth()
        health.updated(.ipv4, at: start)
        health.queued(.ipv4, at: later(1))
        health.syncStarted()
        health.queued(.ipv4, at: later(2))
        health.updated(.ipv4, at: later(3))
        #expect(health.isHealthy(at: later(61)))
        #expect(!health.isHealthy(at: later(62)))
    }

    @Test func `healthz refuses for a node that leaves, livez does not`() {
        for (state, expected) in [
            (ProxyHealth.NodeState(node()), 200), (.init(node(taint: "other")), 200),
            (.init(node(taint: "ToBeDeletedByClusterAutoscaler")), 503), (.init(node(isBeingDeleted: true)), 503),
            (.init(nil), 503), (.unknown, 200),
        ] {
            var health = ProxyHealth()
            health.updated(.ipv4, at: start)
            health.node = state
            #expect(health.answer(includesNode: true, at: start).status == expected, "\(state)")
            #expect(health.answer(includesNode: false, at: start).status == 200, "\(state)")
        }
    }

    @Test func `a health check node port answers as upstream does`() {
        let service = NamespacedName(namespace: "default", name: "wp-nginx-service")
        let good = PlainAnswer.healthCheck(service, localEndpoints: 1, isProxyHealthy: true)
        #expect(good.status == 200)
        // What a scan of a cluster of upstream's shows for this Service.
        #expect(good.body.utf8.count == 127)
        #expect(
            good.body
                == "{\n\t\"service\": {\n\t\t\"namespace\": \"default\",\n\t\t\"name\": \"wp-nginx-service\"\n\t},\n"
                + "\t\"localEndpoints\": 1,\n\t\"serviceProxyHealthy\": true\n}")
        #expect(good.headers.last == .init(name: "X-Load-Balancing-Endpoint-Weight", value: "1"))
        #expect(PlainAnswer.healthCheck(service, localEndpoints: 0, isProxyHealthy: true).status == 503)
        #expect(PlainAnswer.healthCheck(service, localEndpoints: 3, isProxyHealthy: false).status == 503)
    }
}
