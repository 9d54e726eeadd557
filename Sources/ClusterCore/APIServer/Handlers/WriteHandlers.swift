import API
import ControlLoop
import HTTP
import JSON
import Machinery
import Store

// CREATE, UPDATE, PATCH.
extension APIHandler {
    func create(_ context: RequestContext) async throws -> HTTPResponse {
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
        return respond(result, context, warnings: body.warnings)
    }

    func update(_ context: RequestContext) async throws -> HTTPResponse {
        let body = try decode(context)
        let result = try await subresources.update(
            context.kind, context.key, context.info.subresource, body.object, context.options)
        return respond(result, context, warnings: body.warnings)
    }

    func patch(_ context: RequestContext) async throws -> HTTPResponse {
        let patch = PatchBody(
            bytes: context.request.body, contentType: context.contentType, fieldValidation: context.fieldValidation)
        let result = try await subresources.patch(
            context.kind, context.key, context.info.subresource, patch, context.options)
        return respond(result, context, warnings: [])
    }

    private func decode(_ context: RequestContext) throws(Status) -> BodyDecoder.Decoded {
        let expected = context.kind.subresource(context.info.subresource)?.kind ?? context.kind.gvk
        return try registry.decoder.decode(
            context.request.body, contentType: context.contentType, expecting: expected,
            fieldValidation: context.fieldValidation)
    }

    private func respond(_ result: WriteResult, _ context: RequestContext, warnings: [String]) -> HTTPResponse {
        var response: HTTPResponse
        switch result.content {
        case .object(let object, _): response = present(object, context, code: result.code)
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
        "services", "storageclasses", "csidrivers", "csinodes", "volumeattachments",
    ]

    func delete(_ context: RequestContext) async throws -> HTTPResponse {
        let (deletion, isDryRun) = try DeleteOptionsReader.read(context.request, registry.decoder)
        let options = WriteOptions(user: context.user, isDryRun: isDryRun || context.isDryRun)
        let result = try await registry.delete(context.kind, context.key, deletion, options)
        if result.isGone, !Self.returnsObject.contains(context.kind.resource) {
            return Responses.json(
                [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                    "details": Self.details(result.object, context.kind),
                ])
        }
        let code = !result.isGone && deletion.propagation == .foreground ? 202 : 200
        return present(result.object, context, code: code)
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
        let options = WriteOptions(user: context.user, isDryRun: isDryRun || context.isDryRun)
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
