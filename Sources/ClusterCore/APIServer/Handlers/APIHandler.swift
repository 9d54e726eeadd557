import API
package import HTTP
import JSON
package import Logging
import Machinery

/// Answers every request to the API server: who asks, may they, what is it, do it. Knows no sockets.
package struct APIHandler: Sendable {
    package let registry: ObjectRegistry
    package let subresources: SubresourceWriter
    let authenticator: Authenticator
    let authorizer: RBACAuthorizer
    let kubelets: any KubeletDialer
    let documents: ServedDocuments
    let metrics: RequestMetrics
    let tokenAudiences: [String]
    let logger: Logger

    package init(
        registry: ObjectRegistry, subresources: SubresourceWriter, authenticator: Authenticator,
        authorizer: RBACAuthorizer, kubelets: any KubeletDialer, documents: ServedDocuments, tokenAudiences: [String],
        logger: Logger
    ) {
        self.registry = registry
        self.subresources = subresources
        self.authenticator = authenticator
        self.authorizer = authorizer
        self.kubelets = kubelets
        self.documents = documents
        self.tokenAudiences = tokenAudiences
        self.logger = logger
        metrics = RequestMetrics()
    }

    package func handle(_ request: HTTPRequest) async -> HTTPResponse {
        let info = RequestInfo(
            method: request.method, path: request.path, isWatch: ListOptions.flag(request.query("watch")),
            fieldSelector: request.query("fieldSelector") ?? "")
        let started = registry.environment.monotonic()
        var response: HTTPResponse
        do {
            response = try await answer(request, info)
        } catch let status as Status {
            response = Responses.status(status)
        } catch let expired as ListExpired {
            response = Responses.expired(expired)
        } catch is CancellationError {
            response = Responses.status(APIErrors.timeout("request did not complete within the allotted timeout"))
        } catch {
            logger.error("request failed", metadata: ["path": "\(request.path)", "reason": "\(error)"])
            response = Responses.status(APIErrors.internalError("\(error)"))
        }
        response.headers["audit-id"] = registry.environment.makeUID()
        response.headers["cache-control"] = "no-cache, private"
        metrics.record(info, code: response.status, duration: registry.environment.monotonic() - started)
        return response
    }

    private func answer(_ request: HTTPRequest, _ info: RequestInfo) async throws -> HTTPResponse {
        let now = registry.environment.now()
        let user = try authenticator.authenticate(request, now: now)
        try authorize(user, info, request)
        guard info.isResourceRequest else { return try documents.answer(request, self) }
        guard let kind = Catalog.kind(info.gvr) else { throw APIErrors.unknownPath }
        if !info.subresource.isEmpty, kind.subresource(info.subresource) == nil { throw APIErrors.unknownPath }
        if kind.isNamespaced, info.namespace.isEmpty, !["list", "watch", "create"].contains(info.verb) {
            throw APIErrors.unknownPath
        }
        if !kind.isNamespaced, !info.namespace.isEmpty, info.resource != "namespaces" { throw APIErrors.unknownPath }
        var context = RequestContext(request: request, info: info, kind: kind, user: user, now: now)
        try context.readParameters()
        return try await dispatch(context)
    }

    private func authorize(_ user: User, _ info: RequestInfo, _ request: HTTPRequest) throws(Status) {
        let access = AccessRequest(user: user, info: info)
        guard !authorizer.allows(access) else { return }
        if user == .anonymous, request.headers["authorization"] == nil, request.peerCertificate == nil,
            !info.isResourceRequest
        {
            throw Status(
                code: 403, reason: "Forbidden", message: "forbidden: \(access.refusal)", details: Status.Details())
        }
        guard info.isResourceRequest else {
            throw Status(
                code: 403, reason: "Forbidden", message: "forbidden: \(access.refusal)", details: Status.Details())
        }
        throw APIErrors.forbidden(info.gvr, info.name, access.refusal)
    }

    private func dispatch(_ context: RequestContext) async throws -> HTTPResponse {
        let info = context.info
        if let review = try reviews(context) { return review }
        if !info.subresource.isEmpty, ["log", "exec", "attach", "portforward"].contains(info.subresource) {
            return try await kubelet(context)
        }
        let verbs = info.subresource.isEmpty ? context.kind.verbs : context.kind.subresource(info.subresource)?.verbs ?? []
        let isAllowed = verbs.contains(info.verb) || (info.verb == "watch" && verbs.contains("list"))
        guard isAllowed else { throw APIErrors.methodNotAllowed }
        switch info.verb {
        case "get": return try get(context)
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
    var form = ResponseForm.object
    var isDryRun = false
    var fieldValidation = FieldValidation.warn

    init(request: HTTPRequest, info: RequestInfo, kind: KindDefinition, user: User, now: Timestamp) {
        self.request = request
        self.info = info
        self.kind = kind
        self.user = user
        self.now = now
    }

    mutating func readParameters() throws(Status) {
        if !["log", "exec", "attach", "portforward"].contains(info.subresource) {
            form = try AcceptNegotiation.form(accept: request.headers["accept"])
        }
        let dryRun = request.queryValues("dryRun").filter { !$0.isEmpty }
        guard dryRun.allSatisfy({ $0 == "All" }) else {
            throw APIErrors.invalid(
                GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "CreateOptions"), "",
                [.notSupported(FieldPath("dryRun"), JSONValue(dryRun), supported: ["All"])])
        }
        isDryRun = !dryRun.isEmpty
        if let text = request.query("fieldValidation"), !text.isEmpty {
            guard let wanted = FieldValidation(rawValue: text) else {
                throw APIErrors.invalid(
                    GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "CreateOptions"), "",
                    [
                        .notSupported(
                            FieldPath("fieldValidation"), .string(text), supported: ["", "Ignore", "Strict", "Warn"])
                    ])
            }
            fieldValidation = wanted
        }
    }

    var key: NamespacedName {
        NamespacedName(namespace: kind.isNamespaced ? info.namespace : "", name: info.name)
    }
    var options: WriteOptions { WriteOptions(user: user, isDryRun: isDryRun) }
    var contentType: String? { request.headers["content-type"] }
    /// `v1` or `v1beta1`, as the client asked for it.
    var tableVersion: String { request.headers["accept"]?.contains("v=v1;") ?? true ? "v1" : "v1beta1" }
    var includedObject: TablePrinter.IncludedObject {
        TablePrinter.IncludedObject(rawValue: request.query("includeObject") ?? "") ?? .metadata
    }
}
