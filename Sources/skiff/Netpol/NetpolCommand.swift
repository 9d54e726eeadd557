import ArgumentParser
import Glibc
import PolicyLab

/// Network policies tested without a cluster. Each subcommand is a file in this folder.
struct NetpolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "netpol",
        abstract: "Test network policies: who can reach whom, proven with real packets, without a cluster and without root.",
        discussion: """
            Reads manifests as they are in Git (kustomize build, helm template), makes a network namespace for each pod, loads the
            policies into nftables, and sends real packets. What the policy engine says and what the packets do is always compared.

            Start here:
              skiff netpol matrix -f k8s/                                who can reach whom
              skiff netpol explain -f k8s/ 'shop/web -> shop/db:5432'    why, and what to change
              skiff netpol init -f k8s/ > expect.yaml                    today's reachability as expectations
              skiff netpol test -f k8s/ -e expect.yaml                   in CI; --junit, --sarif, --html write reports
              skiff netpol diff main: k8s/                               what a change opens and closes

            \(NetpolExit.table)
            """,
        subcommands: [
            NetpolMatrix.self, NetpolTest.self, NetpolExplain.self, NetpolDiff.self, NetpolLint.self, NetpolCover.self,
            NetpolMutate.self, NetpolInit.self, NetpolWatch.self, NetpolShell.self, NetpolFromCluster.self,
        ])

    /// Runs on the main thread of a program that has no other: only such a one may enter a user namespace.
    static func runAlone() -> Never {
        do {
            var command = try Skiff.parseAsRoot()
            try command.run()
            Glibc.exit(NetpolExit.ok)
        } catch let failure as NetpolFailure {
            if !failure.message.isEmpty { Console.error(failure.message) }
            Glibc.exit(failure.status)
        } catch {
            guard Skiff.exitCode(for: error) == .validationFailure else { Skiff.exit(withError: error) }
            Console.write(Skiff.fullMessage(for: error) + "\n", to: STDERR_FILENO)
            Glibc.exit(NetpolExit.badInput)
        }
    }
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
