import API
import CNI
import Netlink
import Policy
import Synchronization

/// The host interfaces of this node's pods, as the kernel reports them.
final class PodInterfaceMonitor: Sendable {
    /// How long a wait may outlast its cancellation.
    private static let patienceMilliseconds: Int32 = 500

    private let prefix: String
    private let requests: NetlinkSocket
    private let notifications: NetlinkSocket
    /// All interfaces at once, each time one comes, goes or changes its names; the newest list counts.
    let changes: AsyncStream<[PodInterface]>
    private let continuation: AsyncStream<[PodInterface]>.Continuation
    private let isStopped = Atomic(false)
    private let known = Mutex<[UInt32: PodInterface]>([:])

    /// Opened in the namespace of the calling thread; blocks.
    ///
    /// - Parameter prefix: What the names of pods' interfaces begin with.
    init(prefix: String) throws {
        self.prefix = prefix
        (changes, continuation) = AsyncStream.makeStream(of: [PodInterface].self, bufferingPolicy: .bufferingNewest(1))
        // Listening begins before the first look, so that nothing is missed between.
        notifications = try NetlinkSocket(groups: [.links])
        requests = try NetlinkSocket()
    }

    /// Follows the kernel until cancelled.
    func run() async throws {
        try await withTaskCancellationHandler {
            try await BlockingWork.run { [self] in while !isStopped.load(ordering: .relaxed) { try follow() } }
        } onCancel: {
            isStopped.store(true, ordering: .relaxed)
        }
    }

    /// Looks once at everything, then follows the notifications until some were lost.
    private func follow() throws {
        let links = try requests.links().compactMap(read)
        known.withLock { $0 = Dictionary(links.map { ($0.index, $0) }) { _, last in last } }
        continuation.yield(links)
        while !isStopped.load(ordering: .relaxed) {
            let messages: [NetlinkMessage]
            do throws(NetlinkError) {
                messages = try notifications.receive(timeoutMilliseconds: Self.patienceMilliseconds)
            } catch {
                guard error == .overrun else { throw error }
                return
            }
            var isNews = false
            for message in messages { isNews = take(message) || isNews }
            if isNews { continuation.yield(known.withLock { Array($0.values) }) }
        }
    }

    private func take(_ message: NetlinkMessage) -> Bool {
        guard message.type == .newLink || message.type == .deleteLink, let link = LinkMessage(message),
            let index = link.index.map({ UInt32(bitPattern: $0.rawValue) })
        else { return false }
        let new = message.type == .newLink ? read(link) : nil
        return known.withLock { known in
            let old = known[index]
            known[index] = new
            return old != new
        }
    }

    private func read(_ link: LinkMessage) -> PodInterface? {
        guard let index = link.index, let name = link.name, name.hasPrefix(prefix) else { return nil }
        let uid = link.alternativeNames.lazy.compactMap { InterfaceNames.podUID(of: $0) }.first
        return PodInterface(index: UInt32(bitPattern: index.rawValue), name: name, podUID: uid)
    }
}
