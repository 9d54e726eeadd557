import ArgumentParser
import Glibc
import NetworkTypes
import Policy
import PolicyLab

/// Where manifests come from and how pods are made of them: the same for every subcommand.
struct NetpolInputOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help:
            "Manifests: a file, a directory (its .yaml, .yml and .json files), '-' for standard input, or REVISION:PATH of Git. Repeatable."
    )
    var filename: [String] = []

    @Option(name: .shortAndLong, help: "The namespace of objects that name none.")
    var namespace = "default"

    @Option(help: "Pods made of one workload at most.")
    var replicas = 2

    @Option(help: "Address prefixes of pods, comma-separated; pods with status.podIPs keep theirs.")
    var podCidr = "10.244.0.0/16,fd00:10:244::/64"

    @Flag(name: .shortAndLong, help: "List what is left out of the input, and every case of a test.")
    var verbose = false

    func validate() throws {
        if replicas < 1 { throw ValidationError("--replicas must be at least 1") }
        _ = try networks()
    }

    func networks() throws -> [CIDR] {
        try podCidr.split(separator: ",").map { text in
            guard let prefix = CIDR(parsing: text) else { throw ValidationError("--pod-cidr: '\(text)' is no address prefix") }
            return prefix
        }
    }

    /// Reads the sources, or those of `-f` when none are given.
    func model(_ sources: [String]? = nil) throws -> LabModel {
        let sources = sources ?? filename
        if sources.isEmpty {
            throw NetpolFailure(NetpolExit.badInput, "give manifests with -f: a file, a directory, or - for standard input")
        }
        var options = LabModelOptions()
        options.namespace = namespace
        options.replicasMax = replicas
        options.podNetworks = try networks()
        do throws(InputRefusal) {
            var objects: [ManifestObject] = []
            var others: [SourcePlace] = []
            let texts = try NetpolSources.texts(of: sources)
            for file in texts {
                let read = try ManifestReader.read(file.text, file: file.name)
                objects += read.objects
                others += read.others
            }
            let model = try LabModelBuilder.build(objects, others: others, options: options)
            // Nothing that is read must not look like nothing that is wrong.
            guard !model.pods.isEmpty || !model.policies.isEmpty else {
                let found = texts.isEmpty ? "no .yaml, .yml or .json file" : "neither pods nor policies"
                throw InputRefusal(
                    "\(found) in \(sources.joined(separator: ", ")): give the files of workloads and policies, or the output of "
                        + "kustomize build or helm template")
            }
            return model
        } catch {
            throw NetpolFailure(NetpolExit.badInput, error.description)
        }
    }

    /// For questions that policies alone cannot answer.
    func requirePods(_ model: LabModel) throws {
        guard model.networkedPods.isEmpty else { return }
        report(model)
        throw NetpolFailure(
            NetpolExit.badInput,
            "the input has no pods, so nobody reaches anybody: give the workloads (Deployment, StatefulSet, Pod ...) beside the "
                + "policies, each -f adds a file or a directory")
    }

    /// Says on standard error what was left out, and what the user should know.
    func report(_ model: LabModel) {
        for notice in model.notices { Console.write("note: \(notice)\n", to: STDERR_FILENO) }
        guard !model.skippedKinds.isEmpty else { return }
        let kinds = model.skippedKinds.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        Console.write("skipped: \(kinds)\n", to: STDERR_FILENO)
        if verbose { for skipped in model.skipped { Console.write("  \(skipped)\n", to: STDERR_FILENO) } }
    }
}

/// How answers are found.
struct NetpolProbeOptions: ParsableArguments {
    enum Family: String, ExpressibleByArgument, CaseIterable { case auto, ipv4, ipv6, dual }

    @Flag(help: "Ask only the policy engine: no namespaces, no packets.")
    var engineOnly = false

    @Option(help: "Address families to try; auto: IPv4, and IPv6 where the input has an IPv6 address.")
    var family = Family.auto

    @Option(help: "A port that every pod listens on beside those it declares: 8080, 53/udp. Repeatable.")
    var extraPort: [String] = []

    @Flag(help: "Try every pair of pods, also where a large model would be reduced to pods that policies can tell apart.")
    var allPairs = false

    @Flag(help: "NetworkPolicies that select a pod in one direction leave it to Baseline ClusterNetworkPolicies in the other.")
    var baselinePerDirection = false

    var policyOptions: PolicyOptions { PolicyOptions(baselinePerDirection: baselinePerDirection) }

    func validate() throws { _ = try ports() }

    private func ports() throws -> [ListeningPort] {
        try extraPort.map { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let number = parts.first.flatMap({ Int($0) }), (1...65535).contains(number),
                let port = Port(exactly: number),
                let transport = TransportProtocol(kubernetesName: parts.count == 2 ? parts[1].uppercased() : "TCP")
            else { throw ValidationError("--extra-port: '\(text)' is no PORT or PORT/PROTOCOL") }
            return ListeningPort(transport: transport, number: port)
        }
    }

    func resolved(_ model: LabModel) throws -> ProbeOptions {
        let families: [IPFamily] =
            switch family {
            case .auto: ProbeOptions.families(of: model)
            case .ipv4: [.ipv4]
            case .ipv6: [.ipv6]
            case .dual: [.ipv4, .ipv6]
            }
        return ProbeOptions(families: families, extraPorts: try ports())
    }
}
