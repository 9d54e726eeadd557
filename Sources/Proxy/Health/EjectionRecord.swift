import API
import Metrics
import NetworkTypes

/// What the proxy reports of endpoints that it ejects. Nothing before a Service asks for it.
struct EjectionRecord: Sendable {
    private struct Kind: Hashable {
        var family: IPFamily
        var reason: Ejection.Reason
    }

    private var wasAsked = false
    private var ejected: [IPFamily: Int] = [:]
    private var totals: [Kind: Int] = [:]
    private var withheld = 0
    /// Intervals in which not every connection was watched.
    var missed = 0

    mutating func isAsked(_ ejected: [IPFamily: Int], _ families: [IPFamily]) {
        wasAsked = true
        for family in families { self.ejected[family] = ejected[family] ?? 0 }
    }

    mutating func changed(_ news: EjectionNews, _ ejected: [IPFamily: Int], _ families: [IPFamily]) {
        isAsked(ejected, families)
        for event in news.events {
            switch event {
            case .ejected(_, let backend, let ejection):
                totals[Kind(family: backend.address.family, reason: ejection.reason), default: 0] += 1
            case .withheld: withheld += 1
            case .returned: break
            }
        }
    }

    func write(_ text: inout MetricsText) {
        guard wasAsked else { return }
        text.family(
            "skiff_proxy_endpoints_ejected", .gauge, "Endpoints that get no new connections at the moment, because they failed")
        for (family, count) in ejected.sorted(by: { $0.key < $1.key }) {
            text.sample("skiff_proxy_endpoints_ejected", [("ip_family", family.kubernetesName)], Double(count))
        }
        text.family(
            "skiff_proxy_endpoint_ejections_total", .counter, "Endpoints that were ejected, by why the last attempt failed")
        for family in ejected.keys.sorted() {
            for reason in Ejection.Reason.allCases {
                text.sample(
                    "skiff_proxy_endpoint_ejections_total",
                    [("ip_family", family.kubernetesName), ("reason", reason.rawValue)],
                    Double(totals[Kind(family: family, reason: reason)] ?? 0))
            }
        }
        text.family(
            "skiff_proxy_endpoint_ejections_withheld_total", .counter,
            "Endpoints that failed and were not ejected, because too few others would remain")
        text.sample("skiff_proxy_endpoint_ejections_withheld_total", [], Double(withheld))
        text.family(
            "skiff_proxy_connection_reports_incomplete_total", .counter,
            "Quarters of a second in which more connections began than are watched")
        text.sample("skiff_proxy_connection_reports_incomplete_total", [], Double(missed))
    }
}
