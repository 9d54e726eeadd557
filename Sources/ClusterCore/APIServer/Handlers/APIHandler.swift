import API
import HTTP
import JSON
package import Logging
import Machinery

/// Answers every request to the API server: who asks, may they, what is it, do it. Knows no sockets.
package struct APIHandler: Sendable {
    package let registry: ObjectRegistry
    package let subresources: SubresourceWriter
    let authenticator: Authenticator
    let manners: ServerManners
    let kubelets: any KubeletDialer
    let upstreams: any UpstreamDialer
    let documents: ServedDocuments
    /// Nil: nobody else serves a part of the API.
    let aggregator: Aggregator?
    let logger: Logger

    package init(
        registry: ObjectRegistry, subresources: SubresourceWriter, authenticator: Authenticator, manners: ServerManners,
        kubelets: any KubeletDialer, documents: ServedDocuments, logger: Logger,
        upstreams: (any UpstreamDialer)? = nil, aggregator: Aggregator? = nil
    ) {
        self.aggregator = aggregator
        self.upstreams = upstreams ?? DirectUpstreamDialer(logger: logger)
        self.registry = registry
        self.subresources = subresources
        self.authenticator = authenticator
        self.manners = manners
        self.kubelets = kubelets
        self.documents = documents
        self.logger = logger
    }

    func answerResource(
        _ request: HTTPRequest, _ info: RequestInfo, _ user: User, _ notes: AuditNotes?
    ) async throws -> HTTPResponse {
        let kind = try registry.served(info.gvr)
        if !info.subresource.isEmpty, kind.subresource(info.subresource) == nil { throw APIErrors.unknownPath }
        if kind.isNamespaced, info.namespace.isEmpty, !["list", "watch", "create"].contains(info.verb) {
            throw APIErrors.unknownPath
        }
        if !kind.isNamespaced, !info.namespace.isEmpty, info.resource != "namespaces" { throw APIErrors.unknownPath }
        var context = RequestContext(
            request: request, info: info, kind: kind, user: user, now: registry.environment.now())
        context.auditNotes = notes
        try context.readParameters()
        try await registry.catchUp(before: request)
        var response: HTTPResponse
        do {
            response = try await dispatch(context)
        } catch let status as Status where !context.warnings.all.isEmpty {
            // A refusal carries its warnings too.
            response = Responses.status(status)
        }
        Responses.addWarnings(context.warnings.all, to: &response)
        Responses.addWarnings(kind.custom?.warnings ?? [], to: &response)
        return response
    }

    private func dispatch(_ context: RequestContext) async throws -> HTTPResponse {
        let info = context.info
        if let review = try reviews(context) { return try withoutTable(review, context) }
        if context.info.resource == "componentstatuses", context.info.group.isEmpty { return try componentStatuses(context) }
        if context.isConnection { return try await connect(context) }
        let verbs = info.subresource.isEmpty ? context.kind.verbs : context.kind.subresource(info.subresource)?.verbs ?? []
        let isAllowed = verbs.contains(info.verb) || (info.verb == "watch" && verbs.contains("list"))
        guard isAllowed else { throw APIErrors.methodNotAllowed }
        switch info.verb {
        case "get": return try await get(context)
        case "list", "watch": return try await listOrWatch(context)
        case "create": return try await create(context)
        case "update": return try await update(context)
        case "patch": return try await patch(context)
        case "delete": return try await delete(context)
        case "deletecollection": return try await deleteCollection(context)
        default: throw APIErrors.methodNotAllowed
        }
    }
}

/// One request on its way through a handler.
struct RequestContext: Sendable {
    let request: HTTPRequest
    let info: RequestInfo
    let kind: KindDefinition
    let user: User
    let now: Timestamp
    var media = AnswerMedia()
    var form: ResponseForm { media.form }
    var parameters = WriteParameters()
    /// What the answer tells the client beside its body.
    let warnings = WarningCollector()
    /// Nil: the request is not written down.
    var auditNotes: AuditNotes?

    init(request: HTTPRequest, info: RequestInfo, kind: KindDefinition, user: User, now: Timestamp) {
        self.request = request
        self.info = info
        self.kind = kind
        self.user = user
        self.now = now
    }

    mutating func readParameters() throws(Status) {
        // What a container, a pod or a kubelet is asked has parameters and media types of its own.
        if isConnection { return }
        media = try AcceptNegotiation.media(
            accept: request.headers["accept"], hasProtobuf: kind.hasProtobuf, isWatch: info.verb == "watch")
        parameters = try WriteParameters(request, verb: info.verb)
    }

    var key: NamespacedName {
        NamespacedName(namespace: kind.isNamespaced ? info.namespace : "", name: info.name)
    }
    var isDryRun: Bool { parameters.isDryRun }
    var fieldValidation: FieldValidation { parameters.fieldValidation }
    var options: WriteOptions { options(isDryRun: isDryRun) }
    func options(isDryRun: Bool) -> WriteOptions {
        var options = WriteOptions(user: user, isDryRun: isDryRun, fieldManager: parameters.manager(request))
        options.forces = parameters.forces
        options.warnings = warnings
        options.auditNotes = auditNotes
        return options
    }

    var contentType: String? { request.headers["content-type"] }
    var tableVersion: String { media.version }
}
