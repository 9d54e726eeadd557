import ArgumentParser
import Glibc
import Lab
import Logging

/// Where the nodes' images come from: two listening sockets inside the fabric, served from the host's network.
///
/// containerd on the nodes pulls through the proxy, so that images come from the internet although no packet of the fabric ever
/// leaves it, and nothing of the host's network has to change. Images of `skiff.local` it pulls from the registry.
struct ServeImages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Proxy image pulls out of the fabric, and serve the cluster's own images.", shouldDisplay: false)

    @Option(help: "A listening socket for the proxy that the parent opened.") var proxyDescriptor: Int32
    @Option(help: "A listening socket for the registry that the parent opened.") var registryDescriptor: Int32
    @Option(help: ArgumentHelp("Where the registry keeps its images.", valueName: "directory")) var registry: String

    func run() async throws {
        let log = Logger.program("images")
        let upstream = Environment.variables["SKIFF_EGRESS_PROXY"].flatMap(EgressTarget.init(proxyURL:))
        let proxy = EgressProxy(upstream: upstream, log: log)
        let registry = ImageRegistry(store: RegistryStore(directory: registry), log: log)
        try await Interruption.untilAsked { [proxyDescriptor, registryDescriptor] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await proxy.run(descriptor: proxyDescriptor) }
                group.addTask { try await registry.run(descriptor: registryDescriptor) }
                try await group.next()
                group.cancelAll()
            }
        }
    }
}
