import API
import HTTP
import JSON
import Machinery

// ComponentStatus: an old question after the parts of the control plane, which here are this process.
extension APIHandler {
    private static let components = ["controller-manager", "etcd-0", "scheduler"]

    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/componentstatus/rest.go`.
    func componentStatuses(_ context: RequestContext) throws -> HTTPResponse {
        guard ["get", "list"].contains(context.info.verb) else { throw APIErrors.methodNotAllowed }
        var response: HTTPResponse
        if context.info.verb == "get" {
            guard Self.components.contains(context.info.name) else {
                throw APIErrors.notFound(context.kind.gvr, context.info.name)
            }
            response = try presented([Self.status(context.info.name)], isList: false, context)
        } else {
            let options = try ListOptions(context.request, context.kind)
            let names = Self.components.filter { name in
                options.fields.matches { $0 == "metadata.name" ? name : "" } && options.labels.matches([:])
            }
            response = try presented(names.map(Self.status), isList: true, context)
        }
        Responses.addWarnings(["v1 ComponentStatus is deprecated in v1.19+"], to: &response)
        return response
    }

    private static func status(_ name: String) -> JSONValue {
        [
            "kind": "ComponentStatus", "apiVersion": "v1", "metadata": ["name": .string(name)],
            "conditions": [["type": "Healthy", "status": "True", "message": "ok"]],
        ]
    }

    private func presented(_ items: [JSONValue], isList: Bool, _ context: RequestContext) throws(Status) -> HTTPResponse {
        switch context.form {
        case .table:
            return Responses.json(
                TablePrinter.table(
                    context.kind, items, now: context.now, includeObject: try context.includedObject,
                    version: context.tableVersion))
        case .metadata:
            let partial = items.map { Self.partial($0, context.media.version) }
            guard isList else { return Responses.json(partial[0]) }
            return Responses.json(
                [
                    "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(context.media.version)"),
                    "metadata": [:], "items": .array(partial),
                ])
        case .object:
            guard isList else { return Responses.json(items[0]) }
            return Responses.json(
                ["kind": "ComponentStatusList", "apiVersion": "v1", "metadata": [:], "items": .array(items)])
        }
    }
}
