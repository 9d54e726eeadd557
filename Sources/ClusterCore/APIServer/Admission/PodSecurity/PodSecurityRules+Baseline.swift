import API
import JSON

/// The rules of the Pod Security Standards.
///
/// - SeeAlso: Kubernetes 1.36 `pod-security-admission/policy/check_*.go`.
enum PodSecurityRules {
    typealias Violation = PodSecurityCheck.Violation

    /// In order of identifier.
    static let baseline: [PodSecurityCheck] = [
        PodSecurityCheck("appArmorProfile", (0, appArmor)),
        PodSecurityCheck("capabilities_baseline", (0, defaultCapabilities)),
        PodSecurityCheck("hostNamespaces", (0, hostNamespaces)),
        PodSecurityCheck("hostPathVolumes", (0, hostPathVolumes)),
        PodSecurityCheck("hostPorts", (0, hostPorts)),
        PodSecurityCheck("hostProbesAndHostLifecycle", (34, probeHosts)),
        PodSecurityCheck("privileged", (0, privileged)),
        PodSecurityCheck("procMount_baseline", (0, procMount), (35, { $0.hasOwnUsers ? nil : procMount($0) })),
        PodSecurityCheck(
            "seLinuxOptions", (0, { seLinux($0, types: seLinuxTypes) }),
            (31, { seLinux($0, types: seLinuxTypes + ["container_engine_t"]) })),
        PodSecurityCheck("seccompProfile_baseline", (0, seccompAnnotations), (19, seccompFields)),
        PodSecurityCheck(
            "sysctls", (0, { sysctls($0, allowed: safeSysctls) }), (27, { sysctls($0, allowed: safeSysctls27) }),
            (29, { sysctls($0, allowed: safeSysctls29) }), (32, { sysctls($0, allowed: safeSysctls32) })),
        PodSecurityCheck("windowsHostProcess", (0, hostProcess)),
    ]

    private static let appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/"

