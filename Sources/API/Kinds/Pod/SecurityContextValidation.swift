import JSON

/// `securityContext` of pods and containers, and the profiles in it.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validatePodSpecSecurityContext`,
///   `ValidateSecurityContext`.
enum SecurityContextValidation {
    static func pod(_ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        guard spec.has("securityContext"), let context = spec["securityContext"] else { return [] }
        var errors: [FieldError] = []
        for field in ["fsGroup", "runAsUser", "runAsGroup"] { errors += identity(context[field]?.int, path(field)) }
        for (index, group) in context.elements("supplementalGroups").enumerated() {
            errors += identity(group.int, path("supplementalGroups")[index])
        }
        if spec["shareProcessNamespace"]?.bool ?? false, spec["hostPID"]?.bool ?? false {
            errors.append(
                .invalid(
                    path("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled"))
        }
        errors += sysctls(spec, path("sysctls"), options)
        errors += FieldCheck.optionalChoice(
            context["fsGroupChangePolicy"]?.string, ["Always", "OnRootMismatch"], path("fsGroupChangePolicy"))
        errors += seccomp(context["seccompProfile"], path("seccompProfile"))
        errors += WindowsValidation.options(context["windowsOptions"], path("windowsOptions"))
        errors += appArmor(context["appArmorProfile"], path("appArmorProfile"))
        errors += FieldCheck.optionalChoice(
            context["supplementalGroupsPolicy"]?.string, ["Merge", "Strict"], path("supplementalGroupsPolicy"))
        errors += FieldCheck.optionalChoice(
            context["seLinuxChangePolicy"]?.string, ["MountOption", "Recursive"], path("seLinuxChangePolicy"))
        return errors
    }

    static func container(_ context: JSONValue?, _ path: FieldPath, usesHostUsers: Bool) -> [FieldError] {
        guard let context, !context.isNull else { return [] }
        var errors = identity(context["runAsUser"]?.int, path("runAsUser"))
        errors += identity(context["runAsGroup"]?.int, path("runAsGroup"))
        if let mount = context["procMount"]?.string {
            errors += FieldCheck.optionalChoice(mount, ["Default", "Unmasked"], path("procMount"))
            if usesHostUsers, mount == "Unmasked" {
                errors.append(
                    .invalid(path("procMount"), .string(mount), "`hostUsers` must be false to use `Unmasked`"))
            }
        }
        errors += seccomp(context["seccompProfile"], path("seccompProfile"))
        if context["allowPrivilegeEscalation"]?.bool == false {
            if context["privileged"]?.bool ?? false {
                errors.append(
                    .invalid(
                        path, GoValue.securityContext(context),
                        "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
            }
            if context["capabilities"]?.elements("add").contains("CAP_SYS_ADMIN") ?? false {
                errors.append(
                    .invalid(
                        path, GoValue.securityContext(context),
                        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
            }
        }
        errors += WindowsValidation.options(context["windowsOptions"], path("windowsOptions"))
        return errors + appArmor(context["appArmorProfile"], path("appArmorProfile"))
    }

    static func identity(_ number: Int64?, _ path: FieldPath) -> [FieldError] {
        guard let number else { return [] }
        return NameValidation.identity(number).map { .invalid(path, .int(number), $0) }
    }

    static func seccomp(_ profile: JSONValue?, _ path: FieldPath) -> [FieldError] {
        guard let profile, !profile.isNull else { return [] }
        let type = profile.text("type")
        var errors: [FieldError] = []
        if type.isEmpty {
            errors.append(.required(path("type"), "type is required when seccompProfile is set"))
        } else {
            errors += FieldCheck.optionalChoice(type, ["Localhost", "RuntimeDefault", "Unconfined"], path("type"))
        }
        let at = path("localhostProfile")
        let file = profile["localhostProfile"]?.string
        if type == "Localhost" {
            guard let file else { return errors + [.required(at, "must be set when seccomp type is Localhost")] }
            return errors + PathValidation.localDescending(file, at)
        }
        guard let file else { return errors }
        let found: JSONValue = ["Type": .string(type), "LocalhostProfile": .string(file)]
        return errors + [.invalid(at, found, "can only be set when seccomp type is Localhost")]
    }

    private static let profilePathMax = 4095

    static func appArmor(_ profile: JSONValue?, _ path: FieldPath) -> [FieldError] {
        guard let profile, !profile.isNull else { return [] }
        let at = path("localhostProfile")
        let name = profile["localhostProfile"]?.string
        switch profile.text("type") {
        case "Localhost":
            guard let name else { return [.required(at, "must be set when AppArmor type is Localhost")] }
            var errors: [FieldError] = []
            if name.first?.isWhitespace ?? false || name.last?.isWhitespace ?? false {
                errors.append(.invalid(at, .string(name), "must not be padded with whitespace"))
            } else if name.isEmpty {
                errors.append(.required(at, "must be set when AppArmor type is Localhost"))
            }
            if name.utf8.count > profilePathMax { errors.append(.tooLong(at, bytesMax: profilePathMax)) }
            return errors
        case "RuntimeDefault", "Unconfined":
            guard let name else { return [] }
            return [.invalid(at, .string(name), "can only be set when AppArmor type is Localhost")]
        case "": return [.required(path("type"), "type is required when appArmorProfile is set")]
        case let other:
            return [
                .notSupported(path("type"), .string(other), inOrder: ["Localhost", "RuntimeDefault", "Unconfined"])
            ]
        }
    }

    private static let sysctlNameMax = 253

    private static func sysctls(_ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        let refused = options.allowsHostSysctls ? [] : hostSysctls(spec, path)
        for (index, sysctl) in (spec["securityContext"]?.elements("sysctls") ?? []).enumerated() {
            let at = path[index]("name")
            let name = sysctl.text("name")
            if name.isEmpty {
                errors.append(.required(at))
            } else if !isSysctl(name) {
                errors.append(
                    .invalid(
                        at, .string(name),
                        "must have at most \(sysctlNameMax) characters and match regex "
                            + "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"))
            } else if names.contains(name) {
                errors.append(.duplicate(at, .string(name)))
            }
            errors += refused.filter { $0.field == at.description }
            names.insert(name)
        }
        return errors
    }

    /// Sysctls of a namespace that the pod shares with the host.
    static func hostSysctls(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, sysctl) in (spec["securityContext"]?.elements("sysctls") ?? []).enumerated() {
            let name = sysctl.text("name")
            let at = path[index]("name")
            switch sysctlNamespace(name) {
            case "net" where spec["hostNetwork"]?.bool ?? false:
                errors.append(.invalid(at, .string(name), "may not be specified when 'hostNetwork' is true"))
            case "ipc" where spec["hostIPC"]?.bool ?? false:
                errors.append(.invalid(at, .string(name), "may not be specified when 'hostIPC' is true"))
            default: break
            }
        }
        return errors
    }

    /// - SeeAlso: Kubernetes 1.36 `component-helpers/node/util/sysctl/namespace.go`.
    private static func sysctlNamespace(_ name: String) -> String {
        let name = name.replacing("/", with: ".")
        if name.hasPrefix("net.") { return "net" }
        let isIPC = name == "kernel.sem" || ["kernel.shm", "kernel.msg", "fs.mqueue."].contains(where: name.hasPrefix)
        return isIPC ? "ipc" : ""
    }

    private static func isSysctl(_ name: String) -> Bool {
        guard name.utf8.count <= sysctlNameMax else { return false }
        return name.split(whereSeparator: { $0 == "." || $0 == "/" }).count
            == name.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" }).count
            && name.split(whereSeparator: { $0 == "." || $0 == "/" }).allSatisfy { part in
                let bytes = part.utf8
                guard let first = bytes.first, let last = bytes.last, isLower(first), isLower(last) else { return false }
                return bytes.allSatisfy { isLower($0) || $0 == 0x2d || $0 == 0x5f }
            }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
}
