import JSON

/// What only Windows pods have, and what a pod of one system may not take from the other.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateWindowsSecurityContextOptions`, `validateOS`.
enum WindowsValidation {
    private static let credentialSpecBytesMax = 64 * 1024
    private static let domainLengthMax = 256
    private static let userLengthMax = 104

    static func options(_ options: JSONValue?, _ path: FieldPath) -> [FieldError] {
        guard let options, !options.isNull else { return [] }
        var errors: [FieldError] = []
        if let name = options["gmsaCredentialSpecName"]?.string {
            errors += FieldCheck.text(name, path("gmsaCredentialSpecName"), NameValidation.dns1123Subdomain)
        }
        if let text = options["gmsaCredentialSpec"]?.string {
            let at = path("gmsaCredentialSpec")
            if text.isEmpty {
                errors.append(.invalid(at, "", "gmsaCredentialSpec cannot be an empty string"))
            } else if text.utf8.count > credentialSpecBytesMax {
                errors.append(.invalid(at, .string(text), "gmsaCredentialSpec size must be under 64 KiB"))
            }
        }
        if let name = options["runAsUserName"]?.string {
            errors += userName(name).map { .invalid(path("runAsUserName"), .string(name), "runAsUserName" + $0) }
        }
        return errors
    }

    private static func userName(_ name: String) -> [String] {
        if name.isEmpty { return [" cannot be an empty string"] }
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) { return [" cannot contain control characters"] }
        let parts = name.split(separator: "\\", omittingEmptySubsequences: false)
        if parts.count > 2 { return [" cannot contain more than one backslash"] }
        var messages: [String] = []
        let user = parts.last ?? ""
        if parts.count == 2 {
            let domain = parts[0]
            if domain.utf8.count >= domainLengthMax {
                messages.append("'s Domain length must be under \(domainLengthMax) characters")
            }
            if !isNetBIOS(domain), !isDNS(domain) {
                messages.append("'s Domain doesn't match the NetBios nor the DNS format")
            }
        }
        if user.isEmpty {
            messages.append("'s User cannot be empty")
        } else if user.utf8.count > userLengthMax {
            messages.append("'s User length must not be longer than \(userLengthMax) characters")
        }
        if !user.isEmpty, user.allSatisfy({ $0 == "." || $0 == " " }) {
            messages.append("'s User cannot contain only periods or spaces")
        }
        if user.contains(where: "\"/\\:;|=,+*?<>@[]".contains) {
            messages.append("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
        }
        return messages
    }

    private static func isNetBIOS(_ domain: Substring) -> Bool {
        (1...15).contains(domain.count) && domain.first != "." && !domain.contains(where: "\\/:*?\"<>|".contains)
    }

    private static func isDNS(_ domain: Substring) -> Bool {
        domain.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            NameValidation.dns1123Label($0.lowercased()).isEmpty
        }
    }

    /// Containers that are processes of the host: all or none, and on the host's network.
    static func hostProcess(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let whole = spec["securityContext"]?["windowsOptions"]?["hostProcess"]?.bool
        var (count, hostCount) = (0, 0)
        for (container, at) in PodContainers.each(spec, path) {
            count += 1
            let own = container["securityContext"]?["windowsOptions"]?["hostProcess"]?.bool
            if let whole, let own, whole != own {
                errors.append(
                    .invalid(
                        at("securityContext")("windowsOptions")("hostProcess"), .bool(own),
                        "pod hostProcess value must be identical if both are specified, was \(whole)"))
            }
            if own ?? whole ?? false { hostCount += 1 }
        }
        if hostCount == 0 { return errors }
        if hostCount != count {
            errors.append(
                .invalid(
                    path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
        }
        if !(spec["hostNetwork"]?.bool ?? false) {
            errors.append(
                .invalid(
                    path("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers"))
        }
        return errors
    }

    static func system(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard spec.has("os"), let name = spec["os"]?.text("name") else { return [] }
        switch name {
        case "": return [.required(path("os")("name"), "cannot be empty")]
        case "linux": return linux(spec, path)
        case "windows": return windows(spec, path)
        default: return [.notSupported(path("os"), .string(name), inOrder: ["linux", "windows"])]
        }
    }

    private static func linux(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let places = [(spec, path)] + PodContainers.each(spec, path).map { ($0.container, $0.path) }
        return places.filter { $0.0["securityContext"]?.has("windowsOptions") ?? false }.map {
            .forbidden($0.1("securityContext")("windowsOptions"), "windows options cannot be set for a linux pod")
        }
    }

    private static let podFields = [
        "appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls", "runAsUser",
        "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy",
    ]
    private static let containerFields = [
        "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
        "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
    ]

    private static func windows(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let why = "cannot be set for a windows pod"
        func refused(_ context: JSONValue?, _ fields: [String], _ path: FieldPath) -> [FieldError] {
            guard let context else { return [] }
            return fields.filter(context.has).map { .forbidden(path("securityContext")($0), why) }
        }
        var errors = refused(spec["securityContext"], podFields, path)
        errors += ["hostUsers", "shareProcessNamespace"].filter(spec.has).map { .forbidden(path($0), why) }
        errors += ["hostPID", "hostIPC"].filter { spec[$0]?.bool ?? false }.map { .forbidden(path($0), why) }
        for (container, at) in PodContainers.each(spec, path) {
            errors += refused(container["securityContext"], containerFields, at)
        }
        return errors
    }
}
