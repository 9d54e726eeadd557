import Glibc
import Lab
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Proxy

/// Follows a kube-proxy on this node: when our rules stand and it has ended, what it left goes in one transaction. Established connections
/// live on: they are translated by what connection tracking knows.
struct TakeOver: Sendable {
    static let nextStep = "end it (kubectl -n kube-system delete daemonset kube-proxy); its rules go by themselves then"

    let applier: KernelApplier
    let syncer: ProxySyncer
    let serving: ProxyServing
    let log: Logger

    /// Returns only by cancellation.
    func run() async throws {
        var machine = TakeOverStateMachine()
        if access("/sys/class/net/kube-ipvs0", F_OK) == 0 {
            log.error("kube-proxy left virtual servers (IPVS) on this node; run kube-proxy --cleanup once")
        }
        while true {
            var (action, news) = machine.looked(await sight())
            if action == .remove {
                do throws(ApplyError) {
                    let count = try await Self.remove(applier)
                    machine.removed()
                    log.info("took over from kube-proxy, its rules are gone", metadata: ["operations": "\(count)"])
                    action = .lookAgain(after: TakeOverStateMachine.soon)
                } catch {
                    (action, news) = machine.removalFailed("rules of kube-proxy not removed: \(error)")
                }
            }
            if let news { log.error("rules of kube-proxy stand beside ours", metadata: ["error": "\(news); \(Self.nextStep)"]) }
            guard case .lookAgain(let pause) = action else { continue }
            try await ContinuousClock().sleep(for: pause)
        }
    }

    private func sight() async -> TakeOverStateMachine.Sight {
        let hasLeftovers = await Self.hasLeftovers(applier)
        let running = hasLeftovers ? RunningKubeProxy.evidence ?? serving.takenPort.map { "port \($0) is taken" } : nil
        return TakeOverStateMachine.Sight(
            isSynced: await syncer.status.isSynced, hasLeftovers: hasLeftovers, running: running)
    }

    static func hasLeftovers(_ applier: KernelApplier) async -> Bool {
        let operations = try? await removal(applier)
        return operations?.isEmpty == false
    }

    /// - Returns: How many operations it took.
    static func remove(_ applier: KernelApplier) async throws(ApplyError) -> Int {
        let operations = try await removal(applier)
        try await applier.apply(Transaction(operations))
        return operations.count
    }

    private static func removal(_ applier: KernelApplier) async throws(ApplyError) -> [Transaction.Operation] {
        var operations: [Transaction.Operation] = []
        for table in Leftovers.ownTables {
            let found = try await applier.foreignTable(table)
            if found != nil { operations.append(.deleteTable(table)) }
        }
        for table in Leftovers.sharedTables {
            guard let found = try await applier.foreignTable(table) else { continue }
            operations += Leftovers.removal(from: found)
        }
        return operations
    }
}

/// Signs of a kube-proxy that runs in this network namespace.
enum RunningKubeProxy {
    /// In words; nil: none is seen. Processes of other containers are seen only where their numbers are (hostPID).
    static var evidence: String? {
        guard let ours = link("/proc/self/ns/net"), let folder = opendir("/proc") else { return nil }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                // SAFETY: the kernel ends the name with a zero inside the field.
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let number = Int(name), command(of: number) == "kube-proxy", link("/proc/\(number)/ns/net") == ours else {
                continue
            }
            return "process \(number)"
        }
        return nil
    }

    private static func command(of process: Int) -> String? {
        guard let file = fopen("/proc/\(process)/comm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, 64, file) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = readlink(path, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
