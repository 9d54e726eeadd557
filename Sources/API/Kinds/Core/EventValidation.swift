import JSON

/// What events of both groups must satisfy, asked of the core form.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/events.go`, `legacyValidateEvent`.
enum EventValidation {
    private static let wordBytesMax = 128
    private static let noteBytesMax = 1024

    /// - Parameter controller: What the group that was asked calls the reporting controller.
    static func legacy(_ event: JSONValue, controller: String) -> [FieldError] {
        let namespace = event["metadata"]?.text("namespace") ?? ""
        let target = event["involvedObject"]?.text("namespace") ?? ""
        let mismatch = FieldError.invalid(
            FieldPath("involvedObject")("namespace"), .string(target), "does not match event.namespace")
        var errors: [FieldError] = []
        if event.has("eventTime") {
            if target.isEmpty, namespace != "default", namespace != "kube-system" { errors.append(mismatch) }
            errors += words(event, controller: controller)
        } else if target.isEmpty ? !["", "default"].contains(namespace) : target != namespace {
            errors.append(mismatch)
        }
        return errors
            + FieldCheck.invalid(FieldPath("namespace"), namespace, NameValidation.dns1123Subdomain(namespace))
    }

    private static func words(_ event: JSONValue, controller: String) -> [FieldError] {
        let reporter = event.text("reportingComponent")
        var errors: [FieldError] = reporter.isEmpty ? [.required(FieldPath(controller))] : []
        errors += FieldCheck.invalid(FieldPath(controller), reporter, NameValidation.qualifiedName(reporter))
        for name in ["reportingInstance", "action", "reason"] {
            let text = event.text(name)
            if text.isEmpty { errors.append(.required(FieldPath(name))) }
            if text.utf8.count > wordBytesMax {
                errors.append(.invalid(FieldPath(name), "", "can have at most \(wordBytesMax) characters"))
            }
        }
        if event.text("message").utf8.count > noteBytesMax {
            errors.append(.invalid(FieldPath("message"), "", "can have at most \(noteBytesMax) characters"))
        }
        return errors
    }

    static func series(_ event: JSONValue) -> [FieldError] {
        guard let series = event["series"], !series.isNull else { return [] }
        var errors: [FieldError] = []
        if series["count"]?.int ?? 0 < 2 {
            errors.append(.invalid(FieldPath("series.count"), "", "should be at least 2"))
        }
        if !series.has("lastObservedTime") { errors.append(.required(FieldPath("series.lastObservedTime"))) }
        return errors
    }
}
