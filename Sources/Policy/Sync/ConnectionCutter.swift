import ControlLoop
import Logging
package import NFTables
package import NetworkTypes

/// Cuts open connections that policies would no longer let begin, beside the syncs: a walk through a large connection table must
/// not hold up rules.
package struct ConnectionCutter: Sendable {
    private let connections: any FlowTable
    private let ownAddresses: @Sendable () -> Set<IPAddress>

    /// - Parameter ownAddresses: The node's own addresses at the moment, on all its interfaces.
    package init(_ connections: any FlowTable, ownAddresses: @escaping @Sendable () -> Set<IPAddress>) {
        self.connections = connections
        self.ownAddresses = ownAddresses
    }

    /// A connection that stays is no error of the rules: it is logged, and the next change tries again.
    ///
    /// - Returns: How many were cut.
    func cut(_ engine: PolicyEngine, nodeName: String, _ families: [IPFamily], _ logger: Logger) async -> Int {
        var judge = ConnectionJudge(engine, nodeName: nodeName, ownAddresses: ownAddresses())
        var count = 0
        for family in families {
            do throws(ApplyError) {
                let denied = try await connections.flows(family).filter { judge.denies($0) }
                try await connections.forget(denied)
                count += denied.count
            } catch {
                logger.error("open connections not cut", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
            }
        }
        if count > 0 { logger.info("cut open connections", metadata: ["count": "\(count)"]) }
        return count
    }
}
