import JSON

/// Probes, lifecycle hooks and what they do.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateProbe`, `validateHandler`.
enum HandlerValidation {
    /// - Parameter grace: The pod's `terminationGracePeriodSeconds`; nil when it has none.
    static func probes(_ container: JSONValue, _ path: FieldPath, grace: Int64?) -> [FieldError] {
        var errors: [FieldError] = []
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
            guard container.has(name), let probe = container[name] else { continue }
            let at = path(name)
            errors += handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], at, grace: grace)
            for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
                errors += FieldCheck.nonNegative(probe[field]?.int, at(field))
            }
            let own = probe["terminationGracePeriodSeconds"]?.int
            if let own, own <= 0 {
                errors.append(.invalid(at("terminationGracePeriodSeconds"), .int(own), "must be greater than 0"))
            }
            if name == "readinessProbe" {
                if let own {
                    errors.append(
                        .invalid(
                            at("terminationGracePeriodSeconds"), .int(own), "must not be set for readinessProbes"))
                }
            } else if let threshold = probe["successThreshold"]?.int, threshold != 1 {
                errors.append(.invalid(at("successThreshold"), .int(threshold), "must be 1"))
            }
        }
        return errors
    }

    static func lifecycle(_ container: JSONValue, _ path: FieldPath, _ spec: JSONValue) -> [FieldError] {
        guard container.has("lifecycle"), let lifecycle = container["lifecycle"] else { return [] }
        var errors: [FieldError] = []
        let grace = spec["terminationGracePeriodSeconds"]?.int
        for name in ["postStart", "preStop"] {
            guard lifecycle.has(name), let hook = lifecycle[name] else { continue }
            errors += handler(hook, ["exec", "httpGet", "tcpSocket", "sleep"], path(name), grace: grace)
        }
        return errors + stopSignal(lifecycle, path("stopSignal"), spec)
    }

    private static func stopSignal(_ lifecycle: JSONValue, _ path: FieldPath, _ spec: JSONValue) -> [FieldError] {
        guard let signal = lifecycle["stopSignal"]?.string else { return [] }
        let system = spec["os"]?.text("name") ?? ""
        if system.isEmpty { return [.forbidden(path, "may not be set for containers with empty `spec.os.name`")] }
        let isWindows = system == "windows"
        if isWindows ? ["SIGTERM", "SIGKILL"].contains(signal) : Signals.names.contains(signal) { return [] }
        return [
            .notSupported(
                path, .string(signal), inOrder: isWindows ? ["SIGKILL", "SIGTERM"] : Signals.names.sorted())
        ]
    }

    private static func handler(
        _ handler: JSONValue, _ names: [String], _ path: FieldPath, grace: Int64?
    ) -> [FieldError] {
        let given = names.filter(handler.has)
        guard let first = given.first, let action = handler[first] else {
            return [.required(path, "must specify a handler type")]
        }
        var errors: [FieldError] = []
        let at = path(first)
        switch first {
        case "exec":
            if action.elements("command").isEmpty { errors.append(.required(at("command"))) }
        case "httpGet": errors += httpGet(action, at)
        case "sleep":
            let seconds = action["seconds"]?.int ?? 0
            if let grace, seconds < 0 || seconds > grace {
                errors.append(
                    .invalid(
                        at, .int(seconds), "must be non-negative and less than terminationGracePeriodSeconds (\(grace))"))
            }
        default: errors += port(action["port"], at("port"))
        }
        return errors + given.dropFirst().map { .forbidden(path($0), "may not specify more than 1 handler type") }
    }

    private static func httpGet(_ action: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if action.text("path").isEmpty { errors.append(.required(path("path"))) }
        errors += port(action["port"], path("port"))
        errors += FieldCheck.optionalChoice(action.text("scheme"), ["HTTP", "HTTPS"], path("scheme"))
        for header in action.elements("httpHeaders") {
            errors += FieldCheck.text(header.text("name"), path("httpHeaders"), NameValidation.httpHeaderName)
        }
        return errors
    }

    /// A port's number or name.
    static func port(_ value: JSONValue?, _ path: FieldPath) -> [FieldError] {
        switch IntOrString(json: value) {
        case .string(let name): FieldCheck.text(name, path, NameValidation.portName)
        case .int(let number): NameValidation.portNumber(Int64(number)).map { .invalid(path, .int(Int64(number)), $0) }
        case nil: NameValidation.portNumber(0).map { .invalid(path, 0, $0) }
        }
    }
}

/// Signals that a container may be stopped with.
enum Signals {
    static let names: Set<String> = Set(
        [
            "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF",
            "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2",
            "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
        ].map { "SIG" + $0 }
            + (1...15).map { "SIGRTMIN+\($0)" } + (1...14).map { "SIGRTMAX-\($0)" })
}
