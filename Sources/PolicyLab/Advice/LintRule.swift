/// What lint looks for.
package enum LintRule: String, Hashable, Sendable, CaseIterable {
    case dnsBlocked = "dns-blocked"
    case dnsOverTCPOnly = "dns-tcp-only"
    case blockOfService = "ipblock-of-service"
    case blockOfPods = "ipblock-of-pods"
    case splitPeer = "split-peer"
    case egressNotIsolated = "egress-not-isolated"
    case selectsNoPod = "selects-no-pod"
    case selectsHostNetwork = "selects-host-network"
    case peerMatchesNothing = "peer-matches-nothing"
    case namedPortMissing = "named-port-missing"
    case ipv4Only = "ipv4-only"
    case redundantRule = "redundant-rule"
    case openPod = "open-pod"
    case everyNamespace = "every-namespace"

    package enum Level: String, Hashable, Sendable, Comparable {
        /// Almost surely not what was meant.
        case warning
        /// Worth knowing, and often meant so.
        case note

        package static func < (left: Level, right: Level) -> Bool { left == .warning && right == .note }
    }

    package var level: Level {
        switch self {
        case .dnsBlocked, .dnsOverTCPOnly, .blockOfService, .splitPeer, .egressNotIsolated, .selectsNoPod, .selectsHostNetwork,
            .namedPortMissing, .ipv4Only:
            .warning
        case .blockOfPods, .peerMatchesNothing, .redundantRule, .openPod, .everyNamespace: .note
        }
    }

    package var summary: String {
        switch self {
        case .dnsBlocked: "Pods may connect to something, but cannot resolve names."
        case .dnsOverTCPOnly: "Port 53 without a protocol is TCP; names are resolved over UDP."
        case .blockOfService: "An ipBlock with a Service's virtual address never matches: policies see the pod behind it."
        case .blockOfPods: "An ipBlock covers pod addresses, which change; select pods by label."
        case .splitPeer: "Two list items are alternatives; one item with both selectors means both at once."
        case .egressNotIsolated: "An empty egress section without policyTypes isolates ingress only."
        case .selectsNoPod: "The policy selects no pod of the input."
        case .selectsHostNetwork: "Policies do not act on pods in the host's network."
        case .peerMatchesNothing: "A peer matches no pod of the input."
        case .namedPortMissing: "No pod that the rule is about has a port of this name and protocol."
        case .ipv4Only: "The rule opens IPv4 only, and the input has IPv6 addresses."
        case .redundantRule: "Without the rule the same pods reach each other."
        case .openPod: "No policy isolates the workload for ingress: everybody reaches it."
        case .everyNamespace: "The rule lets in pods of every namespace."
        }
    }
}

/// One thing that lint found.
package struct LintFinding: Hashable, Sendable {
    package var rule: LintRule
    package var message: String
    package var place: SourcePlace

    package var sarif: SARIFReport.Finding {
        SARIFReport.Finding(rule: rule.rawValue, level: rule.level.rawValue, message: message, places: [place])
    }
}
