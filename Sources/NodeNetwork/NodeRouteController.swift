import API
package import ControlLoop
package import Logging
package import NFTables
import Netlink
package import NetworkTypes
import Synchronization

/// What a node's network is told beside the Nodes themselves.
package struct NodeNetworkConfiguration: Sendable {
    /// This node; a name that no Node has makes routes only.
    package var nodeName: String
    package var tunnels = TunnelSettings()
    /// Where pods are known by their own addresses, beside every node; nil: nothing is masqueraded.
    package var masqueradeExcept: [CIDR]?
    /// Bytes; nil: what the ways to other nodes allow.
    package var podMTU: UInt32?
    /// Nil: the runtime's configuration is somebody else's.
    package var conflist: ConflistWriter? = ConflistWriter()

    package init(nodeName: String) { self.nodeName = nodeName }
}

/// Keeps this node's ways to the pods of all other nodes, its settings, and the runtime's conflist as the Nodes say.
///
/// Level-triggered: every pass compares all that is wanted with all that is there, so it also repairs what others changed.
package final class NodeRouteController: Sendable {
    /// A pass happens at least this often.
    private static let recheckInterval = Duration.seconds(30)
    /// How often the kernel is asked whether somebody changed rules.
    private static let ruleCheckInterval = Duration.seconds(2)
    /// Changes that come together are handled together.
    private static let settleTime = Duration.milliseconds(50)

    private struct State {
        var underlay: Set<InterfaceIndex> = []
        var tunnels: Set<InterfaceIndex> = []
        /// Reported once, until they change.
        var problems: [RoutingProblem] = []
        var refused: [NodeSysctls.Setting] = []
        var refusals: [String] = []
        var history = PodCIDRHistory()
        /// For the masquerade table between passes.
        var masquerade: MasqueradePlan?
    }

    private let configuration: NodeNetworkConfiguration
    private let listWatch: any ListWatch
    private let kernel: NodeKernel
    private let masquerade: MasqueradeApplier?
    private let reporter: NodeNetworkReporter?
    private let logger: Logger
    private let nodes = ObjectCache<Node>()
    private let changed = WakeSignal()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - rules: Nil: no rule is written.
    ///   - reporter: Nil: only the log hears of problems.
    package init(
        _ configuration: NodeNetworkConfiguration, listWatch: any ListWatch, kernel: NodeKernel,
        rules: (any RulesetApplier)? = nil, reporter: NodeNetworkReporter? = nil, logger: Logger
    ) {
        self.configuration = configuration
        self.listWatch = listWatch
        self.kernel = kernel
        masquerade = rules.map { MasqueradeApplier(rules: $0) }
        self.reporter = reporter
        self.logger = logger
    }

    /// Returns only by cancellation. Routes, tunnels and conflist stay as they are then: pods run on without the agent.
    package func run() async throws {
        try await whileWatching { group in
            group.addTask { try await self.watchKernel() }
            group.addTask { try await self.recheck() }
            group.addTask { try await self.watchRules() }
            if let reporter = self.reporter { group.addTask { await reporter.run() } }
            group.addTask { try await self.follow() }
        }
    }

    /// One pass, as the Nodes are now.
    package func runOnce() async throws {
        try await whileWatching { group in
            try await self.nodes.waitUntilSynced()
            try await self.pass()
            group.cancelAll()
        }
    }

    private func whileWatching(
        _ body: (inout ThrowingDiscardingTaskGroup<any Error>) async throws -> Void
    ) async throws {
        // A node's heartbeat changes nothing here.
        let subscription = nodes.subscribe { [changed] change in
            if change.old.map({ NodeView($0) }) != change.new.map({ NodeView($0) }) { changed.wake() }
        }
        defer { nodes.unsubscribe(subscription) }
        let reflector = Reflector(listWatch: listWatch, resource: Node.resource, into: nodes, logger: logger)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                do { try await reflector.run() } catch is CancellationError {}
            }
            try await body(&group)
        }
    }

    private func follow() async throws {
        if let conflist = configuration.conflist {
            let left = conflist.currentPodCIDRs()
            state.withLock { $0.history.remember(configuration.nodeName, left) }
        }
        try await nodes.waitUntilSynced()
        while true {
            do { try await pass() } catch {
                try Task.checkCancellation()
                logger.error("routes not applied", metadata: ["error": "\(error)"])
            }
            await changed.wait()
            try Task.checkCancellation()
            try await ContinuousClock().sleep(for: Self.settleTime)
        }
    }

    private func recheck() async throws {
        while true {
            try await ContinuousClock().sleep(for: Self.recheckInterval)
            changed.wake()
        }
    }

    private func watchRules() async throws {
        guard masquerade != nil else { return }
        while true {
            try await ContinuousClock().sleep(for: Self.ruleCheckInterval)
            await applyMasquerade()
        }
    }

    private func watchKernel() async throws {
        guard let monitor = kernel.monitor else { return }
        try await withTaskCancellationHandler {
            while !Task.isCancelled {
                let (underlay, tunnels) = state.withLock { ($0.underlay, $0.tunnels) }
                let goesOn = try await OwnThread.run { try monitor.waitForChange(underlay: underlay, tunnels: tunnels) }
                guard goesOn else { return }
                changed.wake()
            }
        } onCancel: {
            monitor.stop()
        }
    }

    /// One comparison of everything, on a thread of its own because netlink and files block.
    private func pass() async throws {
        let list = nodes.list()
        let views = list.map { NodeView($0) }
        let plan = try await OwnThread.run { try self.apply(views) }
        await applyMasquerade()
        guard let reporter, let own = list.first(where: { $0.metadata.name == configuration.nodeName }) else { return }
        // A node that has not got its range yet is not a node without a network.
        let problem = plan.problems.first { $0.node == configuration.nodeName }
        if problem != nil || !plan.ownPodCIDRs.isEmpty { await reporter.setCondition(of: own, problem: problem) }
    }

    private func apply(_ views: [NodeView]) throws -> RoutePlan {
        let table = try kernel.links()
        let underlay = table.underlay
        let plan = RoutePlan.compute(
            nodes: views, nodeName: configuration.nodeName, underlay: underlay, settings: configuration.tunnels)
        report(plan.problems, state.withLock { $0.history.listed(views) })
        applySettings(families: Set(plan.ownPodCIDRs.map(\.family)))
        let tunnels = TunnelApplier(kernel: kernel)
        let outcome = try tunnels.prepare(plan.tunnels, table)
        state.withLock { state in
            state.underlay = Set(underlay.links.map(\.index))
            state.tunnels = Set(outcome.devices.values)
            state.masquerade = MasqueradePlan(plan, nodes: views, except: configuration.masqueradeExcept)
        }
        let routes = plan.routes + plan.tunnels.flatMap { plan in outcome.devices[plan.name].map { plan.routes(on: $0) } ?? [] }
        let difference = RouteDifference(actual: try kernel.routes(), desired: routes)
        let refused = outcome.refusals + (difference.isEmpty ? [] : try apply(difference))
        reportRefusals(refused)
        if !configuration.nodeName.isEmpty { _ = try tunnels.removeOthers(plan.tunnels, table) }
        if outcome.changes > 0 {
            logger.info(
                "tunnels changed", metadata: ["changes": "\(outcome.changes)", "peers": "\(plan.tunnels.map(\.peers.count))"])
        }
        try writeConflist(plan)
        return plan
    }

    private func writeConflist(_ plan: RoutePlan) throws {
        guard !plan.ownPodCIDRs.isEmpty, let conflist = configuration.conflist else { return }
        let mtu = configuration.podMTU ?? plan.podMTU
        let written = try conflist.write(Conflist(podCIDRs: plan.ownPodCIDRs, mtu: mtu))
        if written {
            logger.info(
                "wrote conflist", metadata: ["node": "\(configuration.nodeName)", "mtu": "\(mtu.map { "\($0)" } ?? "default")"])
        }
    }

    private func apply(_ difference: RouteDifference) throws -> [String] {
        let routes = difference.delete + difference.replace
        var refused: [String] = []
        for (route, reply) in zip(routes, try kernel.transport.exchange(difference.requests)) {
            guard let refusal = reply.refusal, refusal.errno != LinuxErrno.noProcess else { continue }
            refused.append("route \(route.destination): \(LinuxErrno.text(refusal.errno)) \(refusal.explanation ?? "")")
        }
        logger.info(
            "routes changed",
            metadata: ["replaced": "\(difference.replace.count)", "deleted": "\(difference.delete.count)"])
        return refused
    }

    private func applyMasquerade() async {
        guard let masquerade, let wanted = state.withLock({ $0.masquerade }) else { return }
        do {
            let operations = try await masquerade.apply(wanted)
            if operations > 0 { logger.info("masquerade rules changed", metadata: ["operations": "\(operations)"]) }
        } catch {
            reportRefusals(["masquerade: \(error)"])
        }
    }

    private func report(_ problems: [RoutingProblem], _ changes: [PodCIDRHistory.Change]) {
        let new = state.withLock { state in
            defer { state.problems = problems }
            return problems.filter { !state.problems.contains($0) }
        }
        for problem in new {
            logger.error("not routed", metadata: ["reason": "\(problem)"])
            reporter?.warn(reason: problem.reason, "\(problem)")
        }
        for change in changes {
            logger.error("podCIDRs changed", metadata: ["reason": "\(change)"])
            reporter?.warn(reason: "PodCIDRChanged", "\(change)")
        }
    }

    /// What the kernel refuses again and again is said once.
    private func reportRefusals(_ refusals: [String]) {
        let new = state.withLock { state in
            let new = refusals.filter { !state.refusals.contains($0) }
            state.refusals = refusals.isEmpty ? [] : state.refusals + new
            return new
        }
        for refusal in new {
            logger.error("the kernel refused", metadata: ["reason": "\(refusal)"])
            reporter?.warn(reason: "KernelRefused", refusal)
        }
    }

    /// Writes what differs; a setting that cannot be written is reported once and does not keep routes from being made.
    private func applySettings(families: Set<IPFamily>) {
        for setting in NodeSysctls.settings(families: families) {
            do {
                guard try kernel.sysctl.read(setting.key) != setting.value else { continue }
                try kernel.sysctl.write(setting.key, setting.value)
                logger.info("setting changed", metadata: ["key": "\(setting.key)", "value": "\(setting.value)"])
            } catch {
                let isNew = state.withLock { state in
                    guard !state.refused.contains(setting) else { return false }
                    state.refused.append(setting)
                    return true
                }
                if isNew { logger.error("setting not changed", metadata: ["key": "\(setting.key)", "error": "\(error)"]) }
            }
        }
    }
}
