import Lab
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Proxy

/// The kernel's side of the proxy before it begins and after it is gone.
enum KernelTables {
    /// Refuses with what is missing: a kernel without nf_tables, or the right to use it.
    static func check(_ applier: KernelApplier) async throws {
        do throws(ApplyError) {
            _ = try await applier.generation()
        } catch {
            if error.errno == ApplyError.notPermitted {
                throw Refusal(
                    "this process may not change netfilter rules (EPERM)",
                    remedy: "run it as root, or give it CAP_NET_ADMIN in its network namespace")
            }
            throw Refusal(
                "the kernel answers no nf_tables request: \(error)", remedy: "load the nf_tables module (modprobe nf_tables)")
        }
    }

    /// Removes the proxy's tables of both families; none there is a success.
    static func remove(_ applier: KernelApplier) async throws {
        for family in [IPFamily.ipv4, .ipv6] {
            let table = StaticRuleset.identifier(family)
            let refusal = await refusal(of: Transaction([.deleteTable(table)]), applier)
            guard let refusal, refusal.errno != ApplyError.noEntry else { continue }
            if refusal.errno == ApplyError.notPermitted {
                throw Refusal("table \(table) belongs to a proxy that runs", remedy: "end it, then clean up")
            }
            throw refusal
        }
    }

    /// Removes what kube-proxy left; nothing there is a success.
    static func removeKubeProxys(_ applier: KernelApplier, _ log: Logger) async throws {
        if let running = RunningKubeProxy.evidence {
            throw Refusal("a kube-proxy runs on this node: \(running)", remedy: "end it, then clean up")
        }
        do throws(ApplyError) {
            let count = try await TakeOver.remove(applier)
            log.info("removed the rules of kube-proxy", metadata: ["operations": "\(count)"])
        } catch {
            throw Refusal("rules of kube-proxy not removed: \(error)", remedy: "end the program that owns them, then clean up")
        }
    }

    private static func refusal(of transaction: Transaction, _ applier: KernelApplier) async -> ApplyError? {
        do throws(ApplyError) {
            try await applier.apply(transaction)
            return nil
        } catch {
            return error
        }
    }
}
