import APIClient
import ControlLoop
import JSON
import Lab
import Proxy

extension ClusterOptions {
    /// Runs `body` with a source of objects, and lets go of it: a file, or the cluster that the options name.
    ///
    /// - Parameters:
    ///   - objects: JSON file; nil: a cluster.
    ///   - kubeconfig: Nil: that of the cluster on this machine, else that of kubectl.
    func withListWatch<Result>(
        objects: String?, kubeconfig: String?, context: String? = nil, _ body: (any ListWatch) async throws -> Result
    ) async throws -> Result {
        if let objects { return try await body(StaticListWatch(document: try JSONParser.parse(try FileTree.read(objects)))) }
        let path = try kubeconfig ?? knownKubeconfig()
        let client = try ClusterAccess.client(kubeconfig: path, context: context, logger: ClusterAccess.quiet)
        do {
            let result = try await body(HTTPListWatch(client: client))
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private func knownKubeconfig() throws -> String {
        if let plan = try load(), FileTree.exists(plan.adminKubeconfig) { return plan.adminKubeconfig }
        if let first = Environment.variables["KUBECONFIG"]?.split(separator: ":").first { return String(first) }
        if let home = Environment.variables["HOME"], FileTree.exists("\(home)/.kube/config") { return "\(home)/.kube/config" }
        throw Refusal("no cluster to ask", remedy: "give --kubeconfig FILE, or --data-dir of a cluster of 'skiff up'")
    }
}
