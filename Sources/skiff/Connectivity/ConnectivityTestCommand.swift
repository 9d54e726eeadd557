import APIClient
import ArgumentParser
import Glibc
import JSON
import Lab
import NodeNetwork

/// Proves a cluster's network with packets.
struct ConnectivityTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectivity-test",
        abstract: "Prove with real packets that pods, nodes and Services of a cluster reach each other.",
        discussion: """
            Runs a few pods in a namespace of its own, which is gone afterwards. Needs no internet: the image must be on the nodes or in a
            registry that they reach. Works with any cluster and any network plugin. Exits 0 when everything passed or was skipped, 1
            when a check failed, 2 when it could not run. Results come one by one; with -o json they go to standard error meanwhile, and one
            document to standard output at the end.
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable { case dns, policy }

    @OptionGroup var options: ClusterOptions
    @Option(help: "How to reach the cluster (default: the cluster in the data directory).") var kubeconfig: String?
    @Option(help: "Its context (default: the current one).") var context: String?
    @Option(help: "An image with busybox's sh, wget, httpd, ping, traceroute, nc and nslookup.")
    var image = "skiff.local/busybox:latest"
    @Option(help: "What may not be skipped: dns, policy; can be given twice.") var require: [Part] = []
    @Option(help: "Seconds for all of it.") var timeout = 60
    @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text

    func run() async throws {
        let console = Console(json: output == .json)
        let results: [ConnectivityResult]
        do {
            let path = try kubeconfig ?? options.existing().adminKubeconfig
            let client = try ClusterAccess.client(kubeconfig: path, context: context, logger: ClusterAccess.quiet)
            let test = ConnectivityRun(
                client: client, console: console, image: image, requiresDNS: require.contains(.dns),
                requiresPolicy: require.contains(.policy), timeout: .seconds(timeout))
            results = try await test.run()
            await client.shutdown()
        } catch let interruption as Interruption.Signalled {
            throw ExitCode(128 + interruption.signal)
        } catch {
            Console.error("\(error)")
            throw ExitCode(2)
        }
        let failed = results.count { $0.isFailed }
        let skipped = results.count { $0.isSkipped }
        if output == .json {
            Console.output(
                JSONWriter.text([
                    "passed": .int(Int64(results.count - failed - skipped)), "failed": .int(Int64(failed)),
                    "skipped": .int(Int64(skipped)), "checks": .array(results.map(\.json)),
                ]))
        } else {
            Console.output("\(results.count - failed - skipped) passed, \(failed) failed, \(skipped) skipped")
        }
        if failed > 0 { throw ExitCode(1) }
    }
}

/// What became of one check.
struct ConnectivityResult: Sendable {
    var claim: String
    var outcome: ConnectivityCheck.Outcome
    /// What to do when it failed.
    var remedy: String

    var isFailed: Bool { if case .failed = outcome { true } else { false } }
    var isSkipped: Bool { if case .skipped = outcome { true } else { false } }

    var json: JSONValue {
        let (word, detail) =
            switch outcome {
            case .passed(let detail): ("passed", detail)
            case .failed(let detail): ("failed", detail)
            case .skipped(let detail): ("skipped", detail)
            }
        var result: JSONValue = ["check": .string(claim), "result": .string(word), "detail": .string(detail)]
        if isFailed { result["remedy"] = .string(remedy) }
        return result
    }

    func line(_ console: Console) -> String {
        switch outcome {
        case .passed(let detail): "\(console.styled("ok", .green))    \(claim)\(console.styled(": \(detail)", .faint))"
        case .failed(let detail): "\(console.styled("FAIL", .red))  \(claim): \(detail)\n        → \(remedy)"
        case .skipped(let detail): "\(console.styled("skip", .yellow))  \(claim): \(detail)"
        }
    }
}
