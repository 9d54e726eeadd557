package import API
import JSON
package import Logging

/// Runs work while this process leads: competes for a Lease, renews it, and ends the work when the lease is lost.
///
/// - SeeAlso: client-go 1.36 `tools/leaderelection`; the periods are those of kube-controller-manager and kube-scheduler.
package struct LeaderElector: Sendable {
    /// Between looks at the lease, and between renewals.
    package static let retryPeriod: Duration = .seconds(2)
    /// A leader that could not renew for so long stops, well before others may take the lease.
    package static let renewDeadline: Duration = .seconds(10)
    package static let leaseDuration: Duration = .seconds(15)

    private let key: NamespacedName
    private let identity: String
    private let writer: any ObjectWriter
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - name: Of the lease, in `kube-system`.
    ///   - identity: Differs between any two candidates, also between two runs of one program.
    package init(
        name: String, identity: String, writer: any ObjectWriter, logger: Logger, now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        key = NamespacedName(namespace: "kube-system", name: name)
        self.identity = identity
        self.writer = writer
        self.logger = logger
        self.now = now
        self.sleep = sleep
    }

    /// Competes until cancelled; each time this process wins, `work` runs until the lease is lost.
    ///
    /// - Throws: What `work` throws.
    package func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        while true {
            var election = LeaseElection(identity: identity, leaseDuration: Self.leaseDuration)
            while !(await step(&election)) { try await sleep(Self.retryPeriod) }
            logger.info("became leader", metadata: ["key": "\(key)"])
            try await lead(election, work)
            try Task.checkCancellation()
            logger.warning("lost the lead", metadata: ["key": "\(key)"])
        }
    }

    private func lead(_ election: LeaseElection, _ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask { try await renew(election) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Returns when the lease is lost.
    private func renew(_ election: LeaseElection) async throws {
        var election = election
        var renewed = now()
        while now().duration(since: renewed) < Self.renewDeadline {
            try await sleep(Self.retryPeriod)
            let started = now()
            if await step(&election) { renewed = started } else if !election.isLeader(at: now()) { return }
        }
    }

    /// Looks at the lease and writes it when it is ours to write; true when we hold it freshly written.
    private func step(_ election: inout LeaseElection) async -> Bool {
        do {
            let found = try await read()
            let written: JSONValue
            switch election.observed(found.map(Lease.init(json:)), at: now()) {
            case .wait: return false
            case .create(let renewTime):
                written = try await writer.create(
                    Lease.resource, namespace: key.namespace,
                    lease([:], renewTime: renewTime, acquireTime: renewTime, transitions: 0))
            case .write(let renewTime, let acquireTime, let transitions):
                // The resourceVersion in it refuses the write when somebody was faster.
                written = try await writer.update(
                    Lease.resource, key,
                    lease(
                        found ?? [:], renewTime: renewTime, acquireTime: acquireTime, transitions: transitions),
                    subresource: nil)
            }
            _ = election.observed(Lease(json: written), at: now())
            return election.isLeader(at: now())
        } catch {
            logger.debug("could not write the lease", metadata: ["key": "\(key)", "reason": "\(error)"])
            return false
        }
    }

    private func read() async throws -> JSONValue? {
        do {
            return try await writer.get(Lease.resource, key)
        } catch let status as Status where status.isNotFound {
            return nil
        }
    }

    private func lease(
        _ found: JSONValue, renewTime: Timestamp, acquireTime: Timestamp, transitions: Int64
    ) -> JSONValue {
        var lease = found
        lease["apiVersion"] = "coordination.k8s.io/v1"
        lease["kind"] = .string(Lease.kind)
        lease[path: ["metadata", "name"]] = .string(key.name)
        lease[path: ["metadata", "namespace"]] = .string(key.namespace)
        lease["spec"] = [
            "holderIdentity": .string(identity), "leaseDurationSeconds": .int(Self.leaseDuration.components.seconds),
            "acquireTime": .string(acquireTime.microDescription), "renewTime": .string(renewTime.microDescription),
            "leaseTransitions": .int(transitions),
        ]
        return lease
    }
}
