import JSON

/// The rules that events of both groups keep; what the newer group adds is its own.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/events.go`, `legacyValidateEvent`.
enum EventValidation {
    private static let wordLengthMax = 128
    private static let noteLengthMax = 1024

    /// - Parameters:
    ///   - event: In the core form.
    ///   - isNewForm: The writer used `events.k8s.io`, whose name of one member the messages carry.
    static func legacy(_ event: JSONValue, isNewForm: Bool = false) -> [FieldError] {
        let namespace = event["metadata"]?.text("namespace") ?? ""
        let target = event["involvedObject"]?.text("namespace") ?? ""
        let mismatch = FieldError.invalid(
            FieldPath("involvedObject")("namespace"), .string(target), "does not match event.namespace")
        var errors: [FieldError] = []
        if event.has("eventTime") {
            if target.isEmpty, !["default", "kube-system"].contains(namespace) { errors.append(mismatch) }
            errors += series(event, isNewForm ? "reportingController" : "reportingComponent")
        } else if target.isEmpty ? !["", "default"].contains(namespace) : target != namespace {
            errors.append(mismatch)
        }
        return errors + FieldCheck.text(namespace, FieldPath("namespace"), NameValidation.dns1123Subdomain)
    }

    /// What an event with a time of its own must say.
    private static func series(_ event: JSONValue, _ controllerField: String) -> [FieldError] {
        let controller = event.text("reportingComponent")
        var errors: [FieldError] = controller.isEmpty ? [.required(FieldPath(controllerField))] : []
        errors += FieldCheck.text(controller, FieldPath(controllerField), NameValidation.qualifiedName)
        for field in ["reportingInstance", "action", "reason"] {
            let text = event.text(field)
            if text.isEmpty { errors.append(.required(FieldPath(field))) }
            errors += length(text, wordLengthMax, field)
        }
        return errors + length(event.text("message"), noteLengthMax, "message")
    }

    private static func length(_ text: String, _ max: Int, _ field: String) -> [FieldError] {
        text.utf8.count > max ? [.invalid(FieldPath(field), "", "can have at most \(max) characters")] : []
    }
}
