import Glibc
package import Netlink

/// Hears of changes to links, addresses and routes of one namespace.
package final class RouteMonitor: Sendable {
    private let socket: NetlinkSocket
    /// A pipe whose writing end wakes `waitForChange` for good.
    private let stopReader: Int32
    private let stopWriter: Int32

    /// Opened in the namespace of the calling thread.
    package init() throws(NetlinkError) {
        socket = try NetlinkSocket(groups: [
            .links, .neighbors, .ipv4Addresses, .ipv6Addresses, .ipv4Routes, .ipv6Routes,
        ])
        var ends: [Int32] = [-1, -1]
        let made = pipe(&ends)
        stopReader = ends[0]
        stopWriter = ends[1]
        guard made == 0 else { throw .system(call: "pipe", errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        if stopReader >= 0 { close(stopReader) }
        if stopWriter >= 0 { close(stopWriter) }
    }

    /// Makes `waitForChange` return false from now on.
    package func stop() {
        var byte: UInt8 = 0
        _ = write(stopWriter, &byte, 1)
    }

    /// Blocks until something changed that routes between nodes depend on; false when stopped.
    ///
    /// - Parameters:
    ///   - underlay: Indices of the links that matter. Pods come and go on others.
    ///   - tunnels: Links whose neighbours and forwarding entries matter too.
    package func waitForChange(underlay: Set<InterfaceIndex>, tunnels: Set<InterfaceIndex> = []) throws(NetlinkError) -> Bool {
        while true {
            do throws(NetlinkError) {
                guard let messages = try socket.receive(unless: stopReader, timeoutMilliseconds: -1) else { return false }
                if messages.contains(where: { Self.matters($0, underlay: underlay, tunnels: tunnels) }) { return true }
            } catch {
                guard error == .overrun else { throw error }
                return true
            }
        }
    }

    static func matters(
        _ message: NetlinkMessage, underlay: Set<InterfaceIndex>, tunnels: Set<InterfaceIndex> = []
    ) -> Bool {
        switch message.type {
        case .newLink, .deleteLink: LinkMessage(message)?.index.map { underlay.contains($0) || tunnels.contains($0) } ?? false
        case .newNeighbor, .deleteNeighbor: message.neighborDevice.map(tunnels.contains) ?? false
        case .newAddress, .deleteAddress: true
        case .newRoute, .deleteRoute: RouteMessage(message).map { $0.origin != .pod } ?? false
        default: false
        }
    }
}
