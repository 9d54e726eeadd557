import API
import JSON
import Testing

@testable import APIServer

@Suite struct PodSecurityTests {
    private func view(_ labels: [String: String], pods: [JSONValue] = []) -> MemoryAdmissionView {
        var named: [String: String] = [:]
        for (label, value) in labels { named["pod-security.kubernetes.io/\(label)"] = value }
        let namespace: JSONValue = ["metadata": ["name": "team", "labels": JSONValue(named)]]
        return MemoryAdmissionView([(Namespace.resource, namespace)] + pods.map { (Pod.resource, $0) })
    }

    private static let strictContext: JSONValue = [
        "allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": ["drop": ["ALL"]],
        "seccompProfile": ["type": "RuntimeDefault"],
    ]

    @Test func `a plain pod under restricted hears everything that it lacks`() throws {
        #expect(
            try ask(PodSecurity(), Pod.resource, pod(), in: view(["enforce": "restricted"]))
                == .refused(
                    403,
                    """
                    pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false \
                    (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities \
                    (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container \
                    "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set \
                    securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")
                    """))
    }

    @Test func `a pod that keeps to the rules is admitted`() throws {
        let strict = pod(container: ["securityContext": Self.strictContext])
        #expect(try ask(PodSecurity(), Pod.resource, strict, in: view(["enforce": "restricted"])) == .admitted(strict))
        #expect(try ask(PodSecurity(), Pod.resource, pod(), in: view(["enforce": "baseline"])) == .admitted(pod()))
        #expect(try ask(PodSecurity(), Pod.resource, pod(["hostNetwork": true]), in: view([:])).message == "")
    }

    @Test(
        arguments: [
            (pod(["hostNetwork": true, "hostPID": true]), "host namespaces (hostNetwork=true, hostPID=true)"),
            (
                pod(container: ["securityContext": ["privileged": true]]),
                "privileged (container \"c\" must not set securityContext.privileged=true)"
            ),
            (
                pod(container: ["securityContext": ["capabilities": ["add": ["NET_RAW", "CHOWN"]]]]),
                "non-default capabilities (container \"c\" must not include \"NET_RAW\" in securityContext.capabilities.add)"
            ),
            (
                pod(["volumes": [["name": "a", "hostPath": ["path": "/"]], ["name": "b", "hostPath": ["path": "/x"]]]]),
                "hostPath volumes (volumes \"a\", \"b\")"
            ),
            (pod(container: ["ports": [["containerPort": 80, "hostPort": 80]]]), "hostPort (container \"c\" uses hostPort 80)"),
            (
                pod(container: ["livenessProbe": ["httpGet": ["host": "1.2.3.4", "port": 80]]]),
                "probe or lifecycle host (container \"c\" uses probe or lifecycle host \"1.2.3.4\")"
            ),
            (
                pod(container: ["securityContext": ["procMount": "Unmasked"]]),
                "procMount (container \"c\" must not set securityContext.procMount to \"Unmasked\")"
            ),
            (
                pod(["securityContext": ["seLinuxOptions": ["type": "foo", "user": "u"]]]),
                "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"foo\"; user may not be set)"
            ),
            (
                pod(
                    ["securityContext": ["seccompProfile": ["type": "Unconfined"]]],
                    container: ["securityContext": ["seccompProfile": ["type": "Unconfined"]]]),
                "seccompProfile (pod and container \"c\" must not set securityContext.seccompProfile.type to \"Unconfined\")"
            ),
            (
                pod(["securityContext": ["sysctls": [["name": "kernel.msgmax", "value": "1"]]]]),
                "forbidden sysctls (kernel.msgmax)"
            ),
            (
                pod(["securityContext": ["appArmorProfile": ["type": "Unconfined"]]]),
                "forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\")"
            ),
            (
                pod(["securityContext": ["windowsOptions": ["hostProcess": true]]]),
                "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"
            ),
        ] as [(JSONValue, String)])
    func `baseline refuses what leads out of the pod`(given: JSONValue, why: String) throws {
        #expect(
            try ask(PodSecurity(), Pod.resource, given, in: view(["enforce": "baseline"]))
                == .refused(403, "pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": \(why)"))
    }

    @Test(
        arguments: [
            (["runAsUser": 0], "runAsUser=0 (container \"c\" must not set runAsUser=0)"),
            (["runAsNonRoot": false], "runAsNonRoot != true (container \"c\" must not set securityContext.runAsNonRoot=false)"),
            (
                ["capabilities": ["drop": ["ALL"], "add": ["CHOWN"]]],
                "unrestricted capabilities (container \"c\" must not include \"CHOWN\" in securityContext.capabilities.add)"
            ),
        ] as [(JSONValue, String)])
    func `restricted refuses more`(change: JSONValue, why: String) throws {
        var context = Self.strictContext
        for member in change.object?.members ?? [] { context[member.key] = member.value }
        let verdict = try ask(
            PodSecurity(), Pod.resource, pod(container: ["securityContext": context]), in: view(["enforce": "restricted"]))
        #expect(verdict.message == "pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": \(why)")
    }

    @Test func `restricted names the types of volumes instead of baseline`() throws {
        let given = pod(
            ["volumes": [["name": "a", "hostPath": ["path": "/"]]]], container: ["securityContext": Self.strictContext])
        #expect(
            try ask(PodSecurity(), Pod.resource, given, in: view(["enforce": "restricted"])).message.hasSuffix(
                "\"restricted:latest\": restricted volume types (volume \"a\" uses restricted volume type \"hostPath\")"))
    }

    @Test func `older versions know fewer rules`() throws {
        let probe = pod(container: ["livenessProbe": ["httpGet": ["host": "1.2.3.4", "port": 80]]])
        #expect(
            try ask(PodSecurity(), Pod.resource, probe, in: view(["enforce": "baseline", "enforce-version": "v1.33"]))
                == .admitted(probe))
        let ports = pod(["securityContext": ["sysctls": [["name": "net.ipv4.tcp_rmem", "value": "1"]]]])
        #expect(
            try ask(PodSecurity(), Pod.resource, ports, in: view(["enforce": "baseline", "enforce-version": "v1.31"])).message
                == "pods \"p\" is forbidden: violates PodSecurity \"baseline:v1.31\": forbidden sysctls (net.ipv4.tcp_rmem)")
        #expect(try ask(PodSecurity(), Pod.resource, ports, in: view(["enforce": "baseline"])) == .admitted(ports))
    }

    @Test func `warn tells and admits, for pods and for what makes pods`() throws {
        let warned = try ask(PodSecurity(), Pod.resource, pod(["hostIPC": true]), in: view(["warn": "baseline"]))
        #expect(warned.warnings == ["would violate PodSecurity \"baseline:latest\": host namespaces (hostIPC=true)"])
        let deployment: JSONValue = [
            "metadata": ["name": "d", "namespace": "team"],
            "spec": ["template": ["spec": pod(["hostIPC": true])["spec"] ?? [:]]],
        ]
        let enforced = try ask(
            PodSecurity(), Deployment.resource, deployment, in: view(["enforce": "baseline"]))
        #expect(enforced.warnings == warned.warnings)
    }

    @Test func `only an update that matters is looked at again`() throws {
        var changed = pod(["hostIPC": true])
        let old = changed
        changed[path: ["metadata", "labels"]] = ["a": "b"]
        let strict = view(["enforce": "baseline"])
        #expect(try ask(PodSecurity(), .update, Pod.resource, changed, old: old, in: strict).message == "")
        changed = pod(["hostIPC": true], container: ["image": "new"])
        #expect(try ask(PodSecurity(), .update, Pod.resource, changed, old: old, in: strict).message.contains("host namespaces"))
    }

    private func namespace(_ labels: [String: String]) -> JSONValue {
        view(labels).get(Namespace.resource, NamespacedName(name: "team")) ?? [:]
    }

    @Test func `labels that make no sense are refused`() throws {
        let verdict = try ask(
            PodSecurity(), Namespace.resource, namespace(["enforce": "strict", "warn-version": "1.3"]))
        #expect(
            verdict
                == .refused(
                    422,
                    """
                    Namespace "team" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": \
                    must be one of privileged, baseline, restricted, \
                    metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.3": must be "latest" or "v1.x"]
                    """))
    }

    @Test func `a stricter label names the pods that break it`() throws {
        let pods = ["a", "b", "z"].map { name -> JSONValue in
            var one = pod(["hostIPC": .bool(name != "z")])
            one[path: ["metadata", "name"]] = .string(name)
            return one
        }
        let verdict = try ask(
            PodSecurity(), .update, Namespace.resource, namespace(["enforce": "baseline"]), old: namespace([:]),
            in: view([:], pods: pods))
        #expect(
            verdict.warnings == [
                "existing pods in namespace \"team\" violate the new PodSecurity enforce level \"baseline:latest\"",
                "a (and 1 other pod): host namespaces",
            ])
    }
}
