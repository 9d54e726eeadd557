import API
import APIClient
import ControlLoop
import Glibc
import JSON
import Lab
import Logging
import YAML

/// A kubeconfig file as a client.
enum ClusterAccess {
    static func client(kubeconfig path: String, context: String? = nil, logger: Logger) throws -> APIClient {
        let json = try YAMLDecoder.decode(try FileTree.read(path))
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let kubeconfig = try Kubeconfig(json: json, directory: directory.isEmpty ? "." : directory)
        return APIClient(configuration: try kubeconfig.clientConfiguration(context: context), logger: logger)
    }

    /// A logger for commands, whose reader is a person: nothing below error.
    static let quiet = Logger(label: "skiff") { CompactLogHandler(label: $0, level: .error) }
}

/// What `kubectl get nodes` would say, as far as commands need it.
struct NodeReadiness: Hashable, Sendable {
    var name: String
    var isReady: Bool
    var address: String
    /// One, or one of each family with a comma between.
    var podNetwork: String

    init(json: JSONValue) {
        name = json["metadata"]?["name"]?.string ?? ""
        let conditions = json["status"]?["conditions"]?.array ?? []
        isReady = conditions.contains { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" }
        let addresses = json["status"]?["addresses"]?.array ?? []
        address = addresses.filter { $0["type"]?.string == "InternalIP" }.compactMap { $0["address"]?.string }.joined(
            separator: ",")
        podNetwork = (json["spec"]?["podCIDRs"]?.array ?? []).compactMap(\.string).joined(separator: ",")
    }

    static func list(_ client: APIClient) async throws -> [NodeReadiness] {
        let reply = try await client.perform("GET", "/api/v1/nodes")
        return (reply["items"]?.array ?? []).map(NodeReadiness.init(json:)).sorted { $0.name < $1.name }
    }
}

/// Loads archives into the containerd of running nodes.
enum NodeImages {
    /// - Parameter pid: The node's pid 1, through whose root its socket is reached.
    static func load(_ archive: String, node: String, pid: Int32) throws {
        guard let ctr = FileTree.program("ctr", path: Environment.path) else {
            throw Refusal("no ctr on PATH: it comes with containerd", remedy: "make install-deps")
        }
        let log = "/proc/\(pid)/root\(NodePlan.logs)/image-load.log"
        let request = ProcessRequest(
            path: ctr,
            arguments: [
                "ctr", "--address", "/proc/\(pid)/root\(NodePlan.runtimeSocket)", "--namespace", "k8s.io", "images", "import",
                archive,
            ],
            environment: Environment.forPrograms, logFile: log)
        let exit = try request.run()
        guard exit.isSuccess else {
            let last = (try? FileTree.text(log))?.split(separator: "\n").last.map(String.init) ?? "\(exit)"
            throw Refusal("\(node) refused \(archive): \(last)", remedy: "skiff image load takes an OCI or docker archive")
        }
    }

    static func socketExists(pid: Int32) -> Bool { FileTree.exists("/proc/\(pid)/root\(NodePlan.runtimeSocket)") }
}
