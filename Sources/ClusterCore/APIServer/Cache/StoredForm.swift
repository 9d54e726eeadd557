package import API
package import JSON
package import Store

/// How an object lies in the store: compact JSON that begins `{"kind":…,"apiVersion":…,"metadata":{` and has no
/// `resourceVersion`, so that the revision is put in at a fixed place without reading the rest.
package struct StoredForm: Sendable {
    private let head: [UInt8]
    private let kind: GroupVersionKind

    package init(_ kind: GroupVersionKind) {
        self.kind = kind
        var writer = JSONWriter()
        writer.write(["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion)])
        head = writer.bytes.dropLast() + Array(",\"metadata\":{".utf8)
    }

    package func encode(_ object: JSONValue) -> [UInt8] {
        var metadata = object["metadata"] ?? [:]
        metadata["resourceVersion"] = nil
        var ordered: JSONValue = ["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion), "metadata": metadata]
        var members = ordered.object?.members ?? []
        for member in object.object?.members ?? [] where !Self.leading.contains(member.key) { members.append(member) }
        ordered = .object(JSONObject(members))
        return JSONWriter.write(ordered)
    }

    private static let leading: Set<String> = ["kind", "apiVersion", "metadata"]

    /// The object as clients see it at `revision`.
    package func splice(_ stored: [UInt8], revision: Revision) -> [UInt8] {
        guard stored.starts(with: head) else { return rewritten(stored, revision) }
        let field = "\"resourceVersion\":\"\(revision.value)\""
        var result: [UInt8] = []
        result.reserveCapacity(stored.count + field.utf8.count + 1)
        result += stored[..<head.count]
        result += field.utf8
        if stored.count > head.count, stored[head.count] != UInt8(ascii: "}") { result.append(UInt8(ascii: ",")) }
        result += stored[head.count...]
        return result
    }

    /// For bytes that another program wrote in another order.
    private func rewritten(_ stored: [UInt8], _ revision: Revision) -> [UInt8] {
        guard var object = try? JSONParser.parse(stored) else { return stored }
        object[path: ["metadata", "resourceVersion"]] = .string(String(revision.value))
        return JSONWriter.write(object)
    }
}

/// The store's name for an object: `/registry/pods/default/web`, `/registry/apps/deployments/default/web`.
package enum StoreKey {
    package static let root = "/registry/"

    /// Ends in a slash.
    package static func prefix(_ resource: GroupVersionResource) -> String {
        resource.group.isEmpty ? "\(root)\(resource.resource)/" : "\(root)\(resource.group)/\(resource.resource)/"
    }

    package static func key(_ resource: GroupVersionResource, _ name: NamespacedName) -> String {
        prefix(resource) + path(name)
    }

    /// `default/web`, or `node1` for kinds without namespace: the part below the prefix.
    package static func path(_ name: NamespacedName) -> String {
        name.namespace.isEmpty ? name.name : "\(name.namespace)/\(name.name)"
    }

    package static func name(path: some StringProtocol) -> NamespacedName {
        guard let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")) else { return NamespacedName(name: String(path)) }
        return NamespacedName(namespace: String(path[..<slash]), name: String(path[path.utf8.index(after: slash)...]))
    }
}
