import JSON

/// Annotations that mean something to a pod.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePodSpecificAnnotations`.
enum PodAnnotationValidation {
    static let mirror = "kubernetes.io/config.mirror"
    private static let cost = "controller.kubernetes.io/pod-deletion-cost"
    private static let appArmor = "container.apparmor.security.beta.kubernetes.io/"
    private static let seccompPod = "seccomp.security.alpha.kubernetes.io/pod"
    private static let seccompContainer = "container.seccomp.security.alpha.kubernetes.io/"

    static func validate(
        _ annotations: JSONValue?, _ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions
    ) -> [FieldError] {
        let all = annotations?.object?.strings ?? [:]
        if all.isEmpty { return [] }
        var errors: [FieldError] = []
        if let value = all[mirror], spec.text("nodeName").isEmpty {
            errors.append(
                .invalid(
                    path.key(mirror), .string(value), "must set spec.nodeName if mirror pod annotation is set"))
        }
        if !options.allowsInvalidDeletionCost { errors += deletionCost(annotations, path) }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            if key == seccompPod || key.hasPrefix(seccompContainer) { errors += seccomp(value, path(key)) }
            if key.hasPrefix(appArmor) { errors += appArmor(key, value, spec, path) }
        }
        return errors
    }

    static func deletionCost(_ annotations: JSONValue?, _ path: FieldPath) -> [FieldError] {
        guard let text = annotations?[cost]?.string else { return [] }
        // Neither a plus sign nor zeros in front.
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let isPlain = digits == "0" || !(digits.hasPrefix("0") || digits.hasPrefix("+"))
        if isPlain, Int32(text) != nil { return [] }
        return [.invalid(path.key(cost), .string(text), "must be a 32bit integer")]
    }

    private static func seccomp(_ profile: String, _ path: FieldPath) -> [FieldError] {
        if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return [] }
        guard profile.hasPrefix("localhost/") else {
            return [.invalid(path, .string(profile), "must be a valid seccomp profile")]
        }
        return PathValidation.localDescending(String(profile.dropFirst("localhost/".count)), path)
    }

    private static func appArmor(_ key: String, _ profile: String, _ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let container = String(key.dropFirst(appArmor.count))
        if !PodContainers.all(spec).contains(where: { $0.text("name") == container }) {
            errors.append(.invalid(path.key(key), .string(container), "container not found"))
        }
        if !["", "runtime/default", "unconfined"].contains(profile), !profile.hasPrefix("localhost/") {
            errors.append(
                .invalid(path.key(key), .string(profile), "invalid AppArmor profile name: \"\(profile)\""))
        }
        return errors
    }

    /// Where a profile stands in a field and in an annotation, both must say the same.
    static func agreement(_ annotations: JSONValue?, _ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let all = annotations?.object?.strings ?? [:]
        if all.isEmpty { return [] }
        var errors: [FieldError] = []
        let context = spec["securityContext"]
        if let profile = context?["seccompProfile"] {
            errors += agree(
                profile, all[seccompPod], path("securityContext")("seccompProfile"), "seccomp",
                ["runtime/default", "docker/default"])
        }
        let isWindows = spec["os"]?.text("name") == "windows"
        for (container, at) in PodContainers.each(spec, path) {
            let (name, own) = (container.text("name"), container["securityContext"])
            if let profile = own?["seccompProfile"] {
                errors += agree(
                    profile, all[seccompContainer + name], at("securityContext")("seccompProfile"), "seccomp",
                    ["runtime/default", "docker/default"])
            }
            if !isWindows, let profile = own?["appArmorProfile"] ?? context?["appArmorProfile"] {
                errors += agree(
                    profile, all[appArmor + name], at("securityContext")("appArmorProfile"), "apparmor", ["runtime/default"])
            }
        }
        return errors
    }

    private static func agree(
        _ profile: JSONValue, _ annotation: String?, _ path: FieldPath, _ what: String, _ defaults: [String]
    ) -> [FieldError] {
        guard let annotation, !profile.isNull else { return [] }
        let typeDiffers = [FieldError.forbidden(path("type"), "\(what) type in annotation and field must match")]
        switch profile.text("type") {
        case "Unconfined": return annotation == "unconfined" ? [] : typeDiffers
        case "RuntimeDefault": return defaults.contains(annotation) ? [] : typeDiffers
        case "Localhost":
            guard annotation.hasPrefix("localhost/") else { return typeDiffers }
            if String(annotation.dropFirst("localhost/".count)) == profile["localhostProfile"]?.string { return [] }
            return [.forbidden(path("localhostProfile"), "\(what) profile in annotation and field must match")]
        default: return []
        }
    }

    static func validateUpdate(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath) -> [FieldError] {
        let (after, before) = (new?.object?.strings ?? [:], old?.object?.strings ?? [:])
        var errors: [FieldError] = []
        for (key, value) in before.sorted(by: { $0.key < $1.key }) where after[key] != value {
            if key.hasPrefix(appArmor) {
                errors.append(.forbidden(path.key(key), "may not remove or update AppArmor annotations"))
            }
            if key == mirror {
                errors.append(.forbidden(path.key(key), "may not remove or update mirror pod annotation"))
            }
        }
        for key in after.keys.sorted() where before[key] == nil {
            if key.hasPrefix(appArmor) { errors.append(.forbidden(path.key(key), "may not add AppArmor annotations")) }
            if key == mirror { errors.append(.forbidden(path.key(key), "may not add mirror pod annotation")) }
        }
        return errors
    }
}
