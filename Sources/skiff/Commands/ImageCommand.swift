import ArgumentParser
import Glibc
import Lab

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Put images onto nodes, or make one.", subcommands: [Load.self, Build.self])

    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load an OCI or docker archive onto every running node.",
            discussion: """
                For example: docker save my/app:1 -o app.tar && skiff image load app.tar
                An image of an OCI archive whose name begins with skiff.local/ can be pulled as well, also by nodes that are off.
                """)
        @OptionGroup var options: ClusterOptions
        @Argument(help: "The archive.", completion: .file(extensions: ["tar"])) var file: String

        func run() async throws {
            try await Refusal.reported {
                let console = Console()
                guard geteuid() == 0 else { throw Refusal("this needs root", remedy: "run it with sudo") }
                guard let archive = FileTree.resolve(file) else {
                    throw Refusal("there is no file \(file)", remedy: "check the path")
                }
                let cluster = try options.existing()
                guard let reply = try await BlockingWork.run({ try ControlSocket.ask(cluster.controlSocket, .status) }) else {
                    throw Refusal("the cluster does not run", remedy: "skiff up")
                }
                let served = try await BlockingWork.run {
                    try ImageRegistry.add(archive, to: RegistryStore(directory: cluster.registryDirectory))
                }
                for image in served { console.step("\(image) can be pulled by every node") }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for node in cluster.nodes {
                        guard let pid = reply.components.first(where: { $0.name == node.name })?.pid else {
                            console.step("\(node.name) is off, left out")
                            continue
                        }
                        group.addTask {
                            try await BlockingWork.run { try NodeImages.load(archive, node: node.name, pid: pid) }
                            console.step("loaded onto \(node.name)")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an image archive with one layer from a directory.",
            discussion: "Equal files give an equal digest: owners are root, times are fixed, names are sorted.")
        @Argument(help: "Full name: skiff.local/app:1") var name: String
        @Argument(help: "Directory that becomes the image's root.", completion: .directory) var root: String
        @Argument(help: "Archive to write.", completion: .file()) var archive: String
        @Option(name: .customLong("entrypoint"), parsing: .singleValue, help: "A word of the entry point; repeat it.")
        var entrypoint: [String] = []
        @Option(name: .customLong("command"), parsing: .singleValue, help: "A word of the default command; repeat it.")
        var words: [String] = []

        func run() async throws {
            try await Refusal.reported {
                let image = ImageArchive(name: name, entrypoint: entrypoint, command: words)
                let (bytes, digest) = try image.write(try ImageFiles.entries(of: root))
                try FileTree.write(archive, bytes)
                Console.output("\(name) \(digest) \(bytes.count) bytes")
            }
        }
    }
}
