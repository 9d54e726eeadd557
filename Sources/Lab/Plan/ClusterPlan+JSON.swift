package import JSON

/// `cluster.json`: what `skiff up` decided, for every later command and for the nodes themselves.
extension ClusterPlan {
    package var json: JSONValue {
        [
            "name": .string(name), "nodes": JSONValue(nodeCount), "dataDirectory": .string(dataDirectory),
            "apiPort": JSONValue(apiPort), "ipFamily": .string(families.rawValue), "store": .string(store.rawValue),
        ]
    }

    package init(json: JSONValue, file: String) throws(PlanError) {
        guard let name = json["name"]?.string, let nodes = json["nodes"]?.int,
            let directory = json["dataDirectory"]?.string, let port = json["apiPort"]?.int,
            let store = StoreKind(rawValue: json["store"]?.string ?? StoreKind.sqlite.rawValue)
        else { throw PlanError.corrupt(file: file) }
        // Clusters from before there was a choice.
        let families = json["ipFamily"]?.string ?? ClusterFamilies.ipv4.rawValue
        guard let families = ClusterFamilies(rawValue: families) else { throw PlanError.corrupt(file: file) }
        try self.init(
            name: name, nodeCount: Int(clamping: nodes), dataDirectory: directory, apiPort: Int(clamping: port),
            families: families, store: store)
    }

    /// Reads the description below a data directory; nil when there is none.
    package static func load(dataDirectory: String) throws -> ClusterPlan? {
        let path = "\(dataDirectory)/cluster.json"
        guard let bytes = try FileTree.readIfPresent(path) else { return nil }
        guard let json = try? JSONParser.parse(bytes) else { throw PlanError.corrupt(file: path) }
        return try ClusterPlan(json: json, file: path)
    }
}
