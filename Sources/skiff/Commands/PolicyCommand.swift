import APIClient
import ArgumentParser
import ControlLoop
import Lab
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Policy

/// Enforcement of network policies alone.
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Enforce network policies on this machine, against any Kubernetes cluster.",
        discussion: """
            Writes nftables rules into tables of its own (skiff-policy) in the network namespace that it runs in, for NetworkPolicy
            and, where its definition is installed, ClusterNetworkPolicy. They act on forwarded packets behind the translation of
            Services. Pods are known by the host interfaces that Skiff's plugin makes; with --by-address by their addresses, for
            nodes with another plugin (a bridge needs net.bridge.bridge-nf-call-iptables=1). With --objects it takes everything from
            a file, which it reads again when it changes, and needs no cluster.
            """)

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "File with Pods, Namespaces, Nodes and policies (JSON or YAML), instead of a cluster.") var objects: String?
    @Option(help: "The node that this machine is.") var nodeName: String?
    @Option(help: "What the names of pods' host interfaces begin with.") var interfacePrefix = "sk"
    @Flag(help: "Know pods by their addresses.") var byAddress = false
    @Flag(help: "Write the rules once and end; they stay, and others may change them.") var once = false
    @Flag(help: "Remove the policies' tables and end: everything is open.") var cleanup = false
    @OptionGroup var enforcement: EnforcementOptions

    func validate() throws {
        if cleanup { return }
        guard nodeName != nil else { throw ValidationError("Missing expected argument '--node-name <node-name>'") }
        guard (kubeconfig == nil) != (objects == nil) else { throw ValidationError("give either --kubeconfig or --objects") }
        guard byAddress || (1...15).contains(interfacePrefix.utf8.count) else {
            throw ValidationError("--interface-prefix: the names of interfaces begin with 1 to 15 bytes")
        }
    }

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("policy")
            if cleanup { return try await removeTables(log) }
            let part = try part(log)
            let once = once
            try await Interruption.untilAsked { if once { try await part.runOnce() } else { try await part.run() } }
        }
    }

    private func part(_ log: Logger) throws -> PolicyPart {
        let source: any ListWatch
        var writer: (any ObjectWriter)?
        if let objects {
            source = try ObjectsFile(objects)
        } else if let kubeconfig {
            let client = try ClusterAccess.client(kubeconfig: kubeconfig, logger: log)
            source = HTTPListWatch(client: client)
            writer = HTTPObjectWriter(client: client)
        } else {
            preconditionFailure("validate() has seen one of the two")
        }
        var enforcement = enforcement
        // An owner that ends at once would only be in the way.
        if once { enforcement.ownPolicyTables = false }
        return try PolicyPart(
            nodeName: nodeName ?? "", listWatch: source, writer: writer,
            podKey: byAddress ? .address : .interface(prefix: interfacePrefix), enforcement: enforcement, logger: log)
    }

    /// Of both families; none there is a success.
    private func removeTables(_ log: Logger) async throws {
        let applier = try KernelApplier(logger: log)
        for family in IPFamily.allCases {
            let table = PolicyTable.identifier(family)
            guard let refusal = await Self.refusal(of: table, applier), refusal.errno != ApplyError.noEntry else { continue }
            if refusal.errno == ApplyError.notPermitted {
                throw Refusal("table \(table) belongs to an enforcer that runs", remedy: "end it, then clean up")
            }
            throw refusal
        }
    }

    /// Nil: deleted.
    private static func refusal(of table: TableIdentifier, _ applier: KernelApplier) async -> ApplyError? {
        do throws(ApplyError) {
            try await applier.apply(Transaction([.deleteTable(table)]))
            return nil
        } catch {
            return error
        }
    }
}
