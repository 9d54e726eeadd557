import JSON
import Testing

@testable import API

@Suite struct PodSpecValidationTests {
    static let security: [KindCase] = [
        KindCase(
            "spec.securityContext", ["runAsUser": -1, "supplementalGroups": [1, 4_294_967_296]],
            "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            "spec.securityContext.supplementalGroups[1]: Invalid value: 4294967296: must be between 0 and 2147483647, inclusive"),
        KindCase(
            "spec.securityContext",
            ["sysctls": [["name": "A"], ["name": "kernel.shm_rmid_forced"], ["name": "kernel.shm_rmid_forced"]]],
            "spec.securityContext.sysctls[0].name: Invalid value: \"A\": must have at most 253 characters and match regex "
                + "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
            "spec.securityContext.sysctls[2].name: Duplicate value: \"kernel.shm_rmid_forced\""),
        KindCase(
            "spec.securityContext", ["seccompProfile": ["type": "Localhost"]],
            "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"),
        KindCase(
            "spec.securityContext", ["seccompProfile": ["type": "RuntimeDefault", "localhostProfile": "a"]],
            "spec.securityContext.seccompProfile.localhostProfile: Invalid value: "
                + "{\"Type\":\"RuntimeDefault\",\"LocalhostProfile\":\"a\"}: can only be set when seccomp type is Localhost"),
        KindCase(
            "spec.securityContext", ["appArmorProfile": ["type": "Other"]],
            "spec.securityContext.appArmorProfile.type: Unsupported value: \"Other\": supported values: \"Localhost\", "
                + "\"RuntimeDefault\", \"Unconfined\""),
        KindCase(
            "spec.securityContext", ["fsGroupChangePolicy": "Never", "supplementalGroupsPolicy": "Merge"],
            "spec.securityContext.fsGroupChangePolicy: Unsupported value: \"Never\": supported values: \"Always\", "
                + "\"OnRootMismatch\""),
        KindCase(
            "spec.os", ["name": "windows"]),
        KindCase(
            "spec.os", ["name": "plan9"],
            "spec.os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""),
        KindCase(
            "spec.securityContext", ["windowsOptions": ["runAsUserName": "a\\b\\c", "hostProcess": true]],
            "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"a\\\\b\\\\c\": runAsUserName cannot contain more "
                + "than one backslash",
            "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers"),
    ]

    static let scheduling: [KindCase] = [
        KindCase(
            "spec.affinity", ["nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": []]]],
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must "
                + "have at least one node selector term"),
        KindCase(
            "spec.affinity",
            [
                "nodeAffinity": [
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        [
                            "weight": 101,
                            "preference": [
                                "matchExpressions": [["key": "a", "operator": "Gt", "values": ["1", "2"]]],
                                "matchFields": [["key": "metadata.uid", "operator": "In", "values": ["x"]]],
                            ],
                        ]
                    ]
                ]
            ],
            "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in "
                + "the range 1-100",
            "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: "
                + "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
            "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchFields[0].key: "
                + "Invalid value: \"metadata.uid\": not a valid field selector key"),
        KindCase(
            "spec.affinity",
            [
                "podAntiAffinity": [
                    "requiredDuringSchedulingIgnoredDuringExecution": [["matchLabelKeys": ["app"], "topologyKey": "z"]]
                ]
            ],
            "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not "
                + "be specified when labelSelector is not set"),
        KindCase(
            "spec.topologySpreadConstraints",
            [
                ["maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Never"],
                ["maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2],
            ],
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
            "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
            "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"Never\": supported values: "
                + "\"DoNotSchedule\", \"ScheduleAnyway\"",
            "spec.topologySpreadConstraints[1].minDomains: Invalid value: 2: can only use minDomains if "
                + "whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"),
        KindCase(
            "spec.tolerations", [["operator": "Equal", "value": "x"], ["key": "a", "operator": "Exists", "value": "x"]],
            "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means "
                + "\"match all values and all keys\"",
            "spec.tolerations[1].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'"),
        KindCase(
            "spec.tolerations", [["key": "a", "operator": "Lt", "effect": "Never", "tolerationSeconds": 1]],
            "spec.tolerations[0].effect: Invalid value: \"Never\": effect must be 'NoExecute' when `tolerationSeconds` is set",
            "spec.tolerations[0].operator: Unsupported value: \"Lt\": supported values: \"Equal\", \"Exists\"",
            "spec.tolerations[0].effect: Unsupported value: \"Never\": supported values: \"NoSchedule\", \"PreferNoSchedule\", "
                + "\"NoExecute\""),
        KindCase(
            "spec.schedulingGates", [["name": "a"], ["name": "a"]], "spec.schedulingGates[1]: Duplicate value: \"a\""),
        KindCase(
            "spec.resourceClaims", [["name": "c"], ["name": "c", "resourceClaimName": "x"]],
            "spec.resourceClaims[0]: Invalid value: "
                + "{\"Name\":\"c\",\"ResourceClaimName\":null,\"ResourceClaimTemplateName\":null}: must specify one of: "
                + "`resourceClaimName`, `resourceClaimTemplateName`",
            "spec.resourceClaims[1].name: Duplicate value: \"c\""),
        KindCase(
            "spec.overhead", ["cpu": "-1"], "spec.overhead.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"
        ),
        KindCase(
            "spec.activeDeadlineSeconds", 0,
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"),
        KindCase(
            "spec.preemptionPolicy", "Maybe",
            "spec.preemptionPolicy: Unsupported value: \"Maybe\": supported values: \"PreemptLowerPriority\", \"Never\""),
    ]

    static let network: [KindCase] = [
        KindCase("spec.dnsPolicy", "None", "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
        KindCase(
            "spec.dnsConfig",
            ["nameservers": ["1.1.1.1", "1.1.1.2", "1.1.1.3", "x"], "searches": ["_a.b.", ".", "A"], "options": [[:]]],
            "spec.dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"x\"]: must not have more than 3 "
                + "nameservers",
            "spec.dnsConfig.nameservers[3]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            "spec.dnsConfig.searches[2]: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case "
                + "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
                + "'example.com', regex used for validation is "
                + "'_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
            "spec.dnsConfig.options[0]: Required value: must not be empty"),
        KindCase(
            "spec.hostAliases", [["ip": "010.0.0.1", "hostnames": ["a"]]],
            "spec.hostAliases[0].ip: Invalid value: \"010.0.0.1\": must not have leading 0s"),
        KindCase(
            "spec.hostUsers", false),
        KindCase(
            "spec.hostnameOverride", "a.b"),
    ]

    @Test(arguments: security + scheduling + network)
    func `judges a specification as upstream`(change: KindCase) throws {
        let kind = try KindSamples.kind("pods")
        #expect(kind.causes(try KindSamples.pod(change)) == change.causes)
    }

    @Test func `what is shared with the host excludes other things`() throws {
        let kind = try KindSamples.kind("pods")
        let shared = try KindSamples.pod(
            KindCase("spec.hostNetwork", true), KindCase("spec.hostPID", true), KindCase("spec.hostUsers", false),
            KindCase("spec.shareProcessNamespace", true),
            KindCase("spec.securityContext", ["sysctls": [["name": "net.ipv4.ip_forward", "value": "1"]]]))
        #expect(
            kind.causes(shared) == [
                "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be "
                    + "enabled",
                "spec.securityContext.sysctls[0].name: Invalid value: \"net.ipv4.ip_forward\": may not be specified when "
                    + "'hostNetwork' is true",
                "spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false",
                "spec.HostPID: Forbidden: when `pod.Spec.HostUsers` is false",
            ])
        let ports = try KindSamples.podWithContainer(
            ["ports": [["containerPort": 80, "hostPort": 81]]], KindCase("spec.hostNetwork", true))
        #expect(
            kind.causes(ports) == [
                "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"
            ])
    }

