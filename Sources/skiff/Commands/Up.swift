import ArgumentParser
import JSON
import Lab
import NetworkTypes

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a cluster on this machine and wait until its nodes are ready.",
        discussion: """
            Each node is a set of namespaces with its own containerd, kubelet and proxy. The nodes are joined by a bridge in a
            namespace of its own: the network of this machine is not touched. Needs root, containerd and runc.
            """)

    @OptionGroup var options: ClusterOptions
    @Option(help: "How many nodes.") var nodes = 3
    @Option(help: ArgumentHelp("Where the API server answers on 127.0.0.1.", valueName: "port")) var apiPort = 6443
    @Option(help: "What keeps the objects: sqlite, or etcd, which must be installed.") var store = ClusterPlan.StoreKind.sqlite
    @Option(help: "Addresses of nodes, pods and Services: ipv4, ipv6 or dual (default: dual where the kernel has IPv6).")
    var ipFamily: ClusterFamilies?
    @Flag(help: "Add the cluster to ~/.kube/config as a context of its name.") var mergeKubeconfig = false
    @Option(
        help: ArgumentHelp("Archives to load onto every node (default: images/ beside this program).", valueName: "directory"))
    var images: String?
    @Option(help: "Seconds to wait for the nodes.") var timeout = 120
    @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text

    func run() async throws {
        try await Refusal.reported { try await start() }
    }

    private func start() async throws {
        let console = Console(json: output == .json)
        let kept = try options.load()
        let plan = try ClusterPlan(
            name: options.name, nodeCount: nodes, dataDirectory: options.directory, apiPort: apiPort,
            families: try ClusterFamilies.choose(ipFamily, kept: kept, hasIPv6: MachineProbe.hasIPv6()) { console.step($0) },
            store: store)
        if let running = kept, try ControlSocket.ask(running.controlSocket, .status) != nil {
            throw Refusal(
                "a cluster of \(running.nodeCount) nodes runs already in \(running.dataDirectory)",
                remedy: "look at it: skiff status; or take it away: skiff down")
        }
        let launch = ClusterLaunch(
            cluster: plan, imageDirectory: images ?? ClusterLaunch.defaultImageDirectory, timeout: .seconds(timeout),
            console: console)
        do {
            try await Interruption.watch { try await launch.run() }
        } catch let interruption as Interruption.Signalled {
            console.line("interrupted: taking the cluster away")
            try await launch.undo()
            throw ExitCode(128 + interruption.signal)
        } catch let refusal as ClusterLaunch.NotStarted {
            throw refusal.reason
        } catch {
            console.line("start failed: taking the cluster away")
            launch.showLogTails()
            try await launch.undo()
            throw error
        }
        if mergeKubeconfig { try UserKubeconfig(environment: Environment.variables).merge(plan) }
        finish(plan, console)
    }

    private func finish(_ plan: ClusterPlan, _ console: Console) {
        if output == .json {
            let document: JSONValue = [
                "name": .string(plan.name), "server": .string("https://127.0.0.1:\(plan.apiPort)"),
                "kubeconfig": .string(plan.adminKubeconfig), "dataDirectory": .string(plan.dataDirectory),
                "nodes": .array(
                    plan.nodes.map {
                        [
                            "name": .string($0.name), "address": .string("\($0.address)"),
                            "addresses": JSONValue($0.addresses.map(\.description)),
                        ]
                    }),
                "ipFamily": .string(plan.families.rawValue),
            ]
            return Console.output(JSONWriter.text(document))
        }
        console.line()
        console.line("  kubeconfig   \(plan.adminKubeconfig)")
        console.line(
            mergeKubeconfig
                ? "  try          kubectl --context \(plan.name) get nodes"
                : "  try          kubectl --kubeconfig \(plan.adminKubeconfig) get nodes")
    }
}

extension ClusterPlan.StoreKind: ExpressibleByArgument {}
