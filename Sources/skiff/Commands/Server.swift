import ArgumentParser
import Lab
import Logging

/// API server, controllers and scheduler in one process.
struct Server: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the control plane: API server, controllers and scheduler.",
        discussion: "'skiff up' starts it inside the fabric; 'skiff status' shows it as the component 'server'.")

    @OptionGroup var options: ClusterOptions
    @Option(help: "A listening socket for the API, opened by the parent.") var listenDescriptor: Int32?

    func run() async throws {
        let log = Logger.program("server")
        _ = try options.existing()
        log.info("waiting")
        try await Interruption.untilAsked { try await Task.sleep(for: .seconds(1_000_000)) }
    }
}
