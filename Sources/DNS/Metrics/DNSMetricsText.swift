import Metrics

/// The server's counts under CoreDNS's names, so that dashboards for it show this server.
///
/// - SeeAlso: CoreDNS 1.14 `plugin/metrics/README.md`, `plugin/cache`, `plugin/forward`, `plugin/kubernetes`.
struct DNSMetricsText {
    var port: UInt16
    var version: String
    var completesNames: Bool
    var datagrams: ServeCounters
    var streams: ServeCounters
    var forward: ForwardMetrics.Counts
    var cache: AnswerCache.Counts
    var programming: [String: Histogram]

    private var server: (String, String) { ("server", "dns://:\(port)") }
    private var common: [(String, String)] { [server, ("zone", "."), ("view", "")] }
    /// Label of the one plugin that asks other servers.
    private static let proxy = ("proxy_name", "forward")

    var text: String {
        var text = MetricsText()
        text.family("coredns_build_info", .gauge, "What answers here.")
        text.sample("coredns_build_info", [("version", version), ("revision", ""), ("goversion", "")], 1)
        text.family("coredns_plugin_enabled", .gauge, "What this server can do, in CoreDNS's words.")
        for name in ["autopath", "cache", "errors", "forward", "health", "kubernetes", "loadbalance", "prometheus", "ready"]
        where name != "autopath" || completesNames {
            text.sample("coredns_plugin_enabled", common + [("name", name)], 1)
        }
        writeRequests(&text)
        writeResponses(&text)
        writeCache(&text)
        writeForward(&text)
        text.family("coredns_autopath_success_total", .counter, "Names completed for the client.")
        text.sample(
            "coredns_autopath_success_total", [server], Double(datagrams.completions + streams.completions + forward.completions))
        let name = "coredns_kubernetes_dns_programming_duration_seconds"
        text.family(name, .histogram, "From the change of a Service's endpoints to its being answered.")
        for (kind, histogram) in programming.sorted(by: { $0.key < $1.key }) {
            text.histogram(name, [("service_kind", kind)], histogram)
        }
        text.family("coredns_panics_total", .counter, "Questions that could not be worked on to the end.")
        text.sample("coredns_panics_total", [], 0)
        return text.text
    }

    private func writeRequests(_ text: inout MetricsText) {
        let types = RecordType.counted.map(\.description) + ["other"]
        text.family("coredns_dns_requests_total", .counter, "Questions by transport, family and type.")
        for (proto, counters) in [("udp", datagrams), ("tcp", streams)] {
            for (zone, requests) in [(".", counters.requests), ("dropped", counters.droppedRequests)] {
                for (index, count) in requests.enumerated() where count > 0 {
                    let labels = [
                        server, ("zone", zone), ("view", ""), ("proto", proto), ("family", index < types.count ? "1" : "2"),
                        ("type", types[index % types.count]),
                    ]
                    text.sample("coredns_dns_requests_total", labels, Double(count))
                }
            }
        }
        text.family("coredns_dns_do_requests_total", .counter, "Questions that ask for signatures.")
        text.sample("coredns_dns_do_requests_total", common, Double(datagrams.signatureRequests + streams.signatureRequests))
        text.family("coredns_dns_request_size_bytes", .histogram, "Size of questions.")
        text.histogram("coredns_dns_request_size_bytes", common + [("proto", "udp")], datagrams.requestSizes)
        text.histogram("coredns_dns_request_size_bytes", common + [("proto", "tcp")], streams.requestSizes)
    }

