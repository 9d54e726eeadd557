import ArgumentParser
import Glibc
import Lab

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Cut a node's power, or boot it.", subcommands: [Stop.self, Start.self])

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cut a node's power: every process, mount and link of it is gone at once.")
        @OptionGroup var options: ClusterOptions
        @Argument(help: "node1, node2, ...") var node: String

        func run() async throws { try await NodeCommand.ask(.stopNode(node), options, done: "\(node) is off") }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Boot a node that is off; its disks are as they were.")
        @OptionGroup var options: ClusterOptions
        @Argument(help: "node1, node2, ...") var node: String

        func run() async throws { try await NodeCommand.ask(.startNode(node), options, done: "\(node) boots") }
    }

    private static func ask(_ request: ControlRequest, _ options: ClusterOptions, done: String) async throws {
        try await Refusal.reported {
            guard geteuid() == 0 else { throw Refusal("this needs root", remedy: "run it with sudo") }
            let cluster = try options.existing()
            let reply = try await BlockingWork.run { try ControlSocket.ask(cluster.controlSocket, request) }
            guard let reply else { throw Refusal("the cluster does not run", remedy: "skiff up") }
            if let error = reply.error { throw Refusal(error, remedy: "skiff status") }
            Console.output(done)
        }
    }
}
