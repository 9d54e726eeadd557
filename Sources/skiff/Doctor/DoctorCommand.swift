import ArgumentParser
import Glibc
import JSON
import Lab
import NetworkTypes
import NodeNetwork

/// Looks for what is wrong with the network of nodes.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the network of this cluster's nodes, or of this machine, and say what to do.",
        discussion: """
            Without a running cluster in the data directory, or with --local, it checks this machine as a node. Changes nothing; sends one
            echo to each other node. Exits 0 when nothing is wrong, 1 when something is (with --strict: also for a warning), 2 when
            it could not look.
            """)

    @OptionGroup var options: ClusterOptions
    @Flag(help: "Check this machine, whatever runs in the data directory.") var local = false
    @Option(help: "Only this node of the cluster; or the Node that this machine is (default: its host name).")
    var nodeName: String?
    @Option(help: "How to ask the cluster about this machine's Node.") var kubeconfig: String?
    @Option(help: "JSON file with Nodes, instead of asking the cluster about this machine's.") var objects: String?
    @Option(help: "The runtime's socket; empty: it is not asked.") var runtimeSocket = NodePlan.runtimeSocket
    @Option(help: "The runtime's network configuration.") var cniConfDir = "/etc/cni/net.d"
    @Option(help: "The runtime's network plugins.") var cniBinDir = "/opt/cni/bin"
    @OptionGroup var node: NodeNetworkOptions
    @Flag(help: "Count warnings as errors.") var strict = false
    @Flag(help: "Show what is in order too.") var all = false
    @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text

    func run() async throws {
        let reports: [NodeReport]
        do {
            reports = try await examine()
        } catch {
            Console.error("\(error)")
            throw ExitCode(2)
        }
        let levels = reports.flatMap { $0.findings.map(\.level) }
        let errors = levels.count { $0 == .error }
        let warnings = levels.count { $0 == .warning }
        if output == .json {
            Console.output(
                JSONWriter.text([
                    "nodes": .array(reports.map(\.json)), "errors": .int(Int64(errors)), "warnings": .int(Int64(warnings)),
                ]))
        } else {
            show(reports)
            Console.output(
                "\(reports.count) \(reports.count == 1 ? "node" : "nodes"), \(levels.count) checks, "
                    + "\(errors) errors, \(warnings) warnings")
        }
        if errors > 0 || strict && warnings > 0 { throw ExitCode(1) }
    }

    private func examine() async throws -> [NodeReport] {
        guard geteuid() == 0 else {
            throw Refusal("skiff doctor needs root: it reads rules and enters nodes", remedy: "run it with sudo")
        }
        let cluster = local ? nil : try options.load()
        let reply = try await BlockingWork.run { try cluster.flatMap { try ControlSocket.ask($0.controlSocket, .status) } }
        guard let cluster, let reply else { return [await thisMachine()] }
        var reports: [NodeReport] = []
        for identity in cluster.nodes where nodeName == nil || nodeName == identity.name {
            guard let pid = reply.components.first(where: { $0.name == identity.name })?.pid else {
                let off = Finding("power", .error, "\(identity.name) is off", remedy: "skiff node start \(identity.name)")
                reports.append(NodeReport(node: identity.name, findings: [off]))
                continue
            }
            let doctor = NodeDoctor(
                node: identity.name, process: pid, runtimeSocket: "/proc/\(pid)/root\(NodePlan.runtimeSocket)",
                kubeconfig: cluster.adminKubeconfig, tunnels: node.tunnels)
            reports.append(await doctor.report())
        }
        guard !reports.isEmpty else {
            throw Refusal(
                "there is no node '\(nodeName ?? "")'", remedy: "nodes are \(cluster.nodes.map(\.name).joined(separator: ", "))")
        }
        return reports
    }

    private func thisMachine() async -> NodeReport {
        var doctor = NodeDoctor(
            node: nodeName ?? ProxyOptions.hostName, process: nil, runtimeSocket: runtimeSocket, kubeconfig: kubeconfig,
            tunnels: node.tunnels)
        doctor.configurationDirectory = cniConfDir
        doctor.objects = objects
        doctor.pluginDirectory = cniBinDir
        return await doctor.report()
    }

    private func show(_ reports: [NodeReport]) {
        let console = Console()
        for report in reports {
            Console.output(console.styled(report.node, .bold))
            for finding in report.findings where all || finding.level != .ok {
                let (word, style): (String, Console.Style) =
                    switch finding.level {
                    case .ok: ("ok     ", .green)
                    case .warning: ("warning", .yellow)
                    case .error: ("error  ", .red)
                    case .skipped: ("skipped", .faint)
                    }
                Console.output("  \(console.styled(word, style))  \(finding.check): \(finding.message)")
                if !finding.remedy.isEmpty { Console.output("           → \(finding.remedy)") }
            }
        }
    }
}

/// One node's findings.
struct NodeReport: Sendable {
    var node: String
    var findings: [Finding]

    var json: JSONValue { ["node": .string(node), "findings": .array(findings.map(\.json))] }
}
