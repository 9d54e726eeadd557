import API
import ControlLoop
import HTTP
import JSON
import Machinery
import Store

// CREATE, UPDATE, PATCH.
extension APIHandler {
    func create(_ context: RequestContext) async throws -> HTTPResponse {
        try context.kind.custom?.admitCreate(context.kind)
        let body = try decode(context)
        let result: WriteResult
        if context.info.resource == "bindings", context.info.group.isEmpty {
            guard let pods = Catalog.kind(PodBinding.pods) else { throw APIErrors.unknownPath }
            let key = NamespacedName(
                namespace: context.info.namespace, name: body.object["metadata"]?["name"]?.string ?? "")
            result = try await subresources.create(pods, key, "binding", body.object, context.options)
        } else if !context.info.subresource.isEmpty {
            result = try await subresources.create(
                context.kind, context.key, context.info.subresource, body.object, context.options)
        } else {
            let object = try await registry.create(
                context.kind, namespace: context.info.namespace, body.object, context.options)
            result = WriteResult(code: 201, .object(object, context.kind), registry)
        }
        return try respond(result, context, warnings: body.warnings + advice(result, context, isNew: true))
    }

    func update(_ context: RequestContext) async throws -> HTTPResponse {
        let body = try decode(context)
        var options = context.options
        options.createRefusal = createRefusal(context)
        let result = try await subresources.update(
            context.kind, context.key, context.info.subresource, body.object, options)
        return try respond(result, context, warnings: body.warnings + advice(result, context, isNew: false))
    }

    func patch(_ context: RequestContext) async throws -> HTTPResponse {
        let patch = PatchBody(
            bytes: context.request.body, contentType: context.contentType, fieldValidation: context.fieldValidation)
        var options = context.options
        options.createRefusal = createRefusal(context)
        let result = try await subresources.patch(
            context.kind, context.key, context.info.subresource, patch, options)
        return try respond(result, context, warnings: advice(result, context, isNew: result.code == 201))
    }

    /// What the kind's rules have to say about an object that was written as a whole.
    private func advice(_ result: WriteResult, _ context: RequestContext, isNew: Bool) -> [String] {
        guard context.info.subresource.isEmpty, case .object(let object, let kind) = result.content else { return [] }
        return kind.rules.warnings(registry.tree(object, as: kind), isNew: isNew)
    }

    private func decode(_ context: RequestContext) throws(Status) -> BodyDecoder.Decoded {
        try registry.decode(
            context.request.body, contentType: context.contentType, context.kind, subresource: context.info.subresource,
            fieldValidation: context.fieldValidation)
    }

    private func respond(_ result: WriteResult, _ context: RequestContext, warnings: [String]) throws(Status) -> HTTPResponse {
        var response: HTTPResponse
        switch result.content {
        case .object(let object, _): response = try present(object, context, code: result.code)
        case .document(let value): response = Responses.json(value, code: result.code)
        }
        Responses.addWarnings(warnings + result.warnings, to: &response)
        return response
    }
}

// DELETE.
extension APIHandler {
    /// Kinds whose delete answers with the object, others answer with a Status: `ReturnDeletedObject` in upstream's stores.
    private static let returnsObject: Set<String> = [
        "pods", "podtemplates", "resourcequotas", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims",
        "services", "storageclasses", "csidrivers", "csinodes", "volumeattachments", "csistoragecapacities",
        "volumeattributesclasses", "deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices",
    ]

    func delete(_ context: RequestContext) async throws -> HTTPResponse {
        let (deletion, isDryRun) = try DeleteOptionsReader.read(context.request, registry.decoder)
        let options = context.options(isDryRun: isDryRun || context.isDryRun)
        let result = try await registry.delete(context.kind, context.key, deletion, options)
        if result.isGone, !Self.returnsObject.contains(context.kind.resource) {
            return Responses.json(
                [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                    "details": Self.details(result.object, context.kind),
                ])
        }
        let code = !result.isGone && deletion.propagation == .foreground ? 202 : 200
        return try present(result.object, context, code: code)
    }

    private static func details(_ object: CachedObject, _ kind: KindDefinition) -> JSONValue {
        var details: JSONValue = ["name": .string(object.key.name)]
        if !kind.gvk.group.isEmpty { details["group"] = .string(kind.gvk.group) }
        details["kind"] = .string(kind.resource)
        details["uid"] = .string(object.header.uid)
        return details
    }

    func deleteCollection(_ context: RequestContext) async throws -> HTTPResponse {
        let list = try ListOptions(context.request, context.kind)
        let (deletion, isDryRun) = try DeleteOptionsReader.read(context.request, registry.decoder)
        let options = context.options(isDryRun: isDryRun || context.isDryRun)
        let page = try await registry.list(context.kind, namespace: context.info.namespace, list)
        for object in page.objects {
            do throws(Status) {
                _ = try await registry.delete(context.kind, object.key, deletion, options)
            } catch {
                // Someone else was faster.
                guard error.isNotFound else { throw error }
            }
        }
        return Responses.json(
            [
                "kind": .string(context.kind.gvk.kind + "List"), "apiVersion": .string(context.kind.gvk.apiVersion),
                "metadata": ["resourceVersion": .string(String(page.revision.value))],
                "items": .array(page.objects.map { registry.tree($0, as: context.kind) }),
            ])
    }
}