    private static let appArmor: PodSecurityCheck.Rule = { subject in
        func isBad(_ context: JSONValue) -> Bool {
            guard let profile = context["appArmorProfile"], profile.object != nil else { return false }
            return !["RuntimeDefault", "Localhost"].contains(profile["type"]?.string ?? "")
        }
        let pod = isBad(subject.securityContext)
        let names = subject.names(where: isBad)
        let contexts = [subject.securityContext] + subject.containers.compactMap { $0["securityContext"] }
        var values = Set(contexts.filter(isBad).map { $0["appArmorProfile"]?["type"]?.string ?? "" }).sorted()
        let annotations = subject.annotations.filter { key, value in
            key.hasPrefix(appArmorPrefix) && !value.isEmpty && value != "runtime/default" && !value.hasPrefix("localhost/")
        }
        values += annotations.map { "\($0.key)=\"\($0.value)\"" }.sorted()
        var setters = (pod ? ["pod"] : []) + (names.isEmpty ? [] : [Wording.containers(names)])
        if !annotations.isEmpty { setters.append(Wording.plural("annotation", "annotations", annotations.count)) }
        guard !setters.isEmpty else { return nil }
        let quoted = values.map { JSONWriter.text(.string($0)) }.joined(separator: ", ")
        return Violation(
            Wording.plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.count),
            "\(setters.joined(separator: " and ")) must not set AppArmor profile type to \(quoted)")
    }

    private static let harmlessCapabilities: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
        "SETPCAP", "SETUID", "SYS_CHROOT",
    ]

    private static let defaultCapabilities: PodSecurityCheck.Rule = { subject in
        func bad(_ context: JSONValue) -> [String] {
            (context["capabilities"]?["add"]?.array ?? []).compactMap(\.string).filter { !harmlessCapabilities.contains($0) }
        }
        let names = subject.names { !bad($0).isEmpty }
        guard !names.isEmpty else { return nil }
        let added = Set(subject.containers.flatMap { bad($0["securityContext"] ?? [:]) }).sorted()
        return Violation(
            "non-default capabilities",
            "\(Wording.containers(names)) must not include \(Wording.quoted(added)) in securityContext.capabilities.add")
    }

    private static let hostNamespaces: PodSecurityCheck.Rule = { subject in
        let found = ["hostNetwork", "hostPID", "hostIPC"].filter { subject.spec[$0]?.bool == true }
        return found.isEmpty
            ? nil : Violation("host namespaces", found.map { "\($0)=true" }.joined(separator: ", "))
    }

    private static let hostPathVolumes: PodSecurityCheck.Rule = { subject in
        let names = (subject.spec["volumes"]?.array ?? []).filter { $0["hostPath"]?.object != nil }
            .map(PodSecuritySubject.name)
        guard !names.isEmpty else { return nil }
        return Violation(
            "hostPath volumes", "\(Wording.plural("volume", "volumes", names.count)) \(Wording.quoted(names))")
    }

    private static let hostPorts: PodSecurityCheck.Rule = { subject in
        func ports(_ container: JSONValue) -> [Int64] {
            (container["ports"]?.array ?? []).compactMap { $0["hostPort"]?.int }.filter { $0 != 0 }
        }
        let names = subject.containers.filter { !ports($0).isEmpty }.map(PodSecuritySubject.name)
        guard !names.isEmpty else { return nil }
        let found = Set(subject.containers.flatMap(ports).map(String.init)).sorted()
        return Violation(
            "hostPort",
            "\(Wording.containers(names)) \(Wording.plural("uses", "use", names.count)) "
                + "\(Wording.plural("hostPort", "hostPorts", found.count)) \(found.joined(separator: ", "))")
    }

    private static let probeHosts: PodSecurityCheck.Rule = { subject in
        func hosts(_ container: JSONValue) -> [String] {
            let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map { container[$0] }
            let hooks = ["postStart", "preStop"].map { container["lifecycle"]?[$0] }
            return (probes + hooks).flatMap { handler in
                ["httpGet", "tcpSocket"].compactMap { handler?[$0]?["host"]?.string }.filter { !$0.isEmpty }
            }
        }
        let names = Set(subject.containers.filter { !hosts($0).isEmpty }.map(PodSecuritySubject.name)).sorted()
        guard !names.isEmpty else { return nil }
        let found = Set(subject.containers.flatMap(hosts)).sorted()
        return Violation(
            "probe or lifecycle host",
            "\(Wording.containers(names)) \(Wording.plural("uses", "use", names.count)) "
                + "\(Wording.plural("probe or lifecycle host", "probe or lifecycle hosts", found.count)) "
                + Wording.quoted(found))
    }

    private static let privileged: PodSecurityCheck.Rule = { subject in
        let names = subject.names { $0["privileged"]?.bool == true }
        return names.isEmpty
            ? nil : Violation("privileged", "\(Wording.containers(names)) must not set securityContext.privileged=true")
    }

    static let procMount: PodSecurityCheck.Rule = { subject in
        func type(_ context: JSONValue) -> String? {
            context["procMount"]?.string.flatMap { $0 == "Default" ? nil : $0 }
        }
        let names = subject.names { type($0) != nil }
        guard !names.isEmpty else { return nil }
        let types = Set(subject.containers.compactMap { type($0["securityContext"] ?? [:]) }).sorted()
        return Violation(
            "procMount",
            "\(Wording.containers(names)) must not set securityContext.procMount to \(Wording.quoted(types))")
    }

    private static let seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"]

    private static func seLinux(_ subject: PodSecuritySubject, types allowed: [String]) -> Violation? {
        func options(_ context: JSONValue) -> JSONValue { context["seLinuxOptions"] ?? [:] }
        func isSet(_ context: JSONValue, _ field: String) -> Bool { !(options(context)[field]?.string ?? "").isEmpty }
        func type(_ context: JSONValue) -> String { options(context)["type"]?.string ?? "" }
        func isBad(_ context: JSONValue) -> Bool {
            !allowed.contains(type(context)) || isSet(context, "user") || isSet(context, "role")
        }
        let pod = isBad(subject.securityContext)
        let names = subject.names(where: isBad)
        guard pod || !names.isEmpty else { return nil }
        let contexts = [subject.securityContext] + subject.containers.map { $0["securityContext"] ?? [:] }
        let types = Set(contexts.map(type).filter { !allowed.contains($0) }).sorted()
        var what: [String] = []
        if !types.isEmpty { what.append("\(Wording.plural("type", "types", types.count)) \(Wording.quoted(types))") }
        if contexts.contains(where: { isSet($0, "user") }) { what.append("user may not be set") }
        if contexts.contains(where: { isSet($0, "role") }) { what.append("role may not be set") }
        return Violation(
            "seLinuxOptions",
            "\(Wording.setters(pod: pod, containers: names)) set forbidden securityContext.seLinuxOptions: "
                + what.joined(separator: "; "))
    }

    private static let seccompAnnotations: PodSecurityCheck.Rule = { subject in
        let keys =
            ["seccomp.security.alpha.kubernetes.io/pod"]
            + subject.containers.map { "container.seccomp.security.alpha.kubernetes.io/\(PodSecuritySubject.name($0))" }
        let found = Set(
            keys.compactMap { key -> String? in
                guard let value = subject.annotations[key], !["runtime/default", "docker/default"].contains(value),
                    !value.hasPrefix("localhost/")
                else { return nil }
                return "\(key)=\"\(value)\""
            }
        ).sorted()
        guard !found.isEmpty else { return nil }
        return Violation(
            "seccompProfile",
            "forbidden \(Wording.plural("annotation", "annotations", found.count)) \(found.joined(separator: ", "))")
    }

    /// The type of a seccomp profile that is set and not allowed.
    static func badSeccomp(_ context: JSONValue) -> String? {
        guard let profile = context["seccompProfile"], profile.object != nil else { return nil }
        let type = profile["type"]?.string ?? ""
        return ["RuntimeDefault", "Localhost"].contains(type) ? nil : type
    }

    static let seccompFields: PodSecurityCheck.Rule = { subject in
        let pod = badSeccomp(subject.securityContext)
        let names = subject.names { badSeccomp($0) != nil }
        guard pod != nil || !names.isEmpty else { return nil }
        let types = Set(
            [pod].compactMap { $0 } + subject.containers.compactMap { badSeccomp($0["securityContext"] ?? [:]) }
        ).sorted()
        return Violation(
            "seccompProfile",
            "\(Wording.setters(pod: pod != nil, containers: names)) must not set securityContext.seccompProfile.type to "
                + Wording.quoted(types))
    }

    private static let safeSysctls = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    ]
    private static let safeSysctls27 = safeSysctls + ["net.ipv4.ip_local_reserved_ports"]
    private static let safeSysctls29 =
        safeSysctls27 + [
            "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        ]
    private static let safeSysctls32 = safeSysctls29 + ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]

    private static func sysctls(_ subject: PodSecuritySubject, allowed: [String]) -> Violation? {
        let found = (subject.securityContext["sysctls"]?.array ?? []).map(PodSecuritySubject.name)
            .filter { !allowed.contains($0) }
        return found.isEmpty ? nil : Violation("forbidden sysctls", found.joined(separator: ", "))
    }

    private static let hostProcess: PodSecurityCheck.Rule = { subject in
        func isSet(_ context: JSONValue) -> Bool { context["windowsOptions"]?["hostProcess"]?.bool == true }
        let pod = isSet(subject.securityContext)
        let names = subject.names(where: isSet)
        guard pod || !names.isEmpty else { return nil }
        return Violation(
            "hostProcess",
            "\(Wording.setters(pod: pod, containers: names)) must not set securityContext.windowsOptions.hostProcess=true")
    }
}
