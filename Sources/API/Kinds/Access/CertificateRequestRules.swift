package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/certificates/certificates/strategy.go`,
///   `pkg/apis/certificates/validation/validation.go`.
package struct CertificateRequestRules: KindRules {
    package let separatesStatus = true
    package let selectableFields = ["spec.signerName"]

    /// Any name will do.
    package func validateName(_ name: String) -> [String] { NameValidation.pathSegmentName(name) }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["spec"] = old["spec"]
        new["status"] = old["status"]
    }

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new, old: old) + Self.keeps(new, old, ["Approved", "Denied", "Failed"])
            + Self.fixed(new, old, ["Approved", "Denied"]) + certificate(new, old, mayBeSet: false)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new, old: old) + Self.keeps(new, old, ["Approved", "Denied", "Failed"])
            + Self.fixed(new, old, ["Approved", "Denied"]) + certificate(new, old, mayBeSet: true)
    }

    /// Through `/approval`: conditions of approval may come, the certificate may not.
    package static func validateApproval(new: JSONValue, old: JSONValue) -> [FieldError] {
        let rules = CertificateRequestRules()
        return rules.check(new, old: old) + keeps(new, old, ["Approved", "Denied", "Failed"])
            + rules.certificate(new, old, mayBeSet: false)
    }

    private static let usages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
        "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
        "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
        "server auth", "signing", "timestamping",
    ]

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors: [FieldError] = []
        if let problem = CertificateEncoding.requestProblem(Base64.decode(spec.text("request")) ?? []) {
            errors.append(.invalid(path("request"), spec["request"] ?? "", problem))
        }
        errors += usages(spec, old?["spec"], path("usages"))
        let signer = spec.text("signerName")
        if signer == "kubernetes.io/legacy-unknown", old?["spec"]?.text("signerName") != signer {
            errors.append(
                .invalid(
                    path("signerName"), .string(signer), "the legacy signerName is not allowed via this API version"))
        } else {
            errors += DomainChecks.signer(signer, path("signerName"))
        }
        if let seconds = spec["expirationSeconds"]?.int, seconds < 600 {
            errors.append(
                .invalid(
                    path("expirationSeconds"), .int(seconds),
                    "may not specify a duration less than 600 seconds (10 minutes)"))
        }
        errors += conditions(object, old)
        let text = object["status"]?["certificate"]?.string ?? ""
        if text != old?["status"]?["certificate"]?.string ?? "",
            let problem = CertificateEncoding.certificateProblem(Base64.decode(text) ?? [])
        {
            errors.append(
                .invalid(FieldPath("status")("certificate"), "<certificate data>", problem))
        }
        return errors
    }

    private func usages(_ spec: JSONValue, _ old: JSONValue?, _ path: FieldPath) -> [FieldError] {
        let usages = spec.elements("usages").map { $0.string ?? "" }
        if usages.isEmpty { return [.required(path)] }
        if let old, old["usages"] == spec["usages"] { return [] }
        var errors: [FieldError] = []
        for (index, usage) in usages.enumerated() where !Self.usages.contains(usage) {
            errors.append(FieldError.notSupported(path[index], .string(usage), inOrder: Self.usages))
        }
        for (index, usage) in usages.enumerated() where usages[..<index].contains(usage) {
            errors.append(.duplicate(path[index], .string(usage)))
        }
        return errors
    }

    private func conditions(_ object: JSONValue, _ old: JSONValue?) -> [FieldError] {
        let path = FieldPath("status")("conditions")
        let before = (old?["status"]?.elements("conditions") ?? []).map { $0.text("type") }
        let hadBoth = before.contains("Approved") && before.contains("Denied")
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, condition) in (object["status"]?.elements("conditions") ?? []).enumerated() {
            let at = path[index]
            let type = condition.text("type")
            if type.isEmpty, !before.contains("") { errors.append(.required(at("type"))) }
            let statuses = ["Approved", "Denied", "Failed"].contains(type) ? ["True"] : ConditionChecks.statuses
            errors += FieldCheck.requiredOneOf(condition, "status", statuses, at)
            let opposite = type == "Approved" ? "Denied" : type == "Denied" ? "Approved" : nil
            if let opposite, !hadBoth, seen.contains(opposite) {
                errors.append(
                    .invalid(
                        at("type"), .string(type), "Approved and Denied conditions are mutually exclusive"))
            }
            if !seen.insert(type).inserted, Set(before).count == before.count {
                errors.append(.duplicate(at("type"), .string(type)))
            }
        }
        return errors
    }

    private static func conditions(_ object: JSONValue, _ type: String) -> [JSONValue] {
        (object["status"]?.elements("conditions") ?? []).filter { $0.text("type") == type }
    }

    private static func keeps(_ new: JSONValue, _ old: JSONValue, _ types: [String]) -> [FieldError] {
        types.compactMap { type in
            if conditions(new, type).count >= conditions(old, type).count { return nil }
            return .forbidden(
                FieldPath("status")("conditions"), "updates may not remove a condition of type \"\(type)\"")
        }
    }

    private static func fixed(_ new: JSONValue, _ old: JSONValue, _ types: [String]) -> [FieldError] {
        types.compactMap { type in
            let (after, before) = (conditions(new, type), conditions(old, type))
            let path = FieldPath("status")("conditions")
            if after.count > before.count {
                return .forbidden(path, "updates may not add a condition of type \"\(type)\"")
            }
            if after.count == before.count, after != before {
                return .forbidden(path, "updates may not modify a condition of type \"\(type)\"")
            }
            return nil
        }
    }

    private func certificate(_ new: JSONValue, _ old: JSONValue, mayBeSet: Bool) -> [FieldError] {
        let path = FieldPath("status")("certificate")
        let (after, before) = (new["status"]?.text("certificate") ?? "", old["status"]?.text("certificate") ?? "")
        if after == before { return [] }
        if !mayBeSet { return [.forbidden(path, "updates may not set certificate content")] }
        return before.isEmpty ? [] : [.forbidden(path, "updates may not modify existing certificate content")]
    }

    package let columns: [Column] = [
        .objectName, .age, Column("SignerName", "Who is to sign."), Column("Requestor", "Who asks."),
        Column("RequestedDuration", "How long the certificate is to be valid."),
        Column("Condition", "Whether it is approved and issued."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let types = Set((object["status"]?.elements("conditions") ?? []).map { $0.text("type") })
        var state = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending"
        if types.contains("Failed") { state += ",Failed" }
        if !(object["status"]?.text("certificate") ?? "").isEmpty { state += ",Issued" }
        let duration = spec["expirationSeconds"]?.int.map { HumanDuration.print(seconds: $0) } ?? "<none>"
        return [
            Cells.name(object), Cells.age(object, now: now), Cells.text(spec["signerName"]), .string(spec.text("username")),
            .string(duration), .string(state),
        ]
    }
}
