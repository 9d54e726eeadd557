package import Logging
package import NFTables

/// Commits transactions to nf_tables over one long-lived socket, in the network namespace that the socket was opened in.
///
/// A batch is one datagram: the kernel has committed or refused it when `send` returns, and each refusal carries the sequence
/// number of its operation. No acknowledgement is asked for. Calls run one after another on a thread of their own.
package final class KernelApplier: RulesetApplier, FlowCleaner {
    private let worker: SerialThread
    private let session: Session

    /// - Parameter socket: Opened by the caller, in the namespace to work in.
    package init(socket: NetfilterSocket, logger: Logger) {
        worker = SerialThread()
        session = Session(socket: socket, logger: logger)
    }

    /// In the namespace of the calling thread.
    package convenience init(logger: Logger) throws(ApplyError) {
        self.init(socket: try NetfilterSocket(), logger: logger)
    }

    package func apply(_ transaction: Transaction) async throws(ApplyError) {
        guard !transaction.isEmpty else { return }
        try await worker.perform { [session] () throws(ApplyError) in try session.commit(transaction) }
    }

    package func read(_ table: TableIdentifier, expecting expected: Table) async throws(ApplyError) -> Table? {
        try await worker.perform { [session] () throws(ApplyError) -> Table? in
            try session.withReader { (reader) throws(ApplyError) in try reader.read(table, expecting: expected) }
        }
    }

    package func elements(of set: String, in table: TableIdentifier) async throws(ApplyError) -> [Element] {
        try await worker.perform { [session] () throws(ApplyError) -> [Element] in
            try session.withReader { (reader) throws(ApplyError) in
                try reader.elements(of: set, in: table, isHash: true).map { Element($0.key, $0.value) }
            }
        }
    }

    package func generation() async throws(ApplyError) -> UInt32 {
        try await worker.perform { [session] () throws(ApplyError) -> UInt32 in
            try session.withReader { (reader) throws(ApplyError) in try reader.generation() }
        }
    }

    package func deleteFlows(_ selectors: [FlowSelector]) async throws(ApplyError) {
        guard !selectors.isEmpty else { return }
        try await worker.perform { [session] () throws(ApplyError) in
            for selector in selectors { try session.deleteFlows(selector) }
        }
    }

    // SAFETY: only the worker's thread touches `sequence`, one closure at a time.
    private final class Session: @unchecked Sendable {
        private let socket: NetfilterSocket
        private let logger: Logger
        private var sequence: UInt32 = 1

        init(socket: NetfilterSocket, logger: Logger) {
            self.socket = socket
            self.logger = logger
        }

        func commit(_ transaction: Transaction) throws(ApplyError) {
            _ = try socket.receiveWaiting()
            let batch = BatchEncoder.encode(transaction, firstSequence: sequence &+ 2)
            sequence = batch.lastSequence
            logger.debug(
                "commit", metadata: ["operations": "\(transaction.operations.count)", "bytes": "\(batch.words.count * 4)"])
            try socket.send(batch.words)
            for message in try socket.receiveWaiting() where message.type == NetlinkMessage.error && message.errno != 0 {
                let index = Int(message.sequence &- batch.firstSequence)
                guard transaction.operations.indices.contains(index) else { throw ApplyError(errno: message.errno) }
                throw ApplyError(
                    operation: index, errno: message.errno, detail: transaction.operations[index].description)
            }
        }

        func withReader<Value>(_ body: (inout RulesetReader) throws(ApplyError) -> Value) throws(ApplyError) -> Value {
            var reader = RulesetReader(socket: socket, sequence: sequence)
            defer { sequence = reader.sequence }
            return try body(&reader)
        }

        func deleteFlows(_ selector: FlowSelector) throws(ApplyError) {
            sequence &+= 1
            let request = ConntrackRequest.delete(selector, sequence: sequence)
            do throws(ApplyError) {
                _ = try socket.ask(request, sequence: sequence, detail: "delete flows")
            } catch  where error.errno == ApplyError.noEntry {
                // Nothing matched.
            }
        }
    }
}
