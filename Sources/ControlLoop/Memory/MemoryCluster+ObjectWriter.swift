package import API
package import JSON

extension MemoryCluster: ObjectWriter {
    package func get(_ resource: GroupVersionResource, _ key: NamespacedName) async throws -> JSONValue {
        try access { try $0.found(resource, key) }
    }

    @discardableResult
    package func create(_ resource: GroupVersionResource, namespace: String?, _ object: JSONValue) async throws -> JSONValue {
        try access { state in
            var object = object
            if let namespace { object[path: ["metadata", "namespace"]] = .string(namespace) }
            if object["metadata"]?["name"] == nil, let prefix = object["metadata"]?["generateName"]?.string {
                state.nextUID += 1
                object[path: ["metadata", "name"]] = .string("\(prefix)\(state.nextUID)")
            }
            let key = ObjectMeta(json: object["metadata"] ?? [:]).key
            guard state.objects[resource]?[key] == nil else {
                throw Status(
                    code: 409, reason: "AlreadyExists", message: "\(resource.groupResource) \"\(key.name)\" already exists")
            }
            return state.store(resource, key, object, .added)
        }
    }

    @discardableResult
    package func create(
        _ resource: GroupVersionResource, _ key: NamespacedName, subresource: String, _ object: JSONValue
    ) async throws -> JSONValue {
        try access { state in
            var found = try state.found(resource, key)
            guard subresource == "binding" else {
                throw Status(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
            }
            guard (found[path: ["spec", "nodeName"]]?.string ?? "").isEmpty else {
                throw Status(
                    code: 409, reason: "Conflict",
                    message: "Operation cannot be fulfilled on pods/binding \"\(key.name)\": pod is already assigned to a node")
            }
            found[path: ["spec", "nodeName"]] = object["target"]?["name"]
            let condition = Condition(type: "PodScheduled", status: "True", lastTransitionTime: state.now)
            found[path: ["status", "conditions"]] = .array([condition.json])
            _ = state.store(resource, key, found, .modified)
            return Status(code: 201, reason: "", message: "").json
        }
    }

    @discardableResult
    package func update(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ object: JSONValue, subresource: String?
    ) async throws -> JSONValue {
        try access { try Self.replace(&$0, resource, key, object, subresource) }
    }

    @discardableResult
    package func patch(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ type: PatchType, _ body: JSONValue, subresource: String?
    ) async throws -> JSONValue {
        precondition(type == .merge || type == .strategicMerge, "only merge patches are understood here")
        return try access { state in
            let merged = Self.merging(try state.found(resource, key), body)
            return try Self.replace(&state, resource, key, merged, subresource)
        }
    }

    package func delete(_ resource: GroupVersionResource, _ key: NamespacedName, _ options: DeletionOptions) async throws {
        try access { state in
            var object = try state.found(resource, key)
            let metadata = ObjectMeta(json: object["metadata"] ?? [:])
            if let uid = options.uid, uid != metadata.uid { throw Self.conflict(resource, key.name) }
            if let revision = options.resourceVersion, revision != metadata.resourceVersion {
                throw Self.conflict(resource, key.name)
            }
            var finalizers = metadata.finalizers
            if options.propagation == .foreground, !finalizers.contains("foregroundDeletion") {
                finalizers.append("foregroundDeletion")
            }
            if options.propagation == .orphan, !finalizers.contains("orphan") { finalizers.append("orphan") }
            let isScheduledPod = resource.groupResource == "pods" && !(object["spec"]?["nodeName"]?.string ?? "").isEmpty
            let grace = isScheduledPod ? options.gracePeriodSeconds ?? 30 : 0
            let holdsNamespace = resource.groupResource == "namespaces" && object["spec"]?["finalizers"]?.array?.isEmpty == false
            guard !finalizers.isEmpty || grace > 0 || holdsNamespace else {
                state.remove(resource, key)
                return
            }
            guard !metadata.isBeingDeleted else { return }
            object[path: ["metadata", "deletionTimestamp"]] = .string(state.now.adding(.seconds(grace)).description)
            object[path: ["metadata", "deletionGracePeriodSeconds"]] = .int(grace)
            if !finalizers.isEmpty { object[path: ["metadata", "finalizers"]] = JSONValue(finalizers) }
            if holdsNamespace { object[path: ["status", "phase"]] = "Terminating" }
            _ = state.store(resource, key, object, .modified)
        }
    }

    private static func replace(
        _ state: inout State, _ resource: GroupVersionResource, _ key: NamespacedName, _ wanted: JSONValue,
        _ subresource: String?
    ) throws -> JSONValue {
        let old = try state.found(resource, key)
        if let revision = wanted["metadata"]?["resourceVersion"]?.string, revision != old["metadata"]?["resourceVersion"]?.string
        {
            throw conflict(resource, key.name)
        }
        var new = wanted
        if subresource == "status" {
            new = old
            new["status"] = wanted["status"]
        } else if subresource == "finalize" {
            new = old
            new["spec"] = wanted["spec"]
        } else if subresource == nil, old["status"] != nil {
            new["status"] = old["status"]
        }
        if new == old { return old }
        let generation = old["metadata"]?["generation"]?.int ?? 1
        new[path: ["metadata", "generation"]] = .int(new["spec"] == old["spec"] ? generation : generation + 1)
        let metadata = ObjectMeta(json: new["metadata"] ?? [:])
        let holdsNamespace = resource.groupResource == "namespaces" && new["spec"]?["finalizers"]?.array?.isEmpty == false
        let stored = state.store(resource, key, new, .modified)
        if metadata.isBeingDeleted, metadata.finalizers.isEmpty, !holdsNamespace, metadata.deletionGracePeriodSeconds ?? 0 == 0 {
            state.remove(resource, key)
        }
        return stored
    }

    /// RFC 7386.
    static func merging(_ target: JSONValue, _ patch: JSONValue) -> JSONValue {
        guard case .object(let members) = patch else { return patch }
        var result = target.object == nil ? [:] : target
        for member in members {
            let old = result[member.key] ?? .null
            result[member.key] = member.value.isNull ? JSONValue?.none : .some(merging(old, member.value))
        }
        return result
    }

    static func notFound(_ resource: GroupVersionResource, _ name: String) -> Status {
        Status(code: 404, reason: "NotFound", message: "\(resource.groupResource) \"\(name)\" not found")
    }

    static func conflict(_ resource: GroupVersionResource, _ name: String) -> Status {
        Status(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(resource.groupResource) \"\(name)\": the object has been modified; "
                + "please apply your changes to the latest version and try again")
    }
}
