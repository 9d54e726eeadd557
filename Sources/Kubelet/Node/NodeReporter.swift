import API
import CRI
import ControlLoop
import JSON
import Logging

/// Registers the node, keeps its status fresh and its lease alive.
struct NodeReporter: Sendable {
    let configuration: KubeletConfiguration
    let machine: MachineFacts
    let runtime: any RuntimeService
    let writer: any ObjectWriter
    let clock: any Clock<Duration>
    let now: @Sendable () -> Timestamp
    let logger: Logger

    private var key: NamespacedName { NamespacedName(name: configuration.nodeName) }

    func run() async throws {
        var previous: [Condition] = []
        var known = try await register(&previous)
        logger.info("node registered", metadata: ["node": "\(configuration.nodeName)"])
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await keepLease() }
            var reportedAt = now()
            while true {
                let builder = await builder(previous)
                let conditions = builder.stampedConditions()
                let status = builder.status()
                let comparable = Self.withoutHeartbeats(status)
                let isOld = now().duration(since: reportedAt) >= configuration.nodeStatusReportInterval
                if comparable != known || isOld {
                    do {
                        try await writer.patch(
                            Node.resource, key, .strategicMerge, ["status": Self.patch(status)], subresource: "status")
                        (known, previous, reportedAt) = (comparable, conditions, now())
                    } catch let error as Status where error.isNotFound {
                        known = try await register(&previous)
                    } catch {
                        logger.debug("node status not written", metadata: ["error": "\(error)"])
                    }
                }
                // Until the node is ready for the first time, users wait for it: look more often.
                let isReady = previous["Ready"]?.isTrue ?? false
                try await clock.sleep(for: isReady ? configuration.nodeStatusInterval : .milliseconds(500))
            }
        }
    }

    private func builder(_ previous: [Condition]) async -> NodeStatusBuilder {
        NodeStatusBuilder(
            configuration: configuration, machine: machine, runtime: try? await runtime.version(),
            conditions: try? await runtime.status(), previous: previous, now: now())
    }

    /// Creates the node or takes over the one that is there; tries until it succeeds.
    private func register(_ previous: inout [Condition]) async throws -> JSONValue {
        var attempt = 0
        while true {
            do {
                let builder = await builder(previous)
                do {
                    try await writer.create(Node.resource, namespace: nil, builder.node())
                } catch let status as Status where status.isAlreadyExists {
                    let present = Node(json: try await writer.get(Node.resource, key))
                    previous = present.conditions
                    let again = await self.builder(previous)
                    try await writer.patch(
                        Node.resource, key, .strategicMerge, ["metadata": ["labels": JSONValue(again.labels)]], subresource: nil)
                    try await writer.patch(
                        Node.resource, key, .strategicMerge, ["status": Self.patch(again.status())], subresource: "status")
                    previous = again.stampedConditions()
                    return Self.withoutHeartbeats(again.status())
                }
                previous = builder.stampedConditions()
                return Self.withoutHeartbeats(builder.status())
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                logger.debug("node not registered", metadata: ["error": "\(error)"])
                let delay = Backoff(initial: .milliseconds(200), maximum: .seconds(7)).delay(attempt: attempt)
                attempt += 1
                try await clock.sleep(for: delay)
            }
        }
    }

    /// Addresses are replaced as a whole: their list merges by type, and a node of two families has two of one type.
    ///
    /// - SeeAlso: Kubernetes 1.36 `component-helpers/node/util/status.go`, `fixupPatchForNodeStatusAddresses`.
    static func patch(_ status: JSONValue) -> JSONValue {
        var status = status
        status["addresses"] = .array([["$patch": "replace"]] + (status["addresses"]?.array ?? []))
        return status
    }

    static func withoutHeartbeats(_ status: JSONValue) -> JSONValue {
        var status = status
        status["conditions"] = .array(
            (status["conditions"]?.array ?? []).map { condition in
                var condition = condition
                condition["lastHeartbeatTime"] = nil
                condition["lastTransitionTime"] = nil
                return condition
            })
        return status
    }

    /// - SeeAlso: Kubernetes 1.36 `component-helpers/apimachinery/lease/controller.go`.
    private func keepLease() async throws {
        let leaseKey = NamespacedName(namespace: "kube-node-lease", name: configuration.nodeName)
        while true {
            do {
                try await renew(leaseKey)
                try await clock.sleep(for: configuration.leaseRenewInterval)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                logger.debug("lease not renewed", metadata: ["error": "\(error)"])
                try await clock.sleep(for: .seconds(1))
            }
        }
    }

    private func renew(_ leaseKey: NamespacedName) async throws {
        let time = now().microDescription
        do {
            try await writer.patch(
                Lease.resource, leaseKey, .merge,
                ["spec": ["holderIdentity": .string(configuration.nodeName), "renewTime": .string(time)]], subresource: nil)
        } catch let status as Status where status.isNotFound {
            let node = Node(json: try await writer.get(Node.resource, key))
            let owner: JSONValue = [
                "apiVersion": "v1", "kind": "Node", "name": .string(configuration.nodeName), "uid": .string(node.metadata.uid),
            ]
            try await writer.create(
                Lease.resource, namespace: leaseKey.namespace,
                [
                    "apiVersion": .string(Lease.apiVersion), "kind": "Lease",
                    "metadata": [
                        "name": .string(leaseKey.name), "namespace": .string(leaseKey.namespace), "ownerReferences": [owner],
                    ],
                    "spec": [
                        "holderIdentity": .string(configuration.nodeName), "renewTime": .string(time),
                        "leaseDurationSeconds": .int(configuration.leaseDurationSeconds),
                    ],
                ])
        }
    }
}
