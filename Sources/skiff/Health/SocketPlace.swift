import Glibc
import NetworkTypes

/// An address and a port as the socket calls take them.
enum SocketPlace {
    static func call(
        _ address: IPAddress, _ port: NetworkTypes.Port, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        if address.family == .ipv4 {
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = port.rawValue.bigEndian
            withUnsafeMutableBytes(of: &place.sin_addr) { $0.copyBytes(from: address.bytes) }
            return lend(&place, body)
        }
        var place = sockaddr_in6()
        place.sin6_family = sa_family_t(AF_INET6)
        place.sin6_port = port.rawValue.bigEndian
        withUnsafeMutableBytes(of: &place.sin6_addr) { $0.copyBytes(from: address.bytes) }
        return lend(&place, body)
    }

    private static func lend<Place>(
        _ place: inout Place, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        let size = socklen_t(MemoryLayout<Place>.size)
        return withUnsafePointer(to: &place) {
            // SAFETY: every sockaddr begins with the family that `sockaddr` reads, and `size` is that of the real type.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}
