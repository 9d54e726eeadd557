import API
import ArgumentParser
import Glibc
import Lab
import NetworkTypes
import PolicyLab

struct NetpolWatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", _superCommandName: NetpolCommand.title,
        abstract: "Run the test, or the matrix, again whenever a file changes.",
        discussion: "With -e, or with expectations among the manifests, it runs 'test', else 'matrix'. Ctrl-C ends it.")

    /// How soon a saved file is noticed.
    private static let intervalMicroseconds: UInt32 = 50_000

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Option(name: [.customShort("e"), .long], help: "The expectations file. Repeatable.") var expectations: [String] = []
    @Flag(help: "Run once for the present state and end with its status.") var once = false

    func run() throws {
        if input.filename.isEmpty { _ = try input.model() }
        for source in input.filename + expectations where source != "-" && !FileTree.exists(source) {
            throw NetpolFailure(NetpolExit.badInput, "\(source): no such file or directory")
        }
        if input.filename.contains("-") { throw NetpolFailure(NetpolExit.badInput, "standard input cannot be watched") }
        var seen: [String] = []
        while true {
            let now = try NetpolSources.signature(of: input.filename + expectations)
            if now != seen {
                seen = now
                let status = try runChild()
                if once { throw NetpolFailure(status) }
            }
            usleep(Self.intervalMicroseconds)
        }
    }

    /// A process of its own each time: one can enter a user namespace only once.
    private func runChild() throws -> Int32 {
        let hasTests = try !expectations.isEmpty || !input.model().expectations.isEmpty
        var words = Array(CommandLine.arguments.drop { $0 != "watch" }.dropFirst().filter { $0 != "--once" })
        words = ["netpol", hasTests ? "test" : "matrix"] + words
        if isatty(STDOUT_FILENO) == 1 { Console.write("\u{1b}[2J\u{1b}[H", to: STDOUT_FILENO) }
        var request = ProcessRequest(
            path: "/proc/self/exe", arguments: ["skiff"] + words, environment: NetpolShell.environment)
        request.startsSession = false
        return try NetpolShell.wait(for: try request.start())
    }
}

struct NetpolShell: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", _superCommandName: NetpolCommand.title,
        abstract: "Open a shell inside a pod's namespace: curl, nc, ping and tcpdump see what the pod would.",
        discussion: """
              skiff netpol shell -f k8s/ shop/web-0
              skiff netpol shell -f k8s/ shop/web -- curl -sm1 http://10.244.1.3:8080

            The policies are in force. Every pod listens on its ports: it answers HTTP and UDP with its name. The variables POD, POD_IP
            and one for each pod (shop_db_0) hold addresses.
            """)

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Argument(help: "NAMESPACE/POD or NAMESPACE/WORKLOAD.") var pod: String
    @Argument(parsing: .postTerminator, help: "A command instead of a shell.") var command: [String] = []

    static var environment: [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry = entry.advanced(by: 1)
        }
        return result
    }

    static func wait(for pid: Int32) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw NetpolFailure(NetpolExit.environment, "the program was lost: errno \(errno)") }
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }

    func run() throws {
        let model = try input.model()
        input.report(model)
        try input.requirePods(model)
        let session = try NetpolSession(model, probing)
        guard
            let index = model.pods.indices.first(where: { position in
                let pod = model.pods[position]
                return !pod.isOnHostNetwork && (pod.key.description == self.pod || "\(pod.workload)" == self.pod)
            })
        else {
            throw NetpolFailure(
                NetpolExit.badInput,
                "the input has no pod \(pod); there are \(model.networkedPods.prefix(12).map(\.key.description).joined(separator: ", "))"
            )
        }
        let probes = ProbePlan.allPairs(model, session.probeOptions).probes
        let shell = environmentOfPod(model, index)
        var status: Int32 = 0
        try NetpolSession.inLab { runner in
            try runner.hold(session.oracle, probes, families: session.probeOptions.families) { network in
                network.answerInBackground(session.oracle)
                status = try Self.runChild(network, .pod(index), command, shell)
            }
        }
        if status != 0 { throw NetpolFailure(status) }
    }

    private func environmentOfPod(_ model: LabModel, _ index: Int) -> [String: String] {
        var environment = Self.environment
        for pod in model.networkedPods {
            let name = "\(pod.namespace)_\(pod.name)".map { $0.isLetter || $0.isNumber ? $0 : "_" }
            environment[String(name)] = pod.addresses.first?.description ?? ""
        }
        environment["POD"] = model.pods[index].key.description
        environment["POD_IP"] = model.pods[index].addresses.first?.description ?? ""
        environment["PS1"] = "[\(model.pods[index].key)] \\$ "
        return environment
    }

    /// The child begins in the namespace that the calling thread is in.
    private static func runChild(
        _ network: LabNetwork, _ host: LabHost, _ command: [String], _ environment: [String: String]
    ) throws -> Int32 {
        let words = command.isEmpty ? [environment["SHELL"] ?? "/bin/sh", "-i"] : command
        let found = try network.visit(host) { () -> (pid: pid_t, refused: Int32) in
            var arguments = words.map { strdup($0) } + [nil]
            var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { for text in arguments + variables { free(text) } }
            var pid: pid_t = 0
            let refused = posix_spawnp(&pid, words[0], nil, nil, &arguments, &variables)
            return (pid, refused)
        }
        guard found.refused == 0 else {
            throw NetpolFailure(NetpolExit.badInput, "\(words[0]): \(String(cString: strerror(found.refused)))")
        }
        return try wait(for: found.pid)
    }
}
