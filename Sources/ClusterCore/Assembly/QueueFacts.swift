import APIServer
import ControlLoop
import Metrics

/// What the controllers' queues have done, in upstream's names.
enum QueueFacts {
    static func write(_ ledger: WorkQueueLedger, _ text: inout MetricsText) {
        let all = ledger.all
        func family(
            _ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: (WorkQueueLedger.Account) -> Int
        ) {
            text.family(name, kind, help)
            for (queue, account) in all { text.sample(name, [("name", queue)], Double(value(account))) }
        }
        family("workqueue_adds_total", .counter, "Total number of adds handled by workqueue", \.adds)
        family("workqueue_depth", .gauge, "Current depth of workqueue", \.depth)
        family("workqueue_retries_total", .counter, "Total number of retries handled by workqueue", \.retries)
        text.family(
            "workqueue_work_duration_seconds", .histogram,
            "How long in seconds processing an item from workqueue takes.")
        for (queue, account) in all {
            let work = account.work
            text.histogram(
                "workqueue_work_duration_seconds", [("name", queue)], bounds: WorkQueueLedger.Durations.bounds,
                counts: work.counts, count: work.count, sum: work.seconds)
        }
    }
}
