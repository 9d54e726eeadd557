import ArgumentParser
import Glibc
import PolicyLab

/// Network policies tested without a cluster. Each subcommand is a file in this folder.
struct NetpolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "netpol",
        abstract: "Test network policies: who can reach whom, proven with real packets, without a cluster and without root.",
        // No line is longer than a narrow terminal.
        discussion: """
            Reads manifests as they are in Git (kustomize build, helm template), makes
            a network namespace for each pod, loads the policies into nftables, and
            sends real packets. What the policy engine says and what the packets do is
            always compared.

            Start here:
              skiff netpol matrix -f k8s/                 who can reach whom
              skiff netpol explain -f k8s/ 'shop/web -> shop/db:5432'
                                                          why, and what to change
              skiff netpol init -f k8s/ > expect.yaml     what holds today
              skiff netpol test -f k8s/ -e expect.yaml    in CI; writes reports
              skiff netpol diff main:k8s k8s/             what a change opens

            \(NetpolExit.table)
            """,
        subcommands: [
            NetpolMatrix.self, NetpolTest.self, NetpolExplain.self, NetpolDiff.self, NetpolLint.self, NetpolCover.self,
            NetpolMutate.self, NetpolInit.self, NetpolWatch.self, NetpolShell.self, NetpolFromCluster.self,
        ])

    /// What stands before a subcommand's name.
    static let title = "skiff netpol"

    /// The subcommand that the arguments name, on its own: reading all of the program's commands takes longer than a small matrix.
    ///
    /// - Parameter arguments: From the subcommand's name on.
    /// - Returns: Nil for help, and for whatever is wrong: the whole tree words the message.
    private static func only(_ arguments: ArraySlice<String>) -> (any ParsableCommand)? {
        guard let type = configuration.subcommands.first(where: { $0.configuration.commandName == arguments.first }),
            let command = try? type.parseAsRoot(Array(arguments.dropFirst())), Swift.type(of: command) == type
        else { return nil }
        return command
    }

    /// What the whole tree is asked: `help matrix` is `matrix --help`, and a word that is no subcommand is told at once.
    private static func words() -> [String] {
        var words = Array(CommandLine.arguments.dropFirst(2))
        if words.first == "help" { words = Array(words.dropFirst()) + ["--help"] }
        guard let first = words.first, !first.hasPrefix("-") else { return ["netpol"] + words }
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        if !names.contains(first) {
            Console.error("there is no 'skiff netpol \(first)'; there are \(names.joined(separator: ", "))")
            Glibc.exit(NetpolExit.badInput)
        }
        return ["netpol"] + words
    }

    /// Runs on the main thread of a program that has no other: only such a one may enter a user namespace.
    static func runAlone() -> Never {
        do {
            var command = try only(CommandLine.arguments.dropFirst(2)) ?? NetpolRoot.parseAsRoot(words())
            try command.run()
            Glibc.exit(NetpolExit.ok)
        } catch let failure as NetpolFailure {
            if !failure.message.isEmpty { Console.error(failure.message) }
            Glibc.exit(failure.status)
        } catch {
            guard NetpolRoot.exitCode(for: error) == .validationFailure else { NetpolRoot.exit(withError: error) }
            Console.write(NetpolRoot.fullMessage(for: error) + "\n", to: STDERR_FILENO)
            Glibc.exit(NetpolExit.badInput)
        }
    }
}

/// The program with these subcommands alone.
struct NetpolRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skiff", version: SkiffVersion.text, subcommands: [NetpolCommand.self])
}

/// An end of the command that is not a success.
struct NetpolFailure: Error {
    var status: Int32
    /// Empty: everything was said already.
    var message: String

    init(_ status: Int32, _ message: String = "") {
        self.status = status
        self.message = message
    }
}
