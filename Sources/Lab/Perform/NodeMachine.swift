package import Netlink

/// Boots and buries one node: its cable, its control groups, its pid 1.
package struct NodeMachine {
    package let node: NodeIdentity
    package let cluster: ClusterPlan
    package let layout: CgroupLayout
    /// Host path of the `skiff` program.
    package let program: String

    package init(node: NodeIdentity, cluster: ClusterPlan, layout: CgroupLayout, program: String) {
        self.node = node
        self.cluster = cluster
        self.layout = layout
        self.program = program
    }

    /// Makes everything a boot needs, after clearing away what an earlier life left, and says how to start pid 1.
    ///
    /// - Parameter keep: Receives the open network namespace, which must live until the process has started.
    package func prepare(environment: [String: String], keep: (NetworkNamespace) -> Void) throws -> ProcessRequest {
        cleanUp()
        try NodeRoot.prepare(node)
        var applier = FabricApplier()
        try applier.apply(FabricPlan.node(node, of: cluster))
        try CgroupTree.perform(layout.creation(of: node.cgroup))
        let namespace = try applier.namespace(node.networkNamespace)
        keep(namespace)
        var request = ProcessRequest(
            path: program,
            arguments: ["skiff", "node-init", "--data-dir", cluster.dataDirectory, "--node", node.name],
            environment: environment, logFile: "\(node.logDirectory)/init.log")
        request.cgroups = layout.directories(of: node.cgroup).map { "\($0)/cgroup.procs" }
        if layout.needsLeaf {
            let leaf = layout.directories(of: "\(node.cgroup)/\(CgroupLayout.leaf)")
            for directory in leaf { try FileTree.makeDirectories(directory) }
            request.cgroupLeaf = leaf.first.map { "\($0)/cgroup.procs" }
        }
        request.networkNamespace = namespace.descriptor
        request.namespaces = .machine
        request.startsSession = true
        return request
    }

    /// Removes the cable and the groups. The processes are gone with pid 1, and the mounts with them.
    package func cleanUp() {
        try? FabricApplier.remove(namespace: node.networkNamespace)
        CgroupTree.remove(node.cgroup, layout: layout)
    }
}
