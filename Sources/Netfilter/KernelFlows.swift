package import NFTables
package import NetworkTypes

/// The kernel's connection table, in the network namespace that the socket was opened in.
///
/// Calls run one after another on a thread of their own.
package final class KernelFlows: FlowTable {
    private let worker = SerialThread()
    private let session: Session

    /// In the namespace of the calling thread.
    package init() throws(ApplyError) { session = Session(socket: try NetfilterSocket()) }

    package func flows(_ family: IPFamily) async throws(ApplyError) -> [Flow] {
        try await worker.perform { [session] () throws(ApplyError) -> [Flow] in try session.flows(family) }
    }

    package func forget(_ flows: [Flow]) async throws(ApplyError) {
        guard !flows.isEmpty else { return }
        try await worker.perform { [session] () throws(ApplyError) in for flow in flows { try session.forget(flow) } }
    }

    // SAFETY: only the worker's thread touches `sequence`, one closure at a time.
    private final class Session: @unchecked Sendable {
        private let socket: NetfilterSocket
        private var sequence: UInt32 = 1

        init(socket: NetfilterSocket) { self.socket = socket }

        func flows(_ family: IPFamily) throws(ApplyError) -> [Flow] {
            try KernelInspector(socket: socket).flows(family) { _ in true }
        }

        func forget(_ flow: Flow) throws(ApplyError) {
            sequence &+= 1
            do throws(ApplyError) {
                _ = try socket.ask(
                    ConntrackRequest.delete(flow, sequence: sequence), sequence: sequence, detail: "delete connection")
            } catch  where error.errno == ApplyError.noEntry {
                // It ended meanwhile.
            }
        }
    }
}
