import ArgumentParser

/// Why a connection works, or why it does not. `skiff explain --from ... --to ...` is the subcommand `connection`.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which endpoint may answer a connection, or why none does.",
        subcommands: [ExplainConnection.self, ExplainDNS.self],
        defaultSubcommand: ExplainConnection.self)
}
