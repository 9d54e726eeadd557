package import JSON

/// ValidatingWebhookConfiguration and MutatingWebhookConfiguration.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/admissionregistration/v1/defaults.go`,
///   `pkg/apis/admissionregistration/validation/validation.go`.
package struct WebhookRules: KindRules {
    let isMutating: Bool
    package let countsGenerations = true
    package let allowsUnconditionalUpdate = false

    package func applyDefaults(_ object: inout JSONValue) {
        object.editEach("webhooks") { hook in
            hook.setDefault("failurePolicy", "Fail")
            hook.setDefault("matchPolicy", "Equivalent")
            hook.setDefault("namespaceSelector", .object([:]))
            hook.setDefault("objectSelector", .object([:]))
            hook.setDefault("timeoutSeconds", 10)
            if isMutating { hook.setDefault("reinvocationPolicy", "Never") }
            hook.editEach("rules") { $0.setDefault("scope", "*") }
            hook.edit("clientConfig") { client in client.edit("service") { $0.setDefault("port", 443) } }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }
    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { check(new, old: old) }

    private static let quietEffects = ["None", "NoneOnDryRun"]
    private static let versions = ["v1", "v1beta1"]

    /// What older objects got wrong, their updates may keep wrong.
    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let before = old?.elements("webhooks") ?? []
        let wantsQuiet = before.allSatisfy { Self.quietEffects.contains($0.text("sideEffects")) }
        let wantsUnique = Set(before.map { $0.text("name") }).count == before.count
        let wantsVersion = before.allSatisfy { hook in
            let versions = hook.elements("admissionReviewVersions")
            return versions.isEmpty || versions.contains { Self.versions.contains($0.string ?? "") }
        }
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, hook) in object.elements("webhooks").enumerated() {
            let at = FieldPath("webhooks")[index]
            errors += self.hook(hook, at, wantsQuiet: wantsQuiet)
            errors += reviewVersions(hook.elements("admissionReviewVersions"), at("admissionReviewVersions"), wantsVersion)
            let name = hook.text("name")
            if wantsUnique, !name.isEmpty, !names.insert(name).inserted {
                errors.append(.duplicate(at("name"), .string(name)))
            }
        }
        return errors
    }

    private func hook(_ hook: JSONValue, _ path: FieldPath, wantsQuiet: Bool) -> [FieldError] {
        var errors = DomainChecks.qualified(hook.text("name"), path("name"))
        for (index, rule) in hook.elements("rules").enumerated() {
            errors += AdmissionRuleChecks.rule(rule, path("rules")[index])
        }
        errors += FieldCheck.oneOf(hook, "failurePolicy", AdmissionRuleChecks.failurePolicies, path)
        errors += FieldCheck.oneOf(hook, "matchPolicy", AdmissionRuleChecks.matchPolicies, path)
        let effects = wantsQuiet ? Self.quietEffects : Self.quietEffects + ["Some", "Unknown"]
        if hook.has("sideEffects") {
            errors += FieldCheck.oneOf(hook, "sideEffects", effects, path)
        } else {
            errors.append(.required(path("sideEffects"), "must specify one of " + effects.joined(separator: ", ")))
        }
        if let timeout = hook["timeoutSeconds"]?.int, !(1...30).contains(timeout) {
            errors.append(
                .invalid(path("timeoutSeconds"), .int(timeout), "the timeout value must be between 1 and 30 seconds"))
        }
        for name in ["namespaceSelector", "objectSelector"] where hook.has(name) {
            errors += LabelValidation.selector(hook[name], path(name))
        }
        if isMutating { errors += FieldCheck.oneOf(hook, "reinvocationPolicy", ["IfNeeded", "Never"], path) }
        errors += WebhookClientChecks.validate(hook["clientConfig"] ?? [:], path("clientConfig"))
        return errors + AdmissionRuleChecks.matchConditions(hook.elements("matchConditions"), path("matchConditions"))
    }

    private func reviewVersions(_ versions: [JSONValue], _ path: FieldPath, _ wantsKnown: Bool) -> [FieldError] {
        let known = Self.versions.joined(separator: ", ")
        if versions.isEmpty { return [.required(path, "must specify one of \(known)")] }
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, version) in versions.map({ $0.string ?? "" }).enumerated() {
            guard seen.insert(version).inserted else {
                errors.append(.invalid(path[index], .string(version), "duplicate version"))
                continue
            }
            errors += FieldCheck.invalid(path[index], version, NameValidation.dns1035Label(version))
        }
        if wantsKnown, seen.isDisjoint(with: Self.versions) {
            errors.append(.invalid(path, .array(versions), "must include at least one of \(known)"))
        }
        return errors
    }

    package let columns: [Column] = [.objectName, Column("Webhooks", type: "integer", "Number of webhooks."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), .int(Int64(object.elements("webhooks").count)), Cells.age(object, now: now)]
    }
}

