import API
import HTTP
import JSON
import Machinery
import Store

// GET of one object, LIST.
extension APIHandler {
    func get(_ context: RequestContext) async throws -> HTTPResponse {
        let object = try await registry.read(context.kind, context.key)
        if context.info.subresource == "scale" {
            let tree = registry.tree(object, as: context.kind)
            try Scale.checkReplicas(tree, context.kind)
            return Responses.json(Scale.read(tree, context.kind))
        }
        return try present(object, context)
    }

    /// One object in the form that was asked for.
    func present(_ object: CachedObject, _ context: RequestContext, code: Int = 200) throws(Status) -> HTTPResponse {
        switch context.form {
        case .object where context.media.encoding == .protobuf:
            let message = registry.message(object, as: context.kind)
            return Responses.protobuf([ProtobufFraming.object(message, context.kind.gvk)], code: code)
        case .object: return Responses.bytes(registry.bytes(object, as: context.kind), code: code)
        case .table:
            let tree = registry.tree(object, as: context.kind)
            let metadata: JSONValue = ["resourceVersion": tree["metadata"]?["resourceVersion"] ?? ""]
            return Responses.json(
                TablePrinter.table(
                    context.kind, [tree], metadata: metadata, now: context.now, includeObject: try context.includedObject,
                    version: context.tableVersion), code: code)
        case .metadata:
            if context.media.isMetadataList {
                throw Self.wrongForm(
                    "you requested PartialObjectMetadataList, but the requested object is not a list", context, "")
            }
            return Responses.json(Self.partial(registry.tree(object, as: context.kind), context.media.version), code: code)
        }
    }

    /// - Parameter suffix: `List` where a list was to be shown.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/response.go`, `asPartialObjectMetadata`.
    private static func wrongForm(_ text: String, _ context: RequestContext, _ suffix: String) -> Status {
        let version = context.kind.gvk.version
        return Status(code: 406, reason: "NotAcceptable", message: "\(text) (*\(version).\(context.kind.gvk.kind)\(suffix))")
    }

    static func partial(_ object: JSONValue, _ version: String = "v1") -> JSONValue {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": object["metadata"] ?? [:],
        ]
    }

    /// Answers that are no objects with metadata cannot be rows of a table.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/registry/rest/table.go`, `errNotAcceptable`.
    func withoutTable(_ response: HTTPResponse, _ context: RequestContext) throws(Status) -> HTTPResponse {
        guard context.form == .table else { return response }
        throw Status(
            code: 406, reason: "NotAcceptable",
            message: "the resource \(context.kind.gvr.groupResource) does not support being converted to a Table")
    }

    func listOrWatch(_ context: RequestContext) async throws -> HTTPResponse {
        let options = try ListOptions(context.request, context.kind)
        if options.isWatch { return try await watch(context, options) }
        return try await list(context, options)
    }

    func list(_ context: RequestContext, _ options: ListOptions) async throws -> HTTPResponse {
        if context.form == .metadata, !context.media.isMetadataList {
            throw Self.wrongForm("you requested PartialObjectMetadata, but the requested object is a list", context, "List")
        }
        let page = try await registry.list(context.kind, namespace: context.info.namespace, options)
        var metadata: JSONValue = ["resourceVersion": .string(String(page.revision.value))]
        if !page.continueToken.isEmpty { metadata["continue"] = .string(page.continueToken) }
        if let remaining = page.remaining, remaining > 0 { metadata["remainingItemCount"] = .int(Int64(remaining)) }
        switch context.form {
        case .object where context.media.encoding == .protobuf:
            let kind = context.kind
            return Responses.protobuf(
                ProtobufFraming.list(
                    page.objects.map { registry.message($0, as: kind) }, kind.listKind, metadata: metadata))
        case .object: return splice(page, metadata, context.kind)
        case .table:
            return Responses.json(
                TablePrinter.table(
                    context.kind, page.objects.map { registry.tree($0, as: context.kind) }, metadata: metadata,
                    now: context.now, includeObject: try context.includedObject, version: context.tableVersion))
        case .metadata:
            let version = context.media.version
            return Responses.json(
                [
                    "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"),
                    "metadata": metadata,
                    "items": .array(page.objects.map { Self.partial(registry.tree($0, as: context.kind), version) }),
                ])
        }
    }

    /// The list as slices of cached bytes: nothing is decoded or copied.
    private func splice(_ page: ListPage, _ metadata: JSONValue, _ kind: KindDefinition) -> HTTPResponse {
        let head: JSONValue = [
            "kind": .string(kind.listKind.kind), "apiVersion": .string(kind.gvk.apiVersion), "metadata": metadata,
        ]
        var slices: [[UInt8]] = [JSONWriter.write(head).dropLast() + Array(",\"items\":[".utf8)]
        slices.reserveCapacity(page.objects.count * 4 + 2)
        let comma = [UInt8(ascii: ",")]
        for (index, object) in page.objects.enumerated() {
            if index > 0 { slices.append(comma) }
            registry.append(object, as: kind, to: &slices)
        }
        slices.append(Array("]}\n".utf8))
        return HTTPResponse(status: 200, headers: Responses.jsonHeaders, body: .slices(slices))
    }
}

extension RequestContext {
    /// What a table's rows carry beside their cells.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/validation`, `ValidateTableOptions`.
    var includedObject: TablePrinter.IncludedObject {
        get throws(Status) {
            let text = request.query("includeObject") ?? ""
            if text.isEmpty { return .metadata }
            guard let wanted = TablePrinter.IncludedObject(rawValue: text) else {
                throw APIErrors.badRequest(
                    "includeObject: Invalid value: \"\(text)\": must be 'Metadata', 'Object', 'None', or empty")
            }
            return wanted
        }
    }
}

extension KindDefinition {
    /// Built-in kinds have one; what a CustomResourceDefinition declares has none.
    var hasProtobuf: Bool { Schema.kubernetes.id(of: gvk) != nil }

    /// `v1, PodList`.
    var listKind: GroupVersionKind {
        GroupVersionKind(group: gvk.group, version: gvk.version, kind: gvk.kind + "List")
    }
}
