package import API
package import ControlLoop
import JSON
package import Logging
import Synchronization

/// Tells the cluster how this node's network does: events on the Node, and its condition `NetworkUnavailable`.
///
/// - SeeAlso: Kubernetes 1.36 `staging/src/k8s.io/cloud-provider/controllers/route`: who makes routes owns this condition.
package final class NodeNetworkReporter: Sendable {
    private let nodeName: String
    private let writer: any ObjectWriter
    private let events: EventRecorder
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let refused = Mutex(false)

    package init(
        nodeName: String, writer: any ObjectWriter, logger: Logger, now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.nodeName = nodeName
        self.writer = writer
        self.logger = logger
        self.now = now
        events = EventRecorder(writer: writer, component: "skiff-node-network", host: nodeName, logger: logger, now: now)
    }

    /// Writes events until cancelled.
    package func run() async { await events.run() }

    package func warn(reason: String, _ message: String) {
        var reference = ObjectReference(to: Node(metadata: ObjectMeta(name: nodeName)))
        // As the kubelet's events, which `kubectl describe node` looks for.
        reference.uid = nodeName
        events.record(reference, type: "Warning", reason: reason, message: message)
    }

    /// - Parameters:
    ///   - node: This node as it was seen last.
    ///   - problem: Why pods cannot be run here; nil: they can.
    package func setCondition(of node: Node, problem: RoutingProblem?) async {
        let status = problem == nil ? "False" : "True"
        let reason = problem?.reason ?? "RoutesApplied"
        let message = problem?.description ?? "Routes to the pods of other nodes are applied"
        let present = node.conditions["NetworkUnavailable"]
        if present?.status == status, present?.reason == reason, present?.message == message { return }
        let time = JSONValue.string(Timestamp(seconds: now().seconds).description)
        var condition: JSONValue = [
            "type": "NetworkUnavailable", "status": .string(status), "reason": .string(reason), "message": .string(message),
            "lastHeartbeatTime": time, "lastTransitionTime": time,
        ]
        if let since = present?.lastTransitionTime, present?.status == status {
            condition["lastTransitionTime"] = .string(since.description)
        }
        do {
            try await writer.patch(
                Node.resource, NamespacedName(name: nodeName), .strategicMerge, ["status": ["conditions": [condition]]],
                subresource: "status")
        } catch {
            let isNew = refused.withLock { known in
                defer { known = true }
                return !known
            }
            if isNew { logger.warning("condition not written", metadata: ["node": "\(nodeName)", "error": "\(error)"]) }
        }
    }
}
