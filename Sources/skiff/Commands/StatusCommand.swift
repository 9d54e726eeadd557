import APIClient
import ArgumentParser
import JSON
import Lab
import NetworkTypes

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what runs. Exits 0 when the cluster runs, 1 when it does not.")

    @OptionGroup var options: ClusterOptions
    @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text

    func run() async throws {
        try await Refusal.reported {
            let cluster = try options.load()
            let reply = try await BlockingWork.run { try cluster.flatMap { try ControlSocket.ask($0.controlSocket, .status) } }
            guard let cluster, let reply else { return try notRunning(cluster) }
            var nodes: [NodeReadiness] = []
            var refusal: String?
            do {
                let client = try ClusterAccess.client(kubeconfig: cluster.adminKubeconfig, logger: ClusterAccess.quiet)
                nodes = try await NodeReadiness.list(client)
                await client.shutdown()
            } catch {
                refusal = "\(error)"
            }
            show(cluster, reply, nodes, refusal)
            if refusal != nil { throw ExitCode(1) }
        }
    }

    private func notRunning(_ cluster: ClusterPlan?) throws {
        if output == .json {
            Console.output(JSONWriter.text(["running": false]))
        } else if let cluster {
            Console.output("the cluster in \(cluster.dataDirectory) does not run; 'skiff up' starts it, 'skiff down' removes it")
        } else {
            Console.output("there is no cluster in \(options.directory); 'skiff up' starts one")
        }
        throw ExitCode(1)
    }

    private func show(_ cluster: ClusterPlan, _ reply: ControlReply, _ nodes: [NodeReadiness], _ refusal: String?) {
        if output == .json {
            var document: JSONValue = [
                "running": .bool(refusal == nil), "name": .string(cluster.name),
                "server": .string("https://127.0.0.1:\(cluster.apiPort)"), "kubeconfig": .string(cluster.adminKubeconfig),
                "dataDirectory": .string(cluster.dataDirectory), "supervisor": JSONValue(reply.supervisor),
                "components": .array(reply.components.map(\.json)),
                "nodes": .array(
                    nodes.map {
                        [
                            "name": .string($0.name), "ready": .bool($0.isReady), "address": .string($0.address),
                            "podCIDR": .string($0.podNetwork),
                        ]
                    }),
            ]
            if let refusal { document["apiError"] = .string(refusal) }
            return Console.output(JSONWriter.text(document))
        }
        Console.output("cluster \(cluster.name)   https://127.0.0.1:\(cluster.apiPort)   \(cluster.dataDirectory)\n")
        var table = TextTable(["COMPONENT", "STATE", "PID", "RESTARTS", "ADDRESS", "PODS", "NODE"])
        table.rows.append(["supervisor", "running", "\(reply.supervisor)", "0", "", "", ""])
        for component in reply.components {
            let node = nodes.first { $0.name == component.name }
            let planned = cluster.node(named: component.name)
            table.rows.append([
                component.name, component.state.rawValue, component.pid.map { "\($0)" } ?? "", "\(component.restarts)",
                (planned?.addresses ?? cluster.fabricAddresses).map(\.description).joined(separator: ","),
                node?.podNetwork ?? "", planned == nil ? "" : node.map { $0.isReady ? "Ready" : "NotReady" } ?? "not registered",
            ])
        }
        Console.output(table.text)
        if let refusal { Console.error("the API server does not answer: \(refusal)") }
    }
}
