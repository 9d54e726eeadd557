import NetworkTypes
import Testing

@testable import Lab

@Suite struct NameServerSocketsTests {
    @Test func `serves the tenth address of each range, and the link-local one`() {
        let addresses = NameServerSockets.addresses(
            services: ["10.96.0.0/16", "fd10:96::/108"].compactMap { CIDR(parsing: $0) })
        #expect(addresses.map(\.description) == ["10.96.0.10", "fd10:96::a", "169.254.20.10"])
    }
}
