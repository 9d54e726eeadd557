import Netlink

/// STATUS: whether an ADD would find an address. Reads the kernel and the configuration, nothing else.
struct Status {
    let request: CNIRequest

    func run() throws(CNIFailure) {
        let pool = SlotPool(request.configuration.ranges)
        guard pool.count > 0 else { throw CNIFailure(.notAvailable, "no podCIDRs are configured") }
        let names = try CNIFailure.when("cannot list the host's links", code: .notAvailable) { () throws(NetlinkError) in
            Set(try NetlinkSocket().links().compactMap(\.name))
        }
        guard pool.firstFree(from: 0, taken: names) != nil else {
            throw CNIFailure(.notAvailable, "no free address", details: "all \(pool.count) are in use")
        }
    }
}
