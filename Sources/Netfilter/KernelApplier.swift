package import Logging
package import NFTables
import NetworkTypes

/// Commits transactions to nf_tables over one long-lived socket, in the network namespace that the socket was opened in.
///
/// A batch is one datagram: the kernel has committed or refused it when `send` returns, and each refusal carries the sequence
/// number of its operation. No acknowledgement is asked for. Calls run one after another on a thread of their own.
package final class KernelApplier: RulesetApplier, FlowCleaner, ForeignTableReader {
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

    package func apply(_ transaction: Transaction, ifGeneration expected: UInt32) async throws(ApplyError) {
        guard !transaction.isEmpty else { return }
        try await worker.perform { [session] () throws(ApplyError) in
            try session.commit(transaction, generation: expected)
        }
    }

    package func adopt(_ table: TableIdentifier) async throws(ApplyError) {
        try await worker.perform { [session] () throws(ApplyError) in try session.adopt(table) }
    }

    package func read(_ table: TableIdentifier, expecting expected: Table) async throws(ApplyError) -> Table? {
        try await worker.perform { [session] () throws(ApplyError) -> Table? in
            try session.withReader { (reader) throws(ApplyError) in try reader.read(table, expecting: expected) }
        }
    }

    package func owns(_ table: TableIdentifier) async throws(ApplyError) -> Bool {
        try await worker.perform { [session] () throws(ApplyError) -> Bool in try session.owns(table) }
    }

    package func elements(of set: String, in table: TableIdentifier) async throws(ApplyError) -> [Element] {
        try await worker.perform { [session] () throws(ApplyError) -> [Element] in
            try session.withReader { (reader) throws(ApplyError) in
                try reader.elements(of: set, in: table, isHash: true).map { Element($0.key, $0.value) }
            }
        }
    }

    package func foreignTable(_ table: TableIdentifier) async throws(ApplyError) -> ForeignTable? {
        try await worker.perform { [session] () throws(ApplyError) -> ForeignTable? in
            try session.withReader { (reader) throws(ApplyError) in try reader.foreignTable(table) }
        }
    }

    package func counts(of keys: [ElementKey]?, set: String, in table: TableIdentifier) async throws(ApplyError)
        -> [ElementKey: ElementCount]
    {
        try await worker.perform { [session] () throws(ApplyError) -> [ElementKey: ElementCount] in
            try session.withReader { (reader) throws(ApplyError) in try reader.counts(of: keys, set: set, in: table) }
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

        func owns(_ table: TableIdentifier) throws(ApplyError) -> Bool {
            let ownership = try withReader { (reader) throws(ApplyError) in try reader.ownership(of: table) }
            return ownership == .port(socket.portNumber)
        }

        func adopt(_ table: TableIdentifier) throws(ApplyError) {
            switch try withReader({ (reader) throws(ApplyError) in try reader.ownership(of: table) }) {
            case nil, .nobody: break
            case .orphan: try commit(Transaction([.addTable(table, isOwned: true)]))
            case .port(let port) where port == socket.portNumber: break
            case .port(let port):
                throw ApplyError(
                    errno: ApplyError.notPermitted,
                    detail: "table \(table) belongs to the running program at netlink port \(port)")
            }
        }

        func commit(_ transaction: Transaction, generation: UInt32? = nil) throws(ApplyError) {
            _ = try socket.receiveWaiting()
            let batch = BatchEncoder.encode(transaction, firstSequence: sequence &+ 2, generation: generation)
            sequence = batch.lastSequence
            logger.debug(
                "commit", metadata: ["operations": "\(transaction.operations.count)", "bytes": "\(batch.words.count * 4)"])
            try socket.send(batch.words)
            for message in try socket.receiveWaiting() where message.type == NetlinkMessage.error && message.errno != 0 {
                let refusal = message.refusal
                guard let place = batch.place(sequence: message.sequence, attribute: refusal.attribute) else {
                    throw ApplyError(errno: message.errno, detail: "batch")
                }
                let detail = [transaction.operations[place.operation].description, refusal.text].compactMap(\.self)
                throw ApplyError(
                    operation: place.operation, item: place.item, errno: message.errno, detail: detail.joined(separator: ": "))
            }
        }

        func withReader<Value>(_ body: (inout RulesetReader) throws(ApplyError) -> Value) throws(ApplyError) -> Value {
            var reader = RulesetReader(socket: socket, sequence: sequence)
            defer { sequence = reader.sequence }
            return try body(&reader)
        }

        func deleteFlows(_ selector: FlowSelector) throws(ApplyError) {
            guard selector.replySource.family == .ipv6 else {
                return try delete { ConntrackRequest.delete(selector, sequence: $0) }
            }
            sequence &+= 1
            // A walk that a change of the table disturbed may have missed some, and repeated others.
            for _ in 0..<Self.listingsMax {
                let (messages, isInterrupted) = try socket.ask(
                    ConntrackRequest.list(portsOf: selector, sequence: sequence), sequence: sequence, detail: "list flows")
                for flow in messages.lazy.compactMap(ConntrackListing.flow) where selector.selects(flow) {
                    try delete { ConntrackRequest.delete(flow, sequence: $0) }
                }
                if !isInterrupted { return }
            }
            throw ApplyError(
                errno: ApplyError.interrupted, detail: "list flows: the table changed during each of \(Self.listingsMax) walks")
        }

        private static let listingsMax = 8

        private func delete(_ request: (UInt32) -> [UInt32]) throws(ApplyError) {
            sequence &+= 1
            do throws(ApplyError) {
                _ = try socket.ask(request(sequence), sequence: sequence, detail: "delete flows")
            } catch  where error.errno == ApplyError.noEntry {
                // Nothing matched, or it ended meanwhile.
            }
        }
    }
}
