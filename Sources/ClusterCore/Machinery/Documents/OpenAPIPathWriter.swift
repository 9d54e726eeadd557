import API
import JSON

/// The operations of every kind, with the query parameters that clients look for before they use them.
struct OpenAPIPathWriter {
    let dialect: OpenAPIDialect
    let schema: Schema
    /// Custom kinds and their lists, whose definitions no table has.
    var custom: Set<GroupVersionKind> = []

    func paths(_ kinds: [KindDefinition]) -> JSONValue {
        var members: [JSONObject.Member] = []
        for kind in kinds {
            let root = kind.gvr.path(namespace: kind.isNamespaced ? "{namespace}" : nil)
            members.append(JSONObject.Member(key: root, value: collection(kind)))
            if kind.isNamespaced, kind.allows("list") {
                members.append(JSONObject.Member(key: kind.gvr.path(), value: ["get": operation("list", kind)]))
            }
            let item = "\(root)/{name}"
            if kind.isStored { members.append(JSONObject.Member(key: item, value: self.item(kind))) }
            for subresource in kind.subresources {
                members.append(
                    JSONObject.Member(key: "\(item)/\(subresource.name)", value: self.subresource(subresource, of: kind)))
            }
        }
        return .object(JSONObject(members))
    }

    private func collection(_ kind: KindDefinition) -> JSONValue {
        var result: JSONValue = [:]
        if kind.allows("list") { result["get"] = operation("list", kind) }
        if kind.allows("create") { result["post"] = operation("post", kind) }
        if kind.allows("deletecollection") { result["delete"] = operation("deletecollection", kind) }
        if kind.isNamespaced { result["parameters"] = [pathParameter("namespace")] }
        return result
    }

    private func item(_ kind: KindDefinition) -> JSONValue {
        var result: JSONValue = ["get": operation("get", kind)]
        if kind.allows("update") { result["put"] = operation("put", kind) }
        if kind.allows("patch") { result["patch"] = operation("patch", kind) }
        if kind.allows("delete") { result["delete"] = operation("delete", kind) }
        result["parameters"] = .array(
            [pathParameter("name")] + (kind.isNamespaced ? [pathParameter("namespace")] : []))
        return result
    }

    private func subresource(_ subresource: KindDefinition.Subresource, of kind: KindDefinition) -> JSONValue {
        var result: JSONValue = [:]
        let verbs = [("get", "get", "get"), ("create", "post", "post"), ("update", "put", "put"), ("patch", "patch", "patch")]
        for (verb, method, action) in verbs where subresource.verbs.contains(verb) {
            result[method] = operation(action, kind, body: subresource.kind, subresource: subresource.name)
        }
        result["parameters"] = .array(
            [pathParameter("name")] + (kind.isNamespaced ? [pathParameter("namespace")] : []))
        return result
    }

    private static let operationVerbs = [
        "get": "read", "put": "replace", "post": "create", "deletecollection": "delete", "list": "list", "patch": "patch",
        "delete": "delete",
    ]

    /// `listAppsV1NamespacedDeployment`: what generated clients name their functions by.
    private func operationID(_ action: String, _ kind: KindDefinition, _ subresource: String) -> String {
        func capitalized(_ text: some StringProtocol) -> String { text.prefix(1).uppercased() + text.dropFirst() }
        let group = kind.gvk.group.isEmpty ? "core" : String(kind.gvk.group.prefix { $0 != "." })
        return (Self.operationVerbs[action] ?? action) + capitalized(group) + capitalized(kind.gvk.version)
            + (action == "deletecollection" ? "Collection" : "") + (kind.isNamespaced ? "Namespaced" : "") + kind.gvk.kind
            + capitalized(subresource)
    }

    private func operation(
        _ action: String, _ kind: KindDefinition, body: GroupVersionKind? = nil, subresource: String = ""
    ) -> JSONValue {
        let gvk = body ?? kind.gvk
        var answer = gvk
        if action == "list" { answer.kind += "List" }
        var result: JSONValue = [
            "operationId": .string(operationID(action, kind, subresource)), "responses": ["200": response(answer)],
            "x-kubernetes-action": .string(action),
            "x-kubernetes-group-version-kind": OpenAPISchemaWriter.json(gvk),
        ]
        let parameters = Self.parameters[action] ?? []
        var written = parameters.map(queryParameter)
        let patches = kind.custom == nil ? Self.patchTypes : Self.patchTypes.filter { !$0.contains("strategic") }
        if let content = requestBody(action, gvk, patches) {
            switch dialect {
            case .version3: result["requestBody"] = content
            case .version2:
                written.append(content)
                result["consumes"] = action == "patch" ? JSONValue(patches) : ["*/*"]
            }
        }
        if !written.isEmpty { result["parameters"] = .array(written) }
        if dialect == .version2 { result["produces"] = ["application/json"] }
        return result
    }

    private static let parameters: [String: [(name: String, type: String)]] = {
        let write = [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")]
        let list = [
            ("allowWatchBookmarks", "boolean"), ("continue", "string"), ("fieldSelector", "string"), ("labelSelector", "string"),
            ("limit", "integer"), ("resourceVersion", "string"), ("resourceVersionMatch", "string"),
            ("sendInitialEvents", "boolean"), ("timeoutSeconds", "integer"), ("watch", "boolean"),
        ]
        let delete = [("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("propagationPolicy", "string")]
        return [
            "post": write, "put": write, "patch": write + [("force", "boolean")], "list": list, "delete": delete,
            "deletecollection": list + delete,
        ]
    }()

    private func queryParameter(_ parameter: (name: String, type: String)) -> JSONValue {
        switch dialect {
        case .version3:
            ["name": .string(parameter.name), "in": "query", "schema": ["type": .string(parameter.type), "uniqueItems": true]]
        case .version2: ["name": .string(parameter.name), "in": "query", "type": .string(parameter.type), "uniqueItems": true]
        }
    }

    private func pathParameter(_ name: String) -> JSONValue {
        switch dialect {
        case .version3: ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
        case .version2: ["name": .string(name), "in": "path", "required": true, "type": "string"]
        }
    }

    private static let patchTypes = [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
    ]

    private func requestBody(_ action: String, _ kind: GroupVersionKind, _ patches: [String]) -> JSONValue? {
        let types: [String]
        switch action {
        case "post", "put": types = ["*/*"]
        case "patch": types = patches
        default: return nil
        }
        let content: JSONValue = action == "patch" ? Self.patchReference(dialect) : reference(kind)
        switch dialect {
        case .version2: return ["name": "body", "in": "body", "required": true, "schema": content]
        case .version3:
            var media: JSONValue = [:]
            for type in types { media[type] = ["schema": content] }
            return ["content": media, "required": true]
        }
    }

    private func response(_ kind: GroupVersionKind) -> JSONValue {
        switch dialect {
        case .version2: ["description": "OK", "schema": reference(kind)]
        case .version3: ["description": "OK", "content": ["application/json": ["schema": reference(kind)]]]
        }
    }

    private static func patchReference(_ dialect: OpenAPIDialect) -> JSONValue {
        ["$ref": .string(dialect.referencePrefix + OpenAPISchemaWriter.patchName)]
    }

    private func reference(_ kind: GroupVersionKind) -> JSONValue {
        if custom.contains(kind) { return ["$ref": .string(dialect.referencePrefix + CustomOpenAPI.name(kind))] }
        guard let id = schema.id(of: kind) else { return ["type": "object"] }
        return ["$ref": .string(dialect.referencePrefix + OpenAPISchemaWriter.name(schema[id]))]
    }
}
