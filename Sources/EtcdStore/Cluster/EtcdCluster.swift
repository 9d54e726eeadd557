import GRPC
import Logging
import Store
import Synchronization

/// The members of one etcd cluster: calls go to one of them, the leader if it can be had, until it fails, then to the next.
final class EtcdCluster: Sendable {
    /// One call of etcd's API.
    struct Method: Hashable, Sendable {
        let path: String
        /// May be sent again when nobody knows what became of it.
        let isRepeatable: Bool

        static let range = Method(path: "/etcdserverpb.KV/Range", isRepeatable: true)
        static let transaction = Method(path: "/etcdserverpb.KV/Txn", isRepeatable: false)
        static let compact = Method(path: "/etcdserverpb.KV/Compact", isRepeatable: true)
        static let leaseGrant = Method(path: "/etcdserverpb.Lease/LeaseGrant", isRepeatable: true)
        static let status = Method(path: "/etcdserverpb.Maintenance/Status", isRepeatable: true)
        static let watchPath = "/etcdserverpb.Watch/Watch"
    }

    struct Member: Sendable {
        let endpoint: EtcdConfiguration.Endpoint
        let client: GRPCClient
    }

    let members: [Member]
    let preferred = Mutex(0)
    let doubt = Mutex(LeaderDoubt())
    let callTimeout: Duration
    let environment: EtcdEnvironment

    /// Larger answers end their call; lists are then read in smaller pages.
    private static let messageBytesMax = 64 << 20
    private static let connectTimeout: Duration = .seconds(2)

    init(_ configuration: EtcdConfiguration, _ environment: EtcdEnvironment, logger: Logger) {
        self.environment = environment
        callTimeout = configuration.callTimeout
        members = configuration.endpoints.map { endpoint in
            var settings = GRPCConfiguration(target: .tcp(host: endpoint.host, port: endpoint.port))
            settings.authority = "\(endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host):\(endpoint.port)"
            settings.messageBytesMax = Self.messageBytesMax
            // Members are near each other; one that is switched off must not hold up the search for another.
            settings.connectTimeout = Self.connectTimeout
            if endpoint.isSecure { settings.tls = configuration.tls ?? GRPCConfiguration.TLS() }
            return Member(endpoint: endpoint, client: GRPCClient(configuration: settings, logger: logger))
        }
    }

    var description: String { members.map(\.endpoint.description).joined(separator: ",") }

    /// - Throws: The status of the last member that was asked.
    func call(_ method: Method, _ message: [UInt8]) async throws(GRPCError) -> ArraySlice<UInt8> {
        var last = GRPCError(.unavailable, "no member")
        for _ in members.indices {
            // Also before the second member: the first was the leader, and the others may not know yet that it is gone.
            if !method.isRepeatable { try await awaitLeader() }
            let index = preferred.withLock { $0 }
            do throws(GRPCError) {
                let timeout = callTimeout
                return try await members[index].client.call(path: method.path, message: message, timeout: timeout)[...]
            } catch {
                guard error.concernsMember else { throw error }
                moveOn(from: index)
                guard error.isUnsent || method.isRepeatable else { throw error }
                last = error
            }
        }
        throw last
    }

    /// A watch on one member; the second value names it for `moveOn`.
    func watch(from revision: Revision) async throws(GRPCError) -> (stream: GRPCStream, member: Int) {
        let index = preferred.withLock { $0 }
        do throws(GRPCError) {
            // A member that lost its leader ends the watch instead of being silent.
            let stream = try await members[index].client.bidirectionalStream(
                path: Method.watchPath, message: WatchCreateRequest(startRevision: revision.value).bytes,
                metadata: [("hasleader", "true")])
            return (stream, index)
        } catch {
            if error.concernsMember { moveOn(from: index) }
            throw error
        }
    }

    /// Asks one member whether it is there; closes its connection when it is not, so that what hangs on it ends.
    ///
    /// - Returns: What it says of itself; nil when it does not answer.
    @discardableResult
    func probe(_ member: Int, timeout: Duration) async -> MemberStatus? {
        do throws(GRPCError) {
            return MemberStatus(
                try await members[member].client.call(path: Method.status.path, message: [], timeout: timeout))
        } catch {
            guard error.concernsMember else { return nil }
            moveOn(from: member)
            await members[member].client.shutdown()
            return nil
        }
    }

    /// Another member is asked first from now on, unless that has happened already.
    func moveOn(from member: Int) {
        doubt.withLock { $0.memberFailed() }
        preferred.withLock { if $0 == member { $0 = (member + 1) % members.count } }
    }

    func shutdown() async { for member in members { await member.client.shutdown() } }
}

extension GRPCError {
    /// Another member may do better.
    var concernsMember: Bool { code == .unavailable || code == .deadlineExceeded }
}