/// Where a webhook is called.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/util/webhook/validation.go`.
package enum WebhookClientChecks {
    private static let form = "; desired format: https://host[/path]"

    package static func validate(_ client: JSONValue, _ path: FieldPath) -> [FieldError] {
        switch (client["url"]?.string, client.has("service")) {
        case (let text?, false): url(text, path("url"))
        case (nil, true): service(client["service"] ?? [:], path("service"))
        default: [.required(path, "exactly one of url or service is required")]
        }
    }

    static func url(_ text: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var rest = Substring(text)
        var scheme = ""
        if let colon = rest.firstIndex(of: ":"), rest[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) }) {
            scheme = rest[..<colon].lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        var (fragment, query) = ("", "")
        if let mark = rest.firstIndex(of: "#") { (fragment, rest) = (String(rest[rest.index(after: mark)...]), rest[..<mark]) }
        if let mark = rest.firstIndex(of: "?") { (query, rest) = (String(rest[rest.index(after: mark)...]), rest[..<mark]) }
        var authority = rest.hasPrefix("//") ? rest.dropFirst(2).prefix { $0 != "/" } : ""
        var user: String?
        if let mark = authority.lastIndex(of: "@") {
            (user, authority) = (String(authority[..<mark]), authority[authority.index(after: mark)...])
        }
        if scheme != "https" {
            errors.append(.invalid(path, .string(scheme), "'https' is the only allowed URL scheme" + form))
        }
        if authority.isEmpty { errors.append(.invalid(path, "", "host must be specified" + form)) }
        if let user { errors.append(.invalid(path, .string(user), "user information is not permitted in the URL")) }
        if !fragment.isEmpty {
            errors.append(.invalid(path, .string(fragment), "fragments are not permitted in the URL"))
        }
        if !query.isEmpty {
            errors.append(.invalid(path, .string(query), "query parameters are not permitted in the URL"))
        }
        return errors
    }

    static func service(_ service: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(service, "name", path, "service name is required")
        errors += FieldCheck.required(service, "namespace", path, "service namespace is required")
        let port = service["port"]?.int ?? 0
        let messages = NameValidation.portNumber(port)
        if !messages.isEmpty {
            errors.append(.invalid(path("port"), .int(port), "port is not valid: " + messages.joined(separator: ",")))
        }
        guard let text = service["path"]?.string, !text.isEmpty, text != "/" else { return errors }
        let at = path("path")
        if text == "//" { return errors + [.invalid(at, .string(text), "segment[0] may not be empty")] }
        if !text.hasPrefix("/") { errors.append(.invalid(at, .string(text), "must start with a '/'")) }
        var rest = text.dropFirst()
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        for (index, segment) in rest.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            if segment.isEmpty {
                errors.append(.invalid(at, .string(text), "segment[\(index)] may not be empty"))
            } else {
                errors += NameValidation.dns1123Subdomain(String(segment)).map {
                    .invalid(at, .string(text), "segment[\(index)]: \($0)")
                }
            }
        }
        return errors
    }
}
