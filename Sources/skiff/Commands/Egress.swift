import ArgumentParser
import Glibc
import Logging
import NIOCore
import NIOPosix

/// The fabric's way out: an HTTP proxy whose listening socket is inside the fabric and whose connections start on the host.
///
/// containerd on the nodes pulls through it, so that images come from the internet although no packet of the fabric ever
/// leaves it, and nothing of the host's network has to change.
struct Egress: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Proxy image pulls out of the fabric.", shouldDisplay: false)

    @Option(help: "A listening socket that the parent opened.") var listenDescriptor: Int32

    func run() async throws {
        let log = Logger.program("egress")
        let upstream = Environment.variables["SKIFF_EGRESS_PROXY"].flatMap(EgressTarget.init(proxyURL:))
        let proxy = EgressProxy(upstream: upstream, log: log)
        try await Interruption.untilAsked { [listenDescriptor] in try await proxy.run(descriptor: listenDescriptor) }
    }
}
