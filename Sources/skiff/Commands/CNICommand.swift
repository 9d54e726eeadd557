import ArgumentParser
import CNI
import JSON
import Lab
import Netlink
import NetworkTypes

/// What the network plugin has made on this host.
struct CNICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cni", abstract: "Look at what the network plugin skiff-cni has attached.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "Show who holds which address.",
            discussion: """
                Reads the kernel of this host, where the plugin keeps its only record. For a node of skiff up:
                  nsenter --net=/proc/PID/ns/net skiff cni ls
                or --netns with that path.
                """)
        @Option(help: "Only attachments of this network.") var network: String?
        @Option(help: "Path of the host's network namespace; default: the one that the command runs in.") var netns: String?
        @Flag(help: "One JSON array.") var json = false

        func run() async throws {
            try await Refusal.reported {
                let path = netns
                let list = try await BlockingWork.run {
                    guard let path else { return try AttachmentList(NetlinkSocket()) }
                    do {
                        return try AttachmentList(NetworkNamespace(path: path).openSocket())
                    } catch let error as NamespaceError {
                        throw Refusal(error.description, remedy: "give the path of a network namespace")
                    }
                }
                let entries = list.entries.filter { network == nil || $0.network == network }
                Console.output(json ? JSONWriter.text(.array(entries.map(\.json))) : Self.table(entries))
            }
        }

        private static func table(_ entries: [AttachmentList.Entry]) -> String {
            var table = TextTable(["ADDRESSES", "POD", "CONTAINER", "INTERFACE", "NETWORK", "HOST LINK", "ALSO"])
            table.rows = entries.map { entry in
                let also = (entry.hasPorts ? ["host ports"] : []) + (entry.isShaped ? ["bandwidth"] : [])
                return [
                    entry.addresses.map(\.description).joined(separator: ","), entry.pod ?? "-", entry.containerID,
                    entry.interface, entry.network, entry.hostEnd, also.joined(separator: ", "),
                ]
            }
            return table.text
        }
    }
}
