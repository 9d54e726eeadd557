import API
import APIClient
import CNI
import CRI
import CRIgRPC
import ControlLoop
import GRPC
import Glibc
import JSON
import Lab
import Logging
import NFTables
import Netfilter
import Netlink
import NodeNetwork
import Proxy

/// Collects what is to be known of one node from its kernel, its files, its runtime and the cluster, and has it judged.
struct NodeDoctor: Sendable {
    let node: String
    /// A process in the node's namespaces; nil: this machine is the node.
    let process: Int32?
    let runtimeSocket: String
    let kubeconfig: String?
    let tunnels: TunnelSettings
    /// A file with Nodes; nil: the cluster is asked.
    var objects: String?
    var configurationDirectory = "/etc/cni/net.d"
    var pluginDirectory = "/opt/cni/bin"

    private static let runtimeTimeout = Duration.seconds(3)

    func report() async -> NodeReport {
        do {
            let examiner = try NodeExaminer(
                namespace: process.map { try NetworkNamespace(path: "/proc/\($0)/ns/net") },
                root: process.map { "/proc/\($0)/root" } ?? "", configurationDirectory: configurationDirectory,
                pluginDirectory: pluginDirectory)
            let node = node
            var facts = try await BlockingWork.run { try examiner.examine(node: node) }
            facts.pods = Self.pods(facts.table)
            await addRules(to: &facts, examiner)
            facts.runtime = await runtime()
            await addNodes(to: &facts)
            if let nodes = facts.nodes {
                let underlay = facts.table.underlay
                let identifier = UInt16.random(in: .min ... .max)
                facts.echoes = try await BlockingWork.run { [tunnels] in
                    try examiner.echoes(
                        to: nodes, from: node, underlay: underlay, tunnels: tunnels, firstIdentifier: identifier)
                }
            }
            return NodeReport(node: node, findings: Diagnosis(facts, tunnels: tunnels).findings)
        } catch {
            let finding = Finding(
                "node", .error, "cannot look at the node: \(error)", remedy: "run as root, in the host's namespaces")
            return NodeReport(node: node, findings: [finding])
        }
    }

    /// `cni=NETWORK=CONTAINER=INTERFACE` is what the plugin calls the link beside its name.
    private static func pods(_ table: LinkTable) -> [NodeExamination.PodLink] {
        table.links.compactMap { link in
            guard let name = link.name, let index = link.index, InterfaceNames.isHostEnd(name) else { return nil }
            let parts = link.alternativeNames.first { $0.hasPrefix("cni=") }?.split(separator: "=") ?? []
            // A long name stands as its hash.
            let container = parts.count == 4 && !parts[2].hasPrefix("#") ? String(parts[2]) : nil
            return NodeExamination.PodLink(name: name, index: index, isUp: link.isUp, container: container)
        }
    }

    private func addRules(to facts: inout NodeExamination, _ examiner: NodeExaminer) async {
        let chains = try? await BlockingWork.run { try examiner.inNamespace { try BaseChainListing.list() } }
        facts.chains = chains?.filter { !$0.table.contains(" skiff-") }.map {
            NodeExamination.ForeignChain(table: $0.table, chain: $0.chain, hook: $0.hook, acceptsByDefault: $0.acceptsByDefault)
        }
        facts.tables = Set((chains ?? []).map(\.table))
    }

    private func runtime() async -> NodeExamination.Runtime? {
        guard !runtimeSocket.isEmpty else { return nil }
        guard access(runtimeSocket, F_OK) == 0 else { return .unreachable("no socket at \(runtimeSocket)") }
        let client = GRPCClient(
            configuration: GRPCConfiguration(target: .unix(path: runtimeSocket)), logger: ClusterAccess.quiet)
        let service = RuntimeServiceClient(client: client)
        let answer = await withTaskGroup(of: NodeExamination.Runtime.self) { group in
            group.addTask {
                do {
                    let version = try await service.version()
                    let network = try await service.status().first { $0.type == "NetworkReady" }
                    let sandboxes = Set(try await service.listPodSandboxes(labels: [:]).map(\.id))
                    let problem = network.flatMap { $0.isMet ? nil : "\($0.reason) \($0.message)" }
                    return .answers(version: "\(version.name) \(version.version)", sandboxes: sandboxes, networkProblem: problem)
                } catch {
                    return .unreachable("\(error)")
                }
            }
            group.addTask {
                try? await ContinuousClock().sleep(for: Self.runtimeTimeout)
                return .unreachable("no answer at \(runtimeSocket) in \(Self.runtimeTimeout)")
            }
            defer { group.cancelAll() }
            return await group.next() ?? .unreachable("interrupted")
        }
        await client.shutdown()
        return answer
    }

    private func addNodes(to facts: inout NodeExamination) async {
        if let objects {
            do {
                let source = StaticListWatch(document: try JSONParser.parse(try FileTree.read(objects)))
                facts.nodes = try await source.list(Node.resource, scope: ListScope()).items.map { NodeView(Node(json: $0)) }
            } catch {
                facts.clusterProblem = "\(objects): \(error)"
            }
            return
        }
        guard let kubeconfig else {
            facts.clusterProblem = "no --kubeconfig"
            return
        }
        do {
            let client = try ClusterAccess.client(kubeconfig: kubeconfig, logger: ClusterAccess.quiet)
            do {
                let list = try await client.perform("GET", "/api/v1/nodes")
                facts.nodes = (list["items"]?.array ?? []).map { NodeView(Node(json: $0)) }
            } catch {
                facts.clusterProblem = "\(error)"
            }
            await client.shutdown()
        } catch {
            facts.clusterProblem = "\(error)"
        }
    }
}
