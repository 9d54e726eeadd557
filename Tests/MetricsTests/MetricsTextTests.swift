import Testing

@testable import Metrics

@Suite struct MetricsTextTests {
    @Test func `a family's samples follow its help and type`() {
        var text = MetricsText()
        text.family("rules_total", .gauge, "Rules now.")
        text.sample("rules_total", [("family", "ip6"), ("table", "a\"b\\c\nd")], 3)
        text.sample("rules_total", [], 0.25)
        #expect(
            text.text == """
                # HELP rules_total Rules now.
                # TYPE rules_total gauge
                rules_total{family="ip6",table="a\\"b\\\\c\\nd"} 3
                rules_total 0.25

                """)
    }

    @Test func `buckets are summed up and the last one holds all`() {
        var histogram = Histogram([0.1, 1])
        for value in [0.05, 0.5, 0.6, 7] { histogram.observe(value) }
        var text = MetricsText()
        text.histogram("wait_seconds", [("queue", "pods")], histogram)
        #expect(
            text.text == """
                wait_seconds_bucket{queue="pods",le="0.1"} 1
                wait_seconds_bucket{queue="pods",le="1"} 3
                wait_seconds_bucket{queue="pods",le="+Inf"} 4
                wait_seconds_sum{queue="pods"} 8.15
                wait_seconds_count{queue="pods"} 4

                """)
    }

    @Test func `a value on a bound belongs to it`() {
        var histogram = Histogram([1])
        histogram.observe(1)
        #expect(histogram.counts == [1])
    }
}
