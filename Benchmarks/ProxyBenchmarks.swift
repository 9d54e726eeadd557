import API
import Glibc
import NFTables
import Netfilter
import NetworkTypes
import Proxy

/// The proxy's rules in a real kernel, each in a namespace of its own, beside the shape that kube-proxy 1.36 gives the same Services.
///
/// CPU is that of this process and the kernel on its behalf; for upstream's shape it is `nft -f`'s. `SKIFF_BENCHMARK_FULL=1` loads upstream's
/// shape with 30,000 Services too, which takes minutes.
enum ProxyBenchmarks {
    static let names = ["Proxy/sync", "Proxy/one-endpoint", "Proxy/first-packet"]

    static func run(_ name: String) async throws {
        guard await BenchmarkNamespace() != nil else { return print("\(name): needs root for a network namespace") }
        print("\(name)")
        switch name {
        case "Proxy/sync": try await sync()
        case "Proxy/one-endpoint": try await oneEndpoint()
        default: try await firstPacket()
        }
    }

    private static var isFull: Bool { getenv("SKIFF_BENCHMARK_FULL") != nil }

    // MARK: full sync

    private static func sync() async throws {
        var ours: [Int: Int] = [:]
        for count in [1000, 5000, 10_000, 30_000, 100_000] {
            guard let namespace = await BenchmarkNamespace() else { return }
            let (usage, bytes) = try await fill(namespace, count)
            ours[count] = usage.sum
            print(
                "  ours      \(count) x 2: cpu \(milliseconds(usage.sum)) (user \(milliseconds(usage.user)), kernel "
                    + "\(milliseconds(usage.system))), netlink \(bytes) bytes")
            _ = await namespace.shell("nft delete table ip skiff-proxy")
        }
        for count in [1000, 5000, 10_000] + (isFull ? [30_000] : []) {
            guard let namespace = await BenchmarkNamespace() else { return }
            let text = ProxyFixture.upstreamRules(count, endpoints: 2)
            guard let usage = await namespace.shell("nft -f -", input: text) else {
                return print("  upstream's shape: nft failed")
            }
            let ratio = ours[count].map { decimal(Double(usage.sum) / Double($0), 1) } ?? "-"
            print(
                "  upstream  \(count) x 2: cpu \(milliseconds(usage.sum)) (user \(milliseconds(usage.user)), kernel "
                    + "\(milliseconds(usage.system))); \(ratio) times ours")
        }
    }

    /// From the watched objects to the commit.
    private static func fill(
        _ namespace: BenchmarkNamespace, _ count: Int, transport: String = "TCP"
    ) async throws -> (Usage, bytes: Int) {
        var tracker = ProxyFixture.tracker(count, endpoints: 2, transport: transport)
        let (before, bytes) = (Usage.process, namespace.socket.bytesSent)
        var model = ProxyModel(family: .ipv4, configuration: ProxyFixture.configuration)
        _ = model.update(tracker.takeChanges())
        try await namespace.applier.apply(Difference.between(nil, model.desired()))
        return (Usage.process - before, namespace.socket.bytesSent - bytes)
    }

    // MARK: one endpoint

    private static func oneEndpoint() async throws {
        var kernel: [Int: Int] = [:]
        let rounds = 4000
        for count in [1000, 30_000] {
            guard let namespace = await BenchmarkNamespace() else { return }
            var tracker = ProxyFixture.tracker(count, endpoints: 3)
            var model = ProxyModel(family: .ipv4, configuration: ProxyFixture.configuration)
            _ = model.update(tracker.takeChanges())
            try await namespace.applier.apply(Difference.between(nil, model.desired()))
            // The fourth endpoint comes and goes: three and four of them share a table of four slots.
            let (before, bytes) = (Usage.process, namespace.socket.bytesSent)
            for round in 0..<rounds {
                tracker.sliceSeen(ProxyFixture.slice(round / 2 % count, 0..<(round % 2 == 0 ? 4 : 3)))
                _ = model.update(tracker.takeChanges())
                try await namespace.applier.apply(model.takeTransaction())
            }
            let usage = Usage.process - before
            kernel[count] = usage.system
            print(
                "  \(count) x 3: \((namespace.socket.bytesSent - bytes) / rounds) netlink bytes, process \(usage.user / rounds) ns, "
                    + "kernel \(usage.system / rounds) ns a change")
        }
        if let small = kernel[1000], let large = kernel[30_000], small > 0 {
            print("  kernel time at 30,000 over 1,000: \(decimal(Double(large) / Double(small), 2))")
        }
    }

