import API
package import HTTP
import Logging
import Machinery
import Metrics

// Everything around the answer: who asks, may they, is there room, how long may it take, what is written down.
extension APIHandler {
    private static let streamingSubresources: Set<String> = ["attach", "exec", "log", "portforward", "proxy"]

    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/server/config.go`, `DefaultBuildHandlerChain`.
    package func handle(_ request: HTTPRequest) async -> HTTPResponse {
        let info = RequestInfo(
            method: request.method, path: request.path, isWatch: ListOptions.flag(request.query("watch")),
            fieldSelector: request.query("fieldSelector") ?? "")
        let isStream = info.verb == "watch" || Self.streamingSubresources.contains(info.subresource)
        let started = registry.environment.monotonic()
        let given = request.headers["audit-id"] ?? ""
        let auditID = given.isEmpty ? registry.environment.makeUID() : String(given.prefix(64))
        var trail: AuditTrail?
        var flow: FlowRules.Class?
        var response: HTTPResponse
        do {
            response = try await answerInTime(request, info, isStream: isStream, started: started, auditID, &trail, &flow)
        } catch {
            response = refusal(error, request)
        }
        if let flow { FlowControl.mark(&response, flow) }
        response.headers["audit-id"] = auditID
        if response.headers["cache-control"] == nil { response.headers["cache-control"] = "no-cache, private" }
        let isDryRun = request.query("dryRun") == "All"
        metrics.record(
            info, isDryRun: isDryRun, code: response.status,
            duration: isStream ? nil : registry.environment.monotonic() - started)
        return AnswerWriter.finish(finished(response, info, trail), request, info)
    }

    /// Writes the end into the audit log: now, or when a stream has ended.
    private func finished(_ response: HTTPResponse, _ info: RequestInfo, _ trail: AuditTrail?) -> HTTPResponse {
        let now = registry.environment.now
        let (status, headers) = (response.status, response.headers)
        let metrics = metrics
        var response = response
        switch response.body {
        case .stream(let body):
            trail?.started(code: status, at: now())
            metrics.stream(info, 1)
            response.body = .stream { writer in
                defer {
                    metrics.stream(info, -1)
                    trail?.completed(HTTPResponse(status: status, headers: headers), at: now())
                }
                try await body(writer)
            }
        case .upgrade(let body):
            trail?.started(code: status, at: now())
            metrics.stream(info, 1)
            response.body = .upgrade { channel in
                defer {
                    metrics.stream(info, -1)
                    trail?.completed(HTTPResponse(status: status, headers: headers), at: now())
                }
                try await body(channel)
            }
        case .empty, .bytes, .slices: trail?.completed(response, at: now())
        }
        return response
    }

    private func refusal(_ error: any Error, _ request: HTTPRequest) -> HTTPResponse {
        switch error {
        case let status as Status: return Responses.status(status)
        case let expired as ListExpired: return Responses.expired(expired)
        case is CancellationError:
            return Responses.status(APIErrors.timeout("request did not complete within the allotted timeout"))
        case let incomplete as Impersonation.Incomplete:
            return Responses.text(
                "Internal Server Error: \"\(request.rawPath)\": \(incomplete.description)\n", code: 500)
        default:
            logger.error("request failed", metadata: ["path": "\(request.path)", "reason": "\(error)"])
            return Responses.status(APIErrors.internalError("\(error)"))
        }
    }

    private func answerInTime(
        _ request: HTTPRequest, _ info: RequestInfo, isStream: Bool, started: Duration, _ auditID: String,
        _ trail: inout AuditTrail?, _ flow: inout FlowRules.Class?
    ) async throws -> HTTPResponse {
        let now = registry.environment.now()
        let sender: Authenticator.Sender
        do throws(Status) {
            sender = try authenticator.authenticate(request, now: now)
        } catch {
            // Nobody is known, so the policy sees a user without name.
            let unknown = Authenticator.Sender(user: User(name: ""))
            trail = AuditTrail(
                auditLog, request, access(unknown.user, info, request), info, id: auditID, sender: unknown, received: now)
            trail?.refusesSender(request)
            throw error
        }
        let asked = access(sender.user, info, request)
        trail = AuditTrail(auditLog, request, asked, info, id: auditID, sender: sender, received: now)
        trail?.received(at: now)
        var access = asked
        if let other = try Impersonation(authorizer: authorizer).user(sender.user, request.headers) {
            trail?.impersonates(other)
            access.user = other
        }
        if !isStream || info.verb == "watch" { flow = self.flow.classify(access) }
        guard !isStream else { return try await answer(request, info, access, &trail) }
        let time = try RequestTimeout.read(request.query("timeout"), max: inFlight.limits.timeout)
        return try await inFlight.run(until: started + time) {
            try await answerInTurn(request, info, access, flow, &trail)
        }
    }

    /// Answers when there is room: in the request's priority level, or, while there are no levels, in the server as a whole.
    private func answerInTurn(
        _ request: HTTPRequest, _ info: RequestInfo, _ access: AccessRequest, _ found: FlowRules.Class?,
        _ trail: inout AuditTrail?
    ) async throws -> HTTPResponse {
        let isMutating = !["get", "list", "watch"].contains(info.verb)
        if let found {
            do throws(FlowSeats.Refusal) {
                try await flow.seats.enter(found.level, flow: found.flow)
            } catch {
                metrics.rejected(isMutating: isMutating)
                return RequestsInFlight.tooMany
            }
        }
        defer { if let found { flow.seats.leave(found.level) } }
        guard inFlight.begin(isMutating: isMutating, isPrivileged: found != nil || access.user.isMaster) else {
            metrics.rejected(isMutating: isMutating)
            return RequestsInFlight.tooMany
        }
        defer { inFlight.end(isMutating: isMutating) }
        return try await answer(request, info, access, &trail)
    }

    private func access(_ user: User, _ info: RequestInfo, _ request: HTTPRequest) -> AccessRequest {
        var access = AccessRequest(user: user, info: info)
        if ["list", "watch", "deletecollection"].contains(info.verb), let text = request.query("fieldSelector"),
            let fields = try? FieldSelector(parsing: text)
        {
            access.fields = fields
        }
        return access
    }

    private func answer(
        _ request: HTTPRequest, _ info: RequestInfo, _ access: AccessRequest, _ trail: inout AuditTrail?
    ) async throws -> HTTPResponse {
        let decision = authorizer.decide(access)
        trail?.decided(decision)
        guard decision.isAllowed else { throw access.refused(decision.reason) }
        trail?.takes(request)
        if let aggregator, let service = aggregator.service(for: request.path) {
            return try await aggregator.pass(request, access.user, to: service)
        }
        guard info.isResourceRequest else {
            if let own = try await ownDocument(request) { return own }
            return try documents.answer(request, self)
        }
        return try await answerResource(request, info, access.user, trail?.notes)
    }

    /// Health, metrics and the documents about tokens; nil for other paths.
    private func ownDocument(_ request: HTTPRequest) async throws(Status) -> HTTPResponse? {
        let isRead = request.method == "GET" || request.method == "HEAD"
        if let health = await health.answer(request) {
            guard isRead else { throw APIErrors.methodNotAllowed }
            return health
        }
        let path = request.path.count > 1 && request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
        switch path {
        case "/metrics" where isRead:
            var text = metrics.text(inFlight: inFlight.counts, objects: registry.caches.resourceCounts)
            flow.write(&text)
            processMetrics(&text)
            return HTTPResponse(
                status: 200, headers: ["content-type": "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"],
                body: .bytes(Array(text.text.utf8)))
        case "/.well-known/openid-configuration" where isRead: return openID.configuration
        case "/openid/v1/jwks" where isRead: return openID.keys
        default: return nil
        }
    }
}