    private func writeResponses(_ text: inout MetricsText) {
        var all = datagrams
        all.add(streams)
        let codes = ServeCounters.codes.map(\.description) + ["other"]
        text.family("coredns_dns_responses_total", .counter, "Answers by response code.")
        for source in AnswerSource.allCases {
            for (index, code) in codes.enumerated() {
                let count = all.responses[source.rawValue * codes.count + index]
                guard count > 0 else { continue }
                let labels = [server, ("zone", source.zone), ("view", ""), ("rcode", code), ("plugin", source.plugin)]
                text.sample("coredns_dns_responses_total", labels, Double(count))
            }
        }
        text.family("coredns_dns_request_duration_seconds", .histogram, "Time from question to answer.")
        text.histogram("coredns_dns_request_duration_seconds", common, all.durations)
        text.family("coredns_dns_response_size_bytes", .histogram, "Size of answers.")
        text.histogram("coredns_dns_response_size_bytes", common + [("proto", "udp")], datagrams.responseSizes)
        text.histogram("coredns_dns_response_size_bytes", common + [("proto", "tcp")], streams.responseSizes)
    }

    private func writeCache(_ text: inout MetricsText) {
        func labels(_ type: String?) -> [(String, String)] {
            [server] + (type.map { [("type", $0)] } ?? []) + [("zones", "."), ("view", "")]
        }
        text.family("coredns_cache_entries", .gauge, "Answers of other servers that are kept.")
        text.sample("coredns_cache_entries", labels("success"), Double(cache.successes))
        text.sample("coredns_cache_entries", labels("denial"), Double(cache.denials))
        text.family("coredns_cache_requests_total", .counter, "Questions looked up in the cache.")
        text.sample(
            "coredns_cache_requests_total", labels(nil), Double(forward.successHits + forward.denialHits + forward.misses))
        text.family("coredns_cache_hits_total", .counter, "Questions answered from the cache.")
        text.sample("coredns_cache_hits_total", labels("success"), Double(forward.successHits))
        text.sample("coredns_cache_hits_total", labels("denial"), Double(forward.denialHits))
        text.family("coredns_cache_evictions_total", .counter, "Answers that made way for others.")
        text.sample("coredns_cache_evictions_total", labels("success"), Double(cache.successEvictions))
        text.sample("coredns_cache_evictions_total", labels("denial"), Double(cache.denialEvictions))
        text.family("coredns_cache_misses_total", .counter, "Questions that the cache could not answer.")
        text.sample("coredns_cache_misses_total", labels(nil), Double(forward.misses))
        text.family("coredns_cache_served_stale_total", .counter, "Answers given after their time because no server answered.")
        text.sample("coredns_cache_served_stale_total", labels(nil), Double(forward.stale))
    }

    private func writeForward(_ text: inout MetricsText) {
        let name = "coredns_proxy_request_duration_seconds"
        text.family(name, .histogram, "Time that other servers took.")
        let order = forward.exchanges.sorted {
            ($0.key.upstream.description, $0.key.code.rawValue) < ($1.key.upstream.description, $1.key.code.rawValue)
        }
        for (exchange, histogram) in order {
            text.histogram(
                name, [Self.proxy, ("to", exchange.upstream.description), ("rcode", exchange.code.description)], histogram)
        }
        text.family("coredns_proxy_healthcheck_failures_total", .counter, "Servers asked whether they are back, in vain.")
        for (upstream, count) in forward.probeFailures.sorted(by: { $0.key.description < $1.key.description }) {
            text.sample(
                "coredns_proxy_healthcheck_failures_total", [Self.proxy, ("to", upstream.description)], Double(count))
        }
        text.family("coredns_proxy_conn_cache_misses_total", .counter, "Sockets opened: each question has its own.")
        for (opened, count) in forward.sockets.sorted(by: { $0.key.upstream.description < $1.key.upstream.description }) {
            text.sample(
                "coredns_proxy_conn_cache_misses_total",
                [Self.proxy, ("to", opened.upstream.description), ("proto", opened.isStream ? "tcp" : "udp")], Double(count))
        }
        text.family("coredns_forward_healthcheck_broken_total", .counter, "Questions that failed because no server was well.")
        text.sample("coredns_forward_healthcheck_broken_total", [], Double(forward.broken))
        text.family("coredns_forward_max_concurrent_rejects_total", .counter, "Questions refused because too many waited.")
        text.sample("coredns_forward_max_concurrent_rejects_total", [], Double(forward.rejects))
    }
}
