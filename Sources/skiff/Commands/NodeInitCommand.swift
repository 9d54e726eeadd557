import ArgumentParser
import Lab
import Logging

/// Started by the supervisor in a node's namespaces, as their pid 1.
struct NodeInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node-init", abstract: "Be the pid 1 of a node.", shouldDisplay: false)

    @OptionGroup var options: ClusterOptions
    @Option(help: "The node's name.") var node: String

    func run() throws {
        let log = Logger.program("init")
        do {
            let cluster = try options.existing()
            guard let identity = cluster.node(named: node) else { throw Refusal("no node \(node)", remedy: "see skiff status") }
            try NodeInit(cluster: cluster, node: identity, log: log).run(environment: Environment.forPrograms)
        } catch {
            log.error("cannot boot", metadata: ["node": "\(node)", "error": "\(error)"])
            throw ExitCode(1)
        }
    }
}
