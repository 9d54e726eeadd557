import API
import HTTP
import Metrics
import Store
import Synchronization

/// Priority and fairness: which level a request belongs to, and when it may go on.
///
/// Follows the flow schemas and priority levels as their caches change; a server without any limits nobody here.
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/server/filters/priority-and-fairness.go`.
final class FlowControl: Sendable {
    static let schemaHeader = "x-kubernetes-pf-flowschema-uid"
    static let levelHeader = "x-kubernetes-pf-prioritylevel-uid"

    private struct Known {
        var schemas: Revision
        var levels: Revision
        var rules: FlowRules
    }

    private let caches: CacheSet
    private let seatsMax: Int
    private let known = Mutex<Known?>(nil)
    let seats: FlowSeats

    /// - Parameter seats: Requests that the server works on at once.
    init(caches: CacheSet, seats: Int) {
        self.caches = caches
        seatsMax = seats
        self.seats = FlowSeats(seats: seats)
    }

    func classify(_ request: AccessRequest) -> FlowRules.Class? { rules?.classify(request) }

    private var rules: FlowRules? {
        guard let schemas = caches[FlowSchema.resource], let levels = caches[PriorityLevelConfiguration.resource] else {
            return nil
        }
        let revisions = (schemas.lastRevision, levels.lastRevision)
        if let rules = known.withLock({ $0.flatMap { ($0.schemas, $0.levels) == revisions ? $0.rules : nil } }) {
            return rules
        }
        let rules = FlowRules(
            schemas: schemas.all().map { FlowSchema(json: $0.object) },
            levels: levels.all().map { PriorityLevelConfiguration(json: $0.object) }, seats: seatsMax)
        known.withLock { $0 = Known(schemas: revisions.0, levels: revisions.1, rules: rules) }
        return rules
    }

    static func mark(_ response: inout HTTPResponse, _ found: FlowRules.Class) {
        response.headers[schemaHeader] = found.schemaUID
        response.headers[levelHeader] = found.levelUID
    }

    func write(_ text: inout MetricsText) {
        let all = seats.counts
        text.family("apiserver_flowcontrol_nominal_limit_seats", .gauge, "Nominal number of seats of each priority level.")
        for (level, _) in all where !level.isExempt {
            text.sample(
                "apiserver_flowcontrol_nominal_limit_seats", [("priority_level", level.name)], Double(level.nominalSeats))
        }
        text.family("apiserver_flowcontrol_current_executing_seats", .gauge, "Seats in use of each priority level.")
        for (level, counts) in all {
            text.sample(
                "apiserver_flowcontrol_current_executing_seats", [("priority_level", level.name)], Double(counts.executing))
        }
        text.family(
            "apiserver_flowcontrol_current_inqueue_requests", .gauge, "Requests that wait for a seat of each priority level.")
        for (level, counts) in all {
            text.sample(
                "apiserver_flowcontrol_current_inqueue_requests", [("priority_level", level.name)], Double(counts.waiting))
        }
        text.family(
            "apiserver_flowcontrol_dispatched_requests_total", .counter, "Requests that were given a seat of each priority level."
        )
        for (level, counts) in all {
            text.sample(
                "apiserver_flowcontrol_dispatched_requests_total", [("priority_level", level.name)],
                Double(counts.dispatched))
        }
        text.family("apiserver_flowcontrol_rejected_requests_total", .counter, "Requests that were given no seat.")
        for (level, counts) in all {
            for (reason, count) in counts.rejected.sorted(by: { $0.key < $1.key }) {
                text.sample(
                    "apiserver_flowcontrol_rejected_requests_total",
                    [("priority_level", level.name), ("reason", reason)], Double(count))
            }
        }
    }
}
