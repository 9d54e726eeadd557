import CLinux
import Glibc
import NFTables

/// What the kernel tells everybody who listens.
extension NetfilterSocket {
    private static let netlinkLevel: Int32 = 270  // SOL_NETLINK
    private static let addMembership: Int32 = 1  // NETLINK_ADD_MEMBERSHIP
    private static let dropMembership: Int32 = 2  // NETLINK_DROP_MEMBERSHIP

    /// Before the first group: an unbound socket has the number that broadcasts leave out.
    func bindForGroups() throws(ApplyError) {
        var place = sockaddr_nl()
        place.nl_family = sa_family_t(AF_NETLINK)
        let bound = withUnsafePointer(to: &place) {
            // SAFETY: `sockaddr_nl` begins with the family, and its own size is given.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else { throw ApplyError(errno: errno, detail: "bind netlink socket") }
    }

    func join(_ group: Int32) throws(ApplyError) { try setMembership(Self.addMembership, group) }
    func leave(_ group: Int32) throws(ApplyError) { try setMembership(Self.dropMembership, group) }

    private func setMembership(_ option: Int32, _ group: Int32) throws(ApplyError) {
        var group = group
        let result = setsockopt(descriptor, Self.netlinkLevel, option, &group, socklen_t(MemoryLayout<Int32>.size))
        guard result == 0 else { throw ApplyError(errno: errno, detail: "listen to netlink group \(group)") }
    }
}
