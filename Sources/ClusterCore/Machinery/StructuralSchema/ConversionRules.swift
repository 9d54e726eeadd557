import API
import JSON

/// The rules of `spec.conversion`; paths are those of upstream's internal form.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`,
///   `validateCustomResourceConversion`.
enum ConversionRules {
    private static let known = ["v1", "v1beta1"]

    /// - Parameter old: Before an update; what was wrong then may stay.
    static func validate(_ conversion: JSONValue, _ path: FieldPath, old: JSONValue?) -> [FieldError] {
        let webhook = conversion["webhook"] ?? [:]
        let client = path("webhookClientConfig")
        let config = webhook["clientConfig"] ?? .null
        let versions = webhook["conversionReviewVersions"]?.array?.compactMap(\.string) ?? []
        switch conversion["strategy"]?.string ?? "" {
        case "Webhook":
            var errors: [FieldError] = []
            if config.object == nil {
                errors.append(.required(client, "required when strategy is set to Webhook"))
            } else {
                errors += WebhookClientChecks.validate(config, client)
                errors += bundle(config, client("caBundle"), old)
            }
            return errors + self.versions(versions, path("conversionReviewVersions"), old)
        case let strategy:
            let forbidden = "should not be set when strategy is not set to Webhook"
            var errors: [FieldError] = []
            if strategy.isEmpty {
                errors.append(.required(path("strategy")))
            } else if strategy != "None" {
                errors.append(.notSupported(path("strategy"), .string(strategy), supported: ["None", "Webhook"]))
            }
            if config.object != nil { errors.append(.forbidden(client, forbidden)) }
            if !versions.isEmpty { errors.append(.forbidden(path("conversionReviewVersions"), forbidden)) }
            return errors
        }
    }

    private static func versions(_ versions: [String], _ path: FieldPath, _ old: JSONValue?) -> [FieldError] {
        guard !versions.isEmpty else { return [.required(path)] }
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, version) in versions.enumerated() {
            guard seen.insert(version).inserted else {
                errors.append(.invalid(path[index], .string(version), "duplicate version"))
                continue
            }
            errors += NameValidation.dns1035Label(version).map { .invalid(path[index], .string(version), $0) }
        }
        let before = old?["webhook"]?["conversionReviewVersions"]?.array?.compactMap(\.string) ?? []
        let mayLackKnown = !before.isEmpty && !before.contains(where: known.contains)
        if !mayLackKnown, !versions.contains(where: known.contains) {
            errors.append(
                .invalid(path, JSONValue(versions), "must include at least one of \(known.joined(separator: ", "))"))
        }
        return errors
    }

    private static func bundle(_ config: JSONValue, _ path: FieldPath, _ old: JSONValue?) -> [FieldError] {
        guard let text = config["caBundle"]?.string, !text.isEmpty, !isBundle(text) else { return [] }
        if let before = old?["webhook"]?["clientConfig"]?["caBundle"]?.string, !before.isEmpty, !isBundle(before) { return [] }
        return [
            .invalid(
                path, .string(text),
                "unable to load root certificates: unable to parse bytes as PEM block")
        ]
    }

    private static func isBundle(_ text: String) -> Bool {
        guard let bytes = Base64.decode(text) else { return false }
        return String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----")
    }
}