    // MARK: first packet

    /// Ours beside no rules and beside a single lookup in a counted map, each at two sizes: what grows with the number of Services is memory
    /// that is no longer in the processor's caches, and a lookup alone shows how much of that nobody can do without.
    private static func firstPacket() async throws {
        var lines: [Line] = []
        for count in [1000, 30_000] {
            let lookup = ProxyFixture.lookupRules(count)
            lines += [
                try await line("none", count) { _ in true },
                try await line("one lookup", count) { await $0.shell("nft -f -", input: lookup) != nil },
                try await line("ours", count) {
                    _ = try await fill($0, count, transport: "UDP")
                    return true
                },
            ].compactMap(\.self)
        }
        let costs = await measure(lines)
        func cost(_ name: String, _ count: Int) -> Int? { costs["\(name) \(count)"] }
        guard let bare = cost("none", 1000), let small = cost("ours", 1000), let large = cost("ours", 30_000) else { return }
        print("  no rules at all: \(bare) ns a flow (socket, packet, connection tracking)")
        print("  ours      1000: \(small) ns, \(small - bare) more than none")
        print("  ours      30000: \(large) ns, \(large - bare) more than none")
        print("  ours at 30,000 over 1,000: \(decimal(Double(large) / Double(small), 3))")
        for name in ["none", "one lookup"] {
            guard let low = cost(name, 1000), let high = cost(name, 30_000) else { continue }
            print(
                "  \(name) at 30,000 over 1,000: \(decimal(Double(high) / Double(low), 3)) (\(low) and \(high) ns; ours \(large - small) ns more)"
            )
        }
        for count in [1000, 10_000] + (isFull ? [30_000] : []) {
            let text = ProxyFixture.upstreamRules(count, endpoints: 2, transport: "udp")
            guard let line = try await line("upstream", count, { await $0.shell("nft -f -", input: text) != nil }),
                let cost = await measure([line])["upstream \(count)"]
            else { continue }
            print(
                "  upstream  \(count): \(cost) ns, \(cost - bare) more than none; \(decimal(Double(cost) / Double(small), 3)) times ours at "
                    + "1,000, \(decimal(Double(cost) / Double(large), 3)) times ours at 30,000")
        }
    }

    private struct Line {
        var name: String
        var count: Int
        var namespace: BenchmarkNamespace
    }

    /// A namespace with a way out and connection tracking; nil when it cannot be made.
    private static func line(
        _ name: String, _ count: Int, _ prepare: (BenchmarkNamespace) async throws -> Bool
    ) async throws -> Line? {
        guard let namespace = await BenchmarkNamespace() else { return nil }
        let links =
            "ip link set lo up && ip tuntap add d0 mode tun && ip addr add 192.168.9.1/24 dev d0 && ip link set d0 up && "
            + "ip route add default dev d0"
        // A table of rules with `ct` in it turns connection tracking on, also where there is nothing else to see.
        let tracking =
            "nft 'add table ip bare; add chain ip bare o { type filter hook output priority 300; }; add rule ip bare o ct state invalid drop'"
        guard await namespace.shell(links) != nil, await namespace.shell(tracking) != nil, try await prepare(namespace) else {
            return nil
        }
        return Line(name: name, count: count, namespace: namespace)
    }

    /// Nanoseconds of CPU for the first packet of a flow to one of the line's Services: the best of several rounds, in which the lines take
    /// turns, so that what disturbs the machine disturbs all of them.
    private static func measure(_ lines: [Line]) async -> [String: Int] {
        let flows = 4000
        var best: [String: UInt64] = [:]
        for round in 0..<10 {
            for line in lines {
                let addresses = (0..<flows).map { ProxyFixture.virtualAddress(($0 * 7919 + round) % line.count) }
                let time = await line.namespace.newFlows(to: addresses, port: 80)
                let name = "\(line.name) \(line.count)"
                best[name] = min(best[name] ?? .max, time / UInt64(flows))
            }
        }
        return best.mapValues { Int($0) }
    }

    private static func milliseconds(_ nanoseconds: Int) -> String { decimal(Double(nanoseconds) / 1e6, 1) + " ms" }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((value * scale).rounded())
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: max(0, places - fraction.count)) + fraction
    }
}
