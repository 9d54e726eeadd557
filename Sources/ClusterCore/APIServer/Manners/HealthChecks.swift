import HTTP

/// `/livez`, `/readyz`, `/healthz` and each of their checks.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/server/healthz/healthz.go`.
struct HealthChecks: Sendable {
    struct Check: Sendable {
        var name: String
        var isHealthy: @Sendable () async -> Bool
    }

    /// In the order in which they are listed, for each of the three paths.
    var checks: [String: [Check]]

    static let roots = ["livez", "readyz", "healthz"]

    /// Nil when the path is none of these.
    func answer(_ request: HTTPRequest) async -> HTTPResponse? {
        var path = request.path
        if path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let parts = path.dropFirst().split(separator: "/", maxSplits: 1).map(String.init)
        guard let root = parts.first, let checks = checks[root] else { return nil }
        guard parts.count > 1 else { return await answerAll(root, checks, request) }
        guard let check = checks.first(where: { $0.name == parts[1] }) else { return nil }
        guard await check.isHealthy() else {
            return Responses.text("internal server error: \(check.name): not healthy\n", code: 500)
        }
        return Responses.text("ok")
    }

    private func answerAll(_ root: String, _ checks: [Check], _ request: HTTPRequest) async -> HTTPResponse {
        var excluded = Set(request.queryValues("exclude").flatMap { $0.split(separator: ",").map(String.init) })
        var text = ""
        var isHealthy = true
        for check in checks {
            if excluded.remove(check.name) != nil {
                text += "[+]\(check.name) excluded: ok\n"
            } else if await check.isHealthy() {
                text += "[+]\(check.name) ok\n"
            } else {
                isHealthy = false
                text += "[-]\(check.name) failed: reason withheld\n"
            }
        }
        if !excluded.isEmpty {
            let names = excluded.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            text += "warn: some health checks cannot be excluded: no matches for \(names)\n"
        }
        guard isHealthy else { return Responses.text("\(text)\(root) check failed\n", code: 500) }
        guard request.query.contains(where: { $0.name == "verbose" }) else { return Responses.text("ok") }
        return Responses.text("\(text)\(root) check passed\n")
    }
}
