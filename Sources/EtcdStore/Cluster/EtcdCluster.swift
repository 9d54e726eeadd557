import GRPC
import Logging
import Store
import Synchronization

/// The members of one etcd cluster: calls go to one of them until it fails, then to the next.
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

    private struct Member: Sendable {
        let endpoint: EtcdConfiguration.Endpoint
        let client: GRPCClient
    }

    private let members: [Member]
    private let preferred = Mutex(0)
    private let callTimeout: Duration

    /// Larger answers end their call; lists are then read in smaller pages.
    private static let messageBytesMax = 64 << 20

    init(_ configuration: EtcdConfiguration, logger: Logger) {
        callTimeout = configuration.callTimeout
        members = configuration.endpoints.map { endpoint in
            var settings = GRPCConfiguration(target: .tcp(host: endpoint.host, port: endpoint.port))
            settings.authority = "\(endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host):\(endpoint.port)"
            settings.messageBytesMax = Self.messageBytesMax
            if endpoint.isSecure { settings.tls = configuration.tls ?? GRPCConfiguration.TLS() }
            return Member(endpoint: endpoint, client: GRPCClient(configuration: settings, logger: logger))
        }
    }

    var description: String { members.map(\.endpoint.description).joined(separator: ",") }

    /// - Throws: The status of the last member that was asked.
    func call(_ method: Method, _ message: [UInt8]) async throws(GRPCError) -> ArraySlice<UInt8> {
        var last = GRPCError(.unavailable, "no member")
        for _ in members.indices {
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
    func probe(_ member: Int, timeout: Duration) async {
        do throws(GRPCError) {
            _ = try await members[member].client.call(path: Method.status.path, message: [], timeout: timeout)
        } catch {
            guard error.concernsMember else { return }
            moveOn(from: member)
            await members[member].client.shutdown()
        }
    }

    /// Another member is asked first from now on, unless that has happened already.
    func moveOn(from member: Int) {
        preferred.withLock { if $0 == member { $0 = (member + 1) % members.count } }
    }

    func shutdown() async { for member in members { await member.client.shutdown() } }
}

extension GRPCError {
    /// Another member may do better.
    fileprivate var concernsMember: Bool { code == .unavailable || code == .deadlineExceeded }
}
