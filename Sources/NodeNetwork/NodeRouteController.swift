import API
package import ControlLoop
package import Logging
import Netlink
import NetworkTypes
import Synchronization

/// Keeps this node's routes to the pods of all other nodes, its settings, and the runtime's conflist as the Nodes say.
///
/// Level-triggered: every pass compares all that is wanted with all that is there, so it also repairs what others changed.
package final class NodeRouteController: Sendable {
    /// A pass happens at least this often.
    private static let recheckInterval = Duration.seconds(30)
    /// Changes that come together are handled together.
    private static let settleTime = Duration.milliseconds(50)

    private struct State {
        var underlay: Set<InterfaceIndex> = []
        /// Reported once, until they change.
        var problems: [RoutePlan.Problem] = []
        var refused: [NodeSysctls.Setting] = []
    }

    private let listWatch: any ListWatch
    private let nodeName: String
    private let kernel: NodeKernel
    private let conflist: ConflistWriter
    private let logger: Logger
    private let nodes = ObjectCache<Node>()
    private let changed = WakeSignal()
    private let state = Mutex(State())

    package init(
        listWatch: any ListWatch, nodeName: String, kernel: NodeKernel, conflist: ConflistWriter = ConflistWriter(),
        logger: Logger
    ) {
        self.listWatch = listWatch
        self.nodeName = nodeName
        self.kernel = kernel
        self.conflist = conflist
        self.logger = logger
    }

    /// Returns only by cancellation. Routes and conflist stay as they are then: pods run on without the agent.
    package func run() async throws {
        let subscription = nodes.subscribe { [changed] _ in changed.wake() }
        defer { nodes.unsubscribe(subscription) }
        let reflector = Reflector(listWatch: listWatch, resource: Node.resource, into: nodes, logger: logger)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await reflector.run() }
            group.addTask { try await self.watchKernel() }
            group.addTask { try await self.recheck() }
            group.addTask { try await self.follow() }
        }
    }

    private func follow() async throws {
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

    private func watchKernel() async throws {
        guard let monitor = kernel.monitor else { return }
        try await withTaskCancellationHandler {
            while !Task.isCancelled {
                let underlay = state.withLock { $0.underlay }
                let goesOn = try await OwnThread.run { try monitor.waitForChange(underlay: underlay) }
                guard goesOn else { return }
                changed.wake()
            }
        } onCancel: {
            monitor.stop()
        }
    }

    /// One comparison of everything, on a thread of its own because netlink and files block.
    private func pass() async throws {
        let views = nodes.list().map { NodeView($0) }
        try await OwnThread.run { try self.apply(views) }
    }

    private func apply(_ views: [NodeView]) throws {
        let underlay = try kernel.underlay()
        state.withLock { $0.underlay = Set(underlay.links.map(\.index)) }
        let plan = RoutePlan.compute(nodes: views, nodeName: nodeName, underlay: underlay)
        report(plan.problems)
        applySettings(families: Set(plan.ownPodCIDRs.map(\.family)))
        let difference = RouteDifference(actual: try kernel.routes(), desired: plan.routes)
        if !difference.isEmpty { try apply(difference) }
        guard !plan.ownPodCIDRs.isEmpty else { return }
        let own = views.first { $0.name == nodeName }?.addresses ?? []
        let written = try conflist.write(Conflist(podCIDRs: plan.ownPodCIDRs, mtu: underlay.podMTU(nodeAddresses: own)))
        if written { logger.info("wrote conflist", metadata: ["node": "\(nodeName)"]) }
    }

    private func apply(_ difference: RouteDifference) throws {
        let routes = difference.delete + difference.replace
        for (route, reply) in zip(routes, try kernel.transport.exchange(difference.requests)) {
            guard let refusal = reply.refusal, refusal.errno != LinuxErrno.noProcess else { continue }
            logger.error(
                "route refused",
                metadata: [
                    "route": "\(route.destination)", "errno": "\(refusal.errno)", "reason": "\(refusal.explanation ?? "")",
                ])
        }
        logger.info(
            "routes changed",
            metadata: ["replaced": "\(difference.replace.count)", "deleted": "\(difference.delete.count)"])
    }

    private func report(_ problems: [RoutePlan.Problem]) {
        let new = state.withLock { state in
            defer { state.problems = problems }
            return problems.filter { !state.problems.contains($0) }
        }
        for problem in new { logger.error("not routed", metadata: ["reason": "\(problem)"]) }
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
