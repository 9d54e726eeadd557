import API
import Metrics
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct ProxyRecordTests {
    let start = Timestamp(seconds: 1_000_000_000)

    private func lines(_ record: ProxyRecord) -> [String] {
        var text = MetricsText()
        record.write(&text)
        return text.text.split(separator: "\n").map(String.init)
    }

    private func value(_ sample: String, in record: ProxyRecord) -> String? {
        lines(record).first { $0.hasPrefix(sample + " ") }.map { String($0.dropFirst(sample.count + 1)) }
    }

    private func synced(_ record: inout ProxyRecord, isFull: Bool = true, at time: Timestamp) {
        record.synced(.ipv4, isFull: isFull, duration: .milliseconds(3), services: ServiceHealthLedger(), at: time)
        record.syncFinished()
    }

    @Test func `names and labels are kube-proxy's`() {
        var record = ProxyRecord(families: [.ipv4, .ipv6], at: start)
        record.servicesChanged(at: start)
        record.endpointsChanged(.ipv4, trigger: start, at: start)
        record.syncStarted()
        synced(&record, at: start)
        synced(&record, isFull: false, at: start)
        record.flowsCleaned(.ipv4, duration: .zero)
        _ = record.healthAnswer(includesNode: true, at: start)
        _ = record.healthAnswer(includesNode: false, at: start)
        let families = lines(record).filter { $0.hasPrefix("# TYPE") }.map { $0.dropFirst("# TYPE ".count) }
        #expect(
            families == [
                "kubeproxy_network_programming_duration_seconds histogram",
                "kubeproxy_sync_proxy_rules_duration_seconds histogram",
                "kubeproxy_sync_full_proxy_rules_duration_seconds histogram",
                "kubeproxy_sync_partial_proxy_rules_duration_seconds histogram",
                "kubeproxy_sync_proxy_rules_last_timestamp_seconds gauge",
                "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds gauge",
                "kubeproxy_sync_proxy_rules_nftables_sync_failures_total counter",
                "skiff_proxy_repairs_total counter",
                "kubeproxy_sync_proxy_rules_endpoint_changes_pending gauge",
                "kubeproxy_sync_proxy_rules_endpoint_changes_total counter",
                "kubeproxy_sync_proxy_rules_service_changes_pending gauge",
                "kubeproxy_sync_proxy_rules_service_changes_total counter",
                "kubeproxy_sync_proxy_rules_no_local_endpoints_total gauge",
                "kubeproxy_conntrack_reconciler_sync_duration_seconds histogram",
                "kubeproxy_proxy_healthz_total counter", "kubeproxy_proxy_livez_total counter",
            ])
        #expect(value(#"kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"}"#, in: record) == "2")
        #expect(value(#"kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family="IPv4",le="0.004"}"#, in: record) == "2")
        #expect(value(#"kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"}"#, in: record) == "1")
        #expect(value(#"kubeproxy_proxy_healthz_total{code="200"}"#, in: record) == "1")
        #expect(
            value(
                #"kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv6",traffic_policy="internal"}"#, in: record)
                == "0")
    }

    @Test func `the time to program the network counts from the change of the pod`() {
        var record = ProxyRecord(families: [.ipv4], at: start)
        record.endpointsChanged(.ipv4, trigger: start.adding(.seconds(-5)), at: start)
        record.endpointsChanged(.ipv4, trigger: start.adding(.seconds(10)), at: start.adding(.seconds(11)))
        record.endpointsChanged(.ipv4, trigger: nil, at: start.adding(.seconds(11)))
        record.syncStarted()
        synced(&record, at: start.adding(.seconds(12)))
        let name = "kubeproxy_network_programming_duration_seconds"
        // The first change was there before the proxy was.
        #expect(value(#"\#(name)_count{ip_family="IPv4"}"#, in: record) == "1")
        #expect(value(#"\#(name)_bucket{ip_family="IPv4",le="1"}"#, in: record) == "0")
        #expect(value(#"\#(name)_bucket{ip_family="IPv4",le="2"}"#, in: record) == "1")
        #expect(lines(record).filter { $0.hasPrefix("\(name)_bucket") }.count == 81)
    }

    @Test func `changes are pending until a sync succeeds`() {
        var record = ProxyRecord(families: [.ipv4], at: start)
        let pending = "kubeproxy_sync_proxy_rules_service_changes_pending"
        record.servicesChanged(3, at: start)
        record.servicesChanged(isNews: false, at: start)
        record.syncStarted()
        record.syncFailed(.ipv4)
        #expect(value(pending, in: record) == "3")
        record.servicesChanged(at: start)
        record.syncStarted()
        record.servicesChanged(at: start)
        synced(&record, at: start)
        #expect(value(pending, in: record) == "1")
        #expect(value("kubeproxy_sync_proxy_rules_service_changes_total", in: record) == "6")
        #expect(
            value(#"kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv4"}"#, in: record) == "1")
    }
}
