import API
import HTTP
import JSON
import Machinery
import Store

// GET of one object, LIST.
extension APIHandler {
    func get(_ context: RequestContext) throws -> HTTPResponse {
        let object = try registry.get(context.kind, context.key)
        if context.info.subresource == "scale" { return Responses.json(Scale.read(registry.tree(object, as: context.kind))) }
        return present(object, context)
    }

    /// One object in the form that was asked for.
    func present(_ object: CachedObject, _ context: RequestContext, code: Int = 200) -> HTTPResponse {
        switch context.form {
        case .object: return Responses.bytes(registry.bytes(object, as: context.kind), code: code)
        case .table:
            let tree = registry.tree(object, as: context.kind)
            let metadata: JSONValue = ["resourceVersion": tree["metadata"]?["resourceVersion"] ?? ""]
            return Responses.json(
                TablePrinter.table(
                    context.kind, [tree], metadata: metadata, now: context.now, includeObject: context.includedObject,
                    version: context.tableVersion), code: code)
        case .metadata: return Responses.json(Self.partial(registry.tree(object, as: context.kind)), code: code)
        }
    }

    static func partial(_ object: JSONValue) -> JSONValue {
        ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:]]
    }

    func listOrWatch(_ context: RequestContext) async throws -> HTTPResponse {
        let options = try ListOptions(context.request, context.kind)
        if options.isWatch { return try await watch(context, options) }
        return try await list(context, options)
    }

    func list(_ context: RequestContext, _ options: ListOptions) async throws -> HTTPResponse {
        let page = try await registry.list(context.kind, namespace: context.info.namespace, options)
        var metadata: JSONValue = ["resourceVersion": .string(String(page.revision.value))]
        if !page.continueToken.isEmpty { metadata["continue"] = .string(page.continueToken) }
        if let remaining = page.remaining, remaining > 0 { metadata["remainingItemCount"] = .int(Int64(remaining)) }
        switch context.form {
        case .object: return splice(page, metadata, context.kind)
        case .table:
            return Responses.json(
                TablePrinter.table(
                    context.kind, page.objects.map { registry.tree($0, as: context.kind) }, metadata: metadata,
                    now: context.now, includeObject: context.includedObject, version: context.tableVersion))
        case .metadata:
            return Responses.json(
                [
                    "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                    "items": .array(page.objects.map { Self.partial(registry.tree($0, as: context.kind)) }),
                ])
        }
    }

    /// The list as slices of cached bytes: nothing is decoded or copied.
    private func splice(_ page: ListPage, _ metadata: JSONValue, _ kind: KindDefinition) -> HTTPResponse {
        let head: JSONValue = [
            "kind": .string(kind.gvk.kind + "List"), "apiVersion": .string(kind.gvk.apiVersion), "metadata": metadata,
        ]
        var slices: [[UInt8]] = [JSONWriter.write(head).dropLast() + Array(",\"items\":[".utf8)]
        slices.reserveCapacity(page.objects.count * 2 + 2)
        for (index, object) in page.objects.enumerated() {
            if index > 0 { slices.append([UInt8(ascii: ",")]) }
            slices.append(registry.bytes(object, as: kind))
        }
        slices.append(Array("]}\n".utf8))
        return HTTPResponse(status: 200, headers: Responses.jsonHeaders, body: .slices(slices))
    }
}