    @Test func `privileges do not contradict each other`() throws {
        let kind = try KindSamples.kind("pods")
        let pod = try KindSamples.podWithContainer([
            "securityContext": ["privileged": true, "allowPrivilegeEscalation": false, "procMount": "Unmasked"]
        ])
        let value =
            "{\"Capabilities\":null,\"Privileged\":true,\"SeLinuxOptions\":null,\"WindowsOptions\":null,\"RunAsUser\":null,"
            + "\"RunAsGroup\":null,\"RunAsNonRoot\":null,\"ReadOnlyRootFilesystem\":null,\"AllowPrivilegeEscalation\":false,"
            + "\"ProcMount\":\"Unmasked\",\"SeccompProfile\":null,\"AppArmorProfile\":null}"
        #expect(
            kind.causes(pod) == [
                "spec.containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use "
                    + "`Unmasked`",
                "spec.containers[0].securityContext: Invalid value: \(value): cannot set `allowPrivilegeEscalation` to false and "
                    + "`privileged` to true",
            ])
    }

    @Test func `a linux pod has no windows options and the other way round`() throws {
        let kind = try KindSamples.kind("pods")
        let linux = try KindSamples.pod(
            KindCase("spec.os", ["name": "linux"]), KindCase("spec.securityContext", ["windowsOptions": [:]]))
        #expect(
            kind.causes(linux) == [
                "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"
            ])
        let windows = try KindSamples.podWithContainer(
            ["securityContext": ["privileged": false]], KindCase("spec.os", ["name": "windows"]), KindCase("spec.hostPID", true))
        #expect(
            kind.causes(windows) == [
                "spec.hostPID: Forbidden: cannot be set for a windows pod",
                "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
            ])
    }

    @Test func `annotations that mean something are judged`() throws {
        let kind = try KindSamples.kind("pods")
        let pod = try KindSamples.pod(
            KindCase(
                "metadata.annotations",
                [
                    "kubernetes.io/config.mirror": "x", "controller.kubernetes.io/pod-deletion-cost": "+1",
                    "container.apparmor.security.beta.kubernetes.io/b": "other",
                ]))
        #expect(
            kind.causes(pod) == [
                "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"x\": must set spec.nodeName if mirror pod "
                    + "annotation is set",
                "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"+1\": must be a 32bit integer",
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: \"b\": container not found",
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: \"other\": invalid AppArmor "
                    + "profile name: \"other\"",
            ])
    }

    @Test func `a new pod has no ephemeral containers, and no node while gates hold it`() throws {
        let kind = try KindSamples.kind("pods")
        let pod = try KindSamples.pod(
            KindCase("spec.ephemeralContainers", [["name": "e", "image": "x", "ports": [["containerPort": 1]]]]),
            KindCase("spec.nodeName", "n"), KindCase("spec.schedulingGates", [["name": "g"]]))
        #expect(
            kind.causes(pod) == [
                "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
                "spec.ephemeralContainers: Forbidden: cannot be set on create",
                "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
            ])
    }
}
