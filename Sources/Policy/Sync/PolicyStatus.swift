package import Metrics

/// What enforcement can say about itself.
package struct PolicyStatus: Hashable, Sendable {
    /// Everything was listed, and the rules stand for it.
    package var isSynced = false
    package var lastSync: ContinuousClock.Instant?
    /// The kernel's number of the ruleset after the last sync.
    package var generation: UInt32 = 0
    package var policyCount = 0
    package var localPodCount = 0
    /// Different combinations of policies among local pods, one for each direction.
    package var classCount = 0
    /// Peer selections that local pods' policies use.
    package var groupCount = 0
    package var elementCount = 0
    package var commitCount = 0
    /// Times that somebody else's change to our tables was undone.
    package var repairCount = 0
    /// Policies that cannot be applied; their pods are cut off.
    package var faultCount = 0
    /// Classes that the kernel refused; their pods are cut off.
    package var refusedCount = 0
    package var lastError: String?
    /// From the arrival of a change to the commit that holds it, in seconds.
    package var latency = Histogram([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5])

    package init() {}

    /// Prometheus' text.
    package func write(to text: inout MetricsText) {
        func gauge(_ name: String, _ help: String, _ value: Int) {
            text.family("skiff_policy_\(name)", .gauge, help)
            text.sample("skiff_policy_\(name)", [], Double(value))
        }
        func counter(_ name: String, _ help: String, _ value: Int) {
            text.family("skiff_policy_\(name)_total", .counter, help)
            text.sample("skiff_policy_\(name)_total", [], Double(value))
        }
        gauge("synced", "Whether the rules stand for everything that was listed.", isSynced ? 1 : 0)
        gauge("policies", "NetworkPolicies and ClusterNetworkPolicies.", policyCount)
        gauge("local_pods", "Pods of this node that policies can select.", localPodCount)
        gauge("classes", "Chains of pods with the same policies.", classCount)
        gauge("groups", "Peer selections in use.", groupCount)
        gauge("elements", "Elements in all sets and maps.", elementCount)
        gauge("faulty_policies", "Policies that cannot be applied; their pods are cut off.", faultCount)
        gauge("refused_classes", "Classes that the kernel refused; their pods are cut off.", refusedCount)
        counter("commits", "Transactions committed.", commitCount)
        counter("repairs", "Changes by others that were undone.", repairCount)
        text.family("skiff_policy_sync_seconds", .histogram, "From the arrival of a change to the rules in force.")
        text.histogram("skiff_policy_sync_seconds", [], latency)
    }
}
