import API
import APIServer
import ControlLoop
import Glibc
import Logging
import NetworkTypes
import Store

/// What several servers over one store settle among each other.
extension ClusterCore {
    func bootstrap(_ parts: APIServerParts, _ addresses: [IPAddress]) -> Bootstrap {
        Bootstrap(
            registry: parts.registry, lifecycle: parts.lifecycle, serviceCIDR: configuration.serviceCIDR,
            secondaryServiceCIDR: configuration.secondaryServiceCIDR,
            advertiseAddresses: addresses,
            advertisePort: configuration.advertisePort)
    }

    /// Every server's address; the own one alone when nobody else uses the store.
    func serverAddresses(_ store: any Store) async throws(StoreError) -> [IPAddress] {
        guard store.isShared else { return [configuration.advertiseAddress] }
        return try await ServerAddresses(store: store, own: configuration.advertiseAddress).renew()
    }

    /// Keeps the endpoints of the `kubernetes` Service in line with the servers that live, for as long as the task runs.
    func followServers(_ parts: APIServerParts, _ store: any Store) async throws {
        guard store.isShared else { return }
        var suspects: [Int64: Int] = [:]
        while true {
            try await ServerEnvironment.system.sleep(ServerAddresses.interval)
            do {
                try await bootstrap(parts, try await serverAddresses(store)).writeEndpoints()
                try await parts.registry.repairNodePorts(&suspects)
            } catch {
                try Task.checkCancellation()
                configuration.logger.warning("could not write the servers' endpoints", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Runs `work` while this server leads; at once and always where it is the only one.
    func whileLeading(
        _ lease: String, _ identity: String, _ parts: APIServerParts, _ store: any Store,
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard store.isShared else { return try await work() }
        let elector = LeaderElector(
            name: lease, identity: identity, writer: parts.writer, logger: configuration.logger, now: { WallClock.now() },
            sleep: ServerEnvironment.system.sleep)
        try await elector.run(work)
    }

    /// The machine's name and a random part: another one at every start.
    static func identity() -> String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host)_\(String(ServerEnvironment.system.random(), radix: 16))"
    }
}
