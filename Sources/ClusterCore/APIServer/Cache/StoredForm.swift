package import API
package import JSON
import Machinery
package import Store

/// How an object lies in the store, and how it is served from there.
///
/// As JSON it is compact, begins `{"kind":…,"apiVersion":…,"metadata":{` and has no `resourceVersion`, so that the revision is put
/// in at a fixed place without reading the rest. As upstream keeps built-in kinds it is protobuf in its envelope. Either is read.
package struct StoredForm: Sendable {
    package enum Encoding: Hashable, Sendable {
        case json
        /// Built-in kinds as protobuf; custom resources are JSON all the same.
        case upstream
    }

    private let head: [UInt8]
    private let kind: GroupVersionKind
    /// Objects of a custom kind are read in the version that they were written in.
    private let keepsVersion: Bool
    /// Nil: written as JSON.
    private let message: MessageID?

    package init(_ kind: GroupVersionKind, encoding: Encoding = .json, keepsVersion: Bool = false) {
        self.kind = kind
        self.keepsVersion = keepsVersion
        message = encoding == .upstream ? Schema.kubernetes.id(of: kind) : nil
        head = Self.head(kind.kind, kind.apiVersion)
    }

    private static func head(_ kind: String, _ apiVersion: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(["kind": .string(kind), "apiVersion": .string(apiVersion)])
        return writer.bytes.dropLast() + Array(",\"metadata\":{".utf8)
    }

    /// The version that stored bytes are in: that of this form, unless an older one is kept.
    func apiVersion(of stored: [UInt8]) -> String {
        guard keepsVersion, !stored.starts(with: head) else { return kind.apiVersion }
        return (try? JSONParser.parse(stored))?["apiVersion"]?.string ?? kind.apiVersion
    }

    /// What is written to the store.
    package func encode(_ object: JSONValue) -> [UInt8] {
        guard let message else { return json(object) }
        var object = object
        object[path: ["metadata", "resourceVersion"]] = nil
        object["kind"] = .string(kind.kind)
        object["apiVersion"] = .string(kind.apiVersion)
        return ProtobufCodec.encode(object, as: message)
    }

    /// Compact JSON in our order, without `resourceVersion`.
    func json(_ object: JSONValue, apiVersion: String? = nil) -> [UInt8] {
        var metadata = object["metadata"] ?? [:]
        metadata["resourceVersion"] = nil
        var ordered: JSONValue = [
            "kind": .string(kind.kind), "apiVersion": .string(apiVersion ?? kind.apiVersion), "metadata": metadata,
        ]
        var members = ordered.object?.members ?? []
        for member in object.object?.members ?? [] where !Self.leading.contains(member.key) { members.append(member) }
        ordered = .object(JSONObject(members))
        return JSONWriter.write(ordered)
    }

    private static let leading: Set<String> = ["kind", "apiVersion", "metadata"]

    /// The object as clients see it at `revision`.
    package func splice(_ stored: [UInt8], revision: Revision) -> [UInt8] {
        guard stored.starts(with: head) else { return rewritten(stored, revision) }
        return insert(revision, into: stored, head)
    }

    /// - Parameter json: Begins with `head`.
    private func insert(_ revision: Revision, into json: [UInt8], _ head: [UInt8]) -> [UInt8] {
        let field = "\"resourceVersion\":\"\(revision.value)\""
        var result: [UInt8] = []
        result.reserveCapacity(json.count + field.utf8.count + 1)
        result += json[..<head.count]
        result += field.utf8
        if json.count > head.count, json[head.count] != UInt8(ascii: "}") { result.append(UInt8(ascii: ",")) }
        result += json[head.count...]
        return result
    }

    /// For bytes that another program wrote: in another order, or as protobuf.
    private func rewritten(_ stored: [UInt8], _ revision: Revision) -> [UInt8] {
        guard let object = tree(stored) else {
            // Damaged, or encrypted: the object is there and can be deleted, but shows nothing of itself.
            return insert(revision, into: head + Array("}}".utf8), head)
        }
        guard keepsVersion, let version = object["apiVersion"]?.string, version != kind.apiVersion else {
            return insert(revision, into: json(object), head)
        }
        return insert(revision, into: json(object, apiVersion: version), Self.head(kind.kind, version))
    }

    /// The tree of stored bytes in the version of this form; nil when they cannot be read.
    private func tree(_ stored: [UInt8]) -> JSONValue? {
        guard stored.starts(with: ProtobufCodec.magic) else {
            guard let parsed = try? JSONParser.parse(stored), parsed.object != nil else { return nil }
            return parsed
        }
        guard let envelope = try? ProtobufCodec.envelope(stored) else { return nil }
        let written = GroupVersionKind(apiVersion: envelope.apiVersion, kind: envelope.kind)
        guard let id = Schema.kubernetes.id(of: written), var tree = try? ProtobufCodec.decode(envelope.raw, as: id) else {
            return nil
        }
        if written != kind { Catalog.kind(written)?.rules.convertToStorage(&tree) }
        tree["kind"] = .string(kind.kind)
        tree["apiVersion"] = .string(kind.apiVersion)
        guard let own = Schema.kubernetes.id(of: kind) else { return tree }
        return (try? TreeDecoder.decode(tree, as: own))?.object
    }
}

/// The store's name for an object, as upstream has it: `/registry/pods/default/web`, `/registry/deployments/default/web`,
/// `/registry/example.com/things/default/one` for custom resources.
package enum StoreKey {
    package static let root = "/registry/"

    /// Ends in a slash.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/kubeapiserver/default_storage_factory_builder.go`, `test/integration/etcd/data.go`.
    package static func prefix(_ resource: GroupVersionResource) -> String {
        guard flatResources.contains(resource.groupResource) else { return "\(root)\(resource.group)/\(resource.resource)/" }
        if let place = places[resource.resource] { return "\(root)\(place)/" }
        return "\(root)\(resource.resource)/"
    }

    /// Kubernetes' own resources lie side by side, without the group's name; custom ones never do, whatever their group.
    private static let flatResources = Set(
        Catalog.kinds.filter { !["apiextensions.k8s.io", "apiregistration.k8s.io"].contains($0.gvk.group) }
            .flatMap { [$0.gvr.groupResource, $0.storage.groupResource] })

    /// Resources that are called otherwise in the store than in the API, for reasons of age.
    private static let places = [
        "replicationcontrollers": "controllers", "endpoints": "services/endpoints", "nodes": "minions",
        "services": "services/specs", "ingresses": "ingress",
    ]

    /// Where version 1 of the SQLite file had the built-in kinds.
    package static let renames: [KeyRename] = {
        var renames: [KeyRename] = []
        for resource in Set(Catalog.kinds.map(\.storage)) {
            let group = resource.group.isEmpty ? "" : resource.group + "/"
            let from = "\(root)\(group)\(resource.resource)/"
            let to = prefix(resource)
            if from != to, !renames.contains(where: { $0.from == from }) { renames.append(KeyRename(from: from, to: to)) }
        }
        return renames.sorted { $0.from < $1.from }
    }()

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
