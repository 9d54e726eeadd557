import Metrics

/// The server's counts under CoreDNS's names, so that dashboards for it show this server.
///
/// - SeeAlso: CoreDNS 1.14 `plugin/metrics/README.md`, `plugin/cache`, `plugin/forward`, `plugin/kubernetes`.
struct DNSMetricsText {
    var port: UInt16
    var version: String
    var datagrams: ServeCounters
    var streams: ServeCounters
    var forward: ForwardMetrics.Counts
    var cache: (successes: Int, denials: Int)
    var programming: [String: Histogram]

    private var server: (String, String) { ("server", "dns://:\(port)") }
    private var common: [(String, String)] { [server, ("zone", "."), ("view", "")] }

    var text: String {
        var text = MetricsText()
        text.family("coredns_build_info", .gauge, "What answers here.")
        text.sample("coredns_build_info", [("version", version), ("revision", ""), ("goversion", "")], 1)
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
            for (index, count) in counters.requests.enumerated() where count > 0 {
                let labels = [
                    ("proto", proto), ("family", index < types.count ? "1" : "2"), ("type", types[index % types.count]),
                ]
                text.sample("coredns_dns_requests_total", common + labels, Double(count))
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
        for (index, count) in all.responses.enumerated() where count > 0 {
            text.sample(
                "coredns_dns_responses_total", common + [("rcode", codes[index]), ("plugin", "kubernetes")], Double(count))
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
        text.family("coredns_cache_misses_total", .counter, "Questions that the cache could not answer.")
        text.sample("coredns_cache_misses_total", labels(nil), Double(forward.misses))
        text.family("coredns_cache_served_stale_total", .counter, "Answers given after their time because no server answered.")
        text.sample("coredns_cache_served_stale_total", labels(nil), Double(forward.stale))
    }

    private func writeForward(_ text: inout MetricsText) {
        let name = "coredns_proxy_request_duration_seconds"
        text.family(name, .histogram, "Time that other servers took.")
        let order = forward.exchanges.sorted {
            ($0.key.upstream.description, $0.key.code?.rawValue ?? .max)
                < ($1.key.upstream.description, $1.key.code?.rawValue ?? .max)
        }
        for (exchange, histogram) in order {
            let code = exchange.code?.description ?? "timeout"
            text.histogram(
                name, [("proxy_name", "forward"), ("to", exchange.upstream.description), ("rcode", code)], histogram)
        }
        text.family("coredns_forward_healthcheck_broken_total", .counter, "Questions that failed because no server was well.")
        text.sample("coredns_forward_healthcheck_broken_total", [], Double(forward.broken))
        text.family("coredns_forward_max_concurrent_rejects_total", .counter, "Questions refused because too many waited.")
        text.sample("coredns_forward_max_concurrent_rejects_total", [], Double(forward.rejects))
    }
}
