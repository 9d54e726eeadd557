import DNS
import Lab
import Logging
import NetworkTypes

/// The node's own servers and search list, followed while they change: with the network, when a lease is renewed, when somebody edits
/// the file.
struct ResolverWatch: Sendable {
    /// Nil: the standard one, or systemd-resolved's.
    var path: String?
    /// Addresses that we answer at ourselves.
    var own: [IPAddress]
    /// False: the servers were given, the search list alone is followed.
    var hasServers: Bool

    /// How often the file is looked at. Reading beats being told: the file is a link, is replaced or mounted over.
    private static let interval: Duration = .seconds(2)

    /// Nil: there is no such file.
    func read() -> ResolverFile? {
        func text(_ path: String) -> String? { try? FileTree.text(path) }
        return text(path ?? ResolverFile.path(text)).map { ResolverFile($0, own: own) }
    }

    /// Tells the server of every change. A file that is gone changes nothing: whoever replaces it takes it away first. Returns by
    /// cancellation only.
    ///
    /// - Parameter known: What the server was told at first.
    func run(_ server: DNSServer, known: ResolverFile?, log: Logger) async throws {
        var known = known
        while true {
            try await ContinuousClock().sleep(for: Self.interval)
            guard let file = read(), file != known else { continue }
            known = file
            server.changed(upstreams: hasServers ? file.upstreams : nil, searches: file.searches)
            log.info(
                "the node asks other servers",
                metadata: [
                    "addresses": "\(file.upstreams.map(\.description).joined(separator: " "))",
                    "search": "\(file.searches.map(\.description).joined(separator: " "))",
                ])
        }
    }
}
