import API
import ArgumentParser
import ControlLoop
import JSON
import Lab
import NFTables
import Netfilter
import Netlink
import NetworkTypes
import Proxy

/// The proxy's table as it stands in a node's kernel, with the names of the Services behind its elements.
struct ProxyDump: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Show the proxy's table of a node as it stands in the kernel, with the Services behind it.",
        discussion: "Needs root. Without --node it reads the network namespace that it runs in.")

    @Option(help: "A node of a cluster on this machine.") var node: String?
    @Option(help: "ipv4 or ipv6; default: both.") var family: String?
    @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text
    @Argument(help: "Only Services whose name contains this.") var filter: String?
    @OptionGroup var source: ExplainSource

    func run() async throws {
        try await Refusal.reported {
            let services =
                (try? await source.withListWatch { try await $0.list(Service.resource, scope: .everything).items }) ?? []
            let plan = try source.cluster.load()
            if let node, NodeRulesReader.namespace(of: node, in: plan) == nil {
                throw Refusal("there is no node \(node) on this machine", remedy: "skiff status names them")
            }
            let reader = NodeRulesReader(
                namespace: node.flatMap { NodeRulesReader.namespace(of: $0, in: plan) }, nodeName: node ?? "this node")
            let families = IPFamily.allCases.filter { family == nil || $0.kubernetesName.lowercased() == family }
            let tables = try await BlockingWork.run { try reader.tables(families) }
            guard !tables.isEmpty else {
                throw Refusal("\(reader.nodeName) has no table of the proxy", remedy: "does the agent run there? skiff status")
            }
            let named = services.map(Service.init(json:))
            let dumps = tables.map { TableDump($0.table, services: named, counts: $0.counts, ejected: $0.ejected) }
            if output == .json { return Console.output(JSONWriter.text(.array(dumps.map(\.json)))) }
            for dump in dumps {
                var text = TextTable(["FRONTEND", "SERVICE", "CHAIN", "CONNECTIONS", "ENDPOINTS", "ALSO IN"])
                text.rows = dump.cells.filter { cells in filter.map { cells[1].contains($0) } ?? true }
                Console.output("table \(dump.table)\n\n\(text.text)\n")
            }
        }
    }
}

/// A table of the proxy as it stands.
struct StandingTable: Sendable {
    var table: Table
    /// By set.
    var counts: [String: [ElementKey: ElementCount]]
    var ejected: [EjectedEndpoint]
}

extension NodeRulesReader {
    /// The proxy's tables with every element, those that packets wrote included, and what met the elements of counted sets.
    func tables(_ families: [IPFamily]) throws -> [StandingTable] {
        try perform {
            var inspector = KernelInspector(socket: try NetfilterSocket())
            var found: [StandingTable] = []
            for family in families {
                guard var table = try inspector.table(StaticRuleset.identifier(family)) else { continue }
                for (name, set) in table.sets where set.isDynamic {
                    let elements = try inspector.elements(of: name, in: table.identifier)
                    table.sets[name]?.elements = Dictionary(elements.map { ($0.key, $0.value) }) { first, _ in first }
                }
                var counts: [String: [ElementKey: ElementCount]] = [:]
                for set in table.sets.values where set.isCounted {
                    counts[set.name] = try inspector.counts(of: set.name, in: table.identifier)
                }
                found.append(StandingTable(table: table, counts: counts, ejected: try Self.ejected(in: table, &inspector)))
            }
            return found
        }
    }
}
