import APIClient
import JSON
import Lab
import YAML

/// The user's own kubeconfig, into which a cluster's context goes on request.
struct UserKubeconfig {
    let path: String

    /// The first file that KUBECONFIG names, else `~/.kube/config`.
    init(environment: [String: String]) throws {
        guard let path = Kubeconfig.paths(environment: environment).first else {
            throw Refusal("neither KUBECONFIG nor HOME is set", remedy: "use the file that 'skiff kubeconfig' prints")
        }
        self.path = path
    }

    /// Adds or replaces the cluster's context and leaves everything else, the current context too, as it was.
    func merge(_ cluster: ClusterPlan) throws {
        let existing = try read()
        let addition = try Self.decode(try FileTree.read(cluster.adminKubeconfig), cluster.adminKubeconfig)
        let merged = KubeconfigText.merge(addition, into: existing ?? [:], select: false)
        if merged != existing { try write(merged) }
    }

    /// Takes the cluster's context out again, when it is this cluster's and not another's of the same name.
    func remove(_ cluster: ClusterPlan) throws {
        guard let existing = try read(), let own = try FileTree.readIfPresent(cluster.adminKubeconfig) else { return }
        let ours = try Self.decode(own, cluster.adminKubeconfig)["clusters"]?[0]
        guard let ours, existing["clusters"]?.array?.contains(ours) == true else { return }
        try write(KubeconfigText.remove(cluster.name, from: existing))
    }

    private func read() throws -> JSONValue? {
        guard let bytes = try FileTree.readIfPresent(path) else { return nil }
        let json = try Self.decode(bytes, path)
        if json.isNull { return nil }
        guard json.object != nil else {
            throw Refusal(
                "\(path) is not a kubeconfig", remedy: "repair or move it, or use the file that 'skiff kubeconfig' prints")
        }
        return json
    }

    private func write(_ json: JSONValue) throws {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if !directory.isEmpty { try FileTree.makeDirectories(directory, mode: 0o700) }
        // A link stays a link: the file behind it is the one that is replaced.
        try FileTree.write(FileTree.resolve(path) ?? path, KubeconfigText.yaml(json), mode: 0o600)
    }

    private static func decode(_ bytes: [UInt8], _ path: String) throws -> JSONValue {
        do throws(YAMLError) {
            return try YAMLDecoder.decode(bytes)
        } catch {
            throw Refusal(
                "\(path) cannot be read: \(error)", remedy: "repair or move it, or use the file that 'skiff kubeconfig' prints")
        }
    }
}
