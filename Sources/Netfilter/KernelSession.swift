package import NFTables

/// Commits transactions from the calling thread, for programs that must not have a second one.
///
/// It stays in the network namespace that it was made in. `KernelApplier` is the form for everybody else.
package struct KernelSession {
    private let socket: NetfilterSocket
    private var sequence: UInt32 = 1

    package init() throws(ApplyError) { socket = try NetfilterSocket() }

    /// Commits every operation or none; the kernel has done so when this returns.
    package mutating func commit(_ transaction: Transaction) throws(ApplyError) {
        guard !transaction.isEmpty else { return }
        _ = try socket.receiveWaiting()
        let batch = BatchEncoder.encode(transaction, firstSequence: sequence &+ 2)
        sequence = batch.lastSequence
        try socket.send(batch.words)
        for message in try socket.receiveWaiting() where message.type == NetlinkMessage.error && message.errno != 0 {
            let index = Int(message.sequence &- batch.firstSequence)
            guard transaction.operations.indices.contains(index) else { throw ApplyError(errno: message.errno) }
            throw ApplyError(operation: index, errno: message.errno, detail: transaction.operations[index].description)
        }
    }
}
