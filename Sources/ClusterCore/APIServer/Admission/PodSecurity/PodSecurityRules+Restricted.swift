import API
import JSON

extension PodSecurityRules {
    /// In order of identifier; these come on top of the baseline.
    static let restricted: [PodSecurityCheck] = [
        PodSecurityCheck(
            "allowPrivilegeEscalation", (8, privilegeEscalation), (25, { $0.isWindows ? nil : privilegeEscalation($0) })),
        PodSecurityCheck(
            "capabilities_restricted", replaces: "capabilities_baseline", (22, noCapabilities),
            (25, { $0.isWindows ? nil : noCapabilities($0) })),
        PodSecurityCheck("procMount_restricted", replaces: "procMount_baseline", (35, procMount)),
        PodSecurityCheck("restrictedVolumes", replaces: "hostPathVolumes", (0, volumeTypes)),
        PodSecurityCheck("runAsNonRoot", (0, nonRoot), (35, { $0.hasOwnUsers ? nil : nonRoot($0) })),
        PodSecurityCheck("runAsUser", (23, rootUser), (35, { $0.hasOwnUsers ? nil : rootUser($0) })),
        PodSecurityCheck(
            "seccompProfile_restricted", replaces: "seccompProfile_baseline", (19, seccompRequired),
            (25, { $0.isWindows ? nil : seccompRequired($0) })),
    ]

    private static let privilegeEscalation: PodSecurityCheck.Rule = { subject in
        let names = subject.names { $0["allowPrivilegeEscalation"]?.bool != false }
        return names.isEmpty
            ? nil
            : Violation(
                "allowPrivilegeEscalation != false",
                "\(Wording.containers(names)) must set securityContext.allowPrivilegeEscalation=false")
    }

    private static let noCapabilities: PodSecurityCheck.Rule = { subject in
        func list(_ context: JSONValue, _ which: String) -> [String] {
            (context["capabilities"]?[which]?.array ?? []).compactMap(\.string)
        }
        func bad(_ context: JSONValue) -> [String] { list(context, "add").filter { $0 != "NET_BIND_SERVICE" } }
        let keeping = subject.names { !list($0, "drop").contains("ALL") }
        let adding = subject.names { !bad($0).isEmpty }
        var details: [String] = []
        if !keeping.isEmpty {
            details.append("\(Wording.containers(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]")
        }
        if !adding.isEmpty {
            let added = Set(subject.containers.flatMap { bad($0["securityContext"] ?? [:]) }).sorted()
            details.append(
                "\(Wording.containers(adding)) must not include \(Wording.quoted(added)) in securityContext.capabilities.add")
        }
        return details.isEmpty ? nil : Violation("unrestricted capabilities", details.joined(separator: "; "))
    }

    private static let allowedVolumes = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
    ]
    private static let knownVolumes = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume",
        "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "portworxVolume",
        "scaleIO", "storageos",
    ]

    private static let volumeTypes: PodSecurityCheck.Rule = { subject in
        let bad = (subject.spec["volumes"]?.array ?? []).filter { volume in
            !allowedVolumes.contains { volume[$0]?.object != nil }
        }
        guard !bad.isEmpty else { return nil }
        let types = Set(bad.map { volume in knownVolumes.first { volume[$0]?.object != nil } ?? "unknown" }).sorted()
        return Violation(
            "restricted volume types",
            "\(Wording.plural("volume", "volumes", bad.count)) \(Wording.quoted(bad.map(PodSecuritySubject.name))) "
                + "\(Wording.plural("uses", "use", bad.count)) "
                + "\(Wording.plural("restricted volume type", "restricted volume types", types.count)) "
                + Wording.quoted(types))
    }

    private static let nonRoot: PodSecurityCheck.Rule = { subject in
        let pod = subject.securityContext["runAsNonRoot"]?.bool
        let explicit = subject.names { $0["runAsNonRoot"]?.bool == false }
        if pod == false || !explicit.isEmpty {
            return Violation(
                "runAsNonRoot != true",
                "\(Wording.setters(pod: pod == false, containers: explicit)) must not set securityContext.runAsNonRoot=false")
        }
        let implicit = pod == true ? [] : subject.names { $0["runAsNonRoot"]?.bool == nil }
        return implicit.isEmpty
            ? nil
            : Violation(
                "runAsNonRoot != true", "pod or \(Wording.containers(implicit)) must set securityContext.runAsNonRoot=true")
    }

    private static let rootUser: PodSecurityCheck.Rule = { subject in
        let pod = subject.securityContext["runAsUser"]?.int == 0
        let names = subject.names { $0["runAsUser"]?.int == 0 }
        return pod || !names.isEmpty
            ? Violation("runAsUser=0", "\(Wording.setters(pod: pod, containers: names)) must not set runAsUser=0") : nil
    }

    private static let seccompRequired: PodSecurityCheck.Rule = { subject in
        if let violation = seccompFields(subject) { return violation }
        guard subject.securityContext["seccompProfile"]?.object == nil else { return nil }
        let names = subject.names { $0["seccompProfile"]?.object == nil }
        return names.isEmpty
            ? nil
            : Violation(
                "seccompProfile",
                "pod or \(Wording.containers(names)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or "
                    + "\"Localhost\"")
    }
}
