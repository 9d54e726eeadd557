import JSON
import Testing

@testable import API

@Suite struct ContainerValidationTests {
    /// A member of the first container.
    static let members: [KindCase] = [
        KindCase("env", [["name": "A", "value": "1"], ["name": "a.b c", "value": ""]]),
        KindCase(
            "env", [["name": "", "value": "1"], ["name": "a=b"]], "spec.containers[0].env[0].name: Required value",
            "spec.containers[0].env[1].name: Invalid value: \"a=b\": a valid environment variable name must consist only of "
                + "printable ASCII characters other than '='"),
        KindCase(
            "env", [["name": "A", "valueFrom": [:]]],
            "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, "
                + "`configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"),
        KindCase(
            "env", [["name": "A", "value": "x", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]],
            "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"),
        KindCase("env", [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['app']"]]]]),
        KindCase(
            "env", [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels"]]]],
            "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: "
                + "\"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", "
                + "\"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\""),
        KindCase(
            "env", [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "spec.secret"]]]],
            "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.secret\": error converting fieldPath: "
                + "field label not supported: spec.secret"),
        KindCase(
            "env", [["name": "A", "valueFrom": ["resourceFieldRef": ["resource": "limits.cpu", "divisor": "2"]]]],
            "spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values "
                + "1m and 1 are supported with the cpu resource"),
        KindCase(
            "env", [["name": "A", "valueFrom": ["secretKeyRef": ["name": "s"]]]],
            "spec.containers[0].env[0].valueFrom.secretKeyRef.key: Required value"),
        KindCase(
            "envFrom", [["prefix": "P_"], ["secretRef": ["name": ""]]],
            "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`",
            "spec.containers[0].envFrom[1].secretRef.name: Required value"),
        KindCase(
            "ports", [["containerPort": 80, "name": "http"], ["containerPort": 81, "name": "http"], ["containerPort": 0]],
            "spec.containers[0].ports[1].name: Duplicate value: \"http\"",
            "spec.containers[0].ports[2].containerPort: Required value"),
        KindCase(
            "ports", [["containerPort": 80, "hostPort": 8080], ["containerPort": 81, "hostPort": 8080]],
            "spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//8080\""),
        KindCase(
            "ports", [["containerPort": 80, "protocol": "ICMP"]],
            "spec.containers[0].ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\""),
        KindCase(
            "imagePullPolicy", "Sometimes",
            "spec.containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", "
                + "\"IfNotPresent\", \"Never\""),
        KindCase(
            "terminationMessagePolicy", "Log",
            "spec.containers[0].terminationMessagePolicy: Unsupported value: \"Log\": supported values: \"File\", "
                + "\"FallbackToLogsOnError\""),
        KindCase(
            "image", " busybox",
            "spec.containers[0].image: Invalid value: \" busybox\": must not have leading or trailing whitespace"),
        KindCase(
            "volumeDevices", [["name": "d", "devicePath": "/../d"]], "spec.containers[0].volumeDevices[0].name: Not found: \"d\"",
            "spec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/../d\": can not contain backsteps ('..')"),
        KindCase("restartPolicy", "Always"),
        KindCase(
            "restartPolicyRules", [["action": "Restart", "exitCodes": ["operator": "In", "values": [1]]]],
            "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used"),
        KindCase(
            "lifecycle", ["preStop": ["sleep": ["seconds": 31]]],
            "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
                + "terminationGracePeriodSeconds (30)"),
        KindCase(
            "lifecycle", ["postStart": [:]],
            "spec.containers[0].lifecycle.postStart: Required value: must specify a handler type"),
        KindCase(
            "lifecycle", ["stopSignal": "SIGUSR1"],
            "spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"),
        KindCase(
            "livenessProbe", ["httpGet": ["port": 0, "httpHeaders": [["name": "a b"]]], "exec": ["command": []]],
            "spec.containers[0].livenessProbe.exec.command: Required value",
            "spec.containers[0].livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type"),
        KindCase(
            "livenessProbe", ["httpGet": ["port": 80, "scheme": "FTP", "httpHeaders": [["name": "a b"]]]],
            "spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: \"FTP\": supported values: \"HTTP\", \"HTTPS\"",
            "spec.containers[0].livenessProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of "
                + "alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"),
        KindCase(
            "livenessProbe", ["grpc": ["port": 70000], "successThreshold": 2, "terminationGracePeriodSeconds": 0],
            "spec.containers[0].livenessProbe.grpc.port: Invalid value: 70000: must be between 1 and 65535, inclusive",
            "spec.containers[0].livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0",
            "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"),
        KindCase(
            "readinessProbe", ["tcpSocket": ["port": "http"], "terminationGracePeriodSeconds": 5, "periodSeconds": -1],
            "spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for "
                + "readinessProbes"),
        KindCase(
            "resizePolicy",
            [["resourceName": "cpu", "restartPolicy": "NotRequired"], ["resourceName": "gpu", "restartPolicy": ""]],
            "spec.containers[0].resizePolicy: Unsupported value: \"gpu\": supported values: \"cpu\", \"memory\"",
            "spec.containers[0].resizePolicy: Required value"),
        KindCase(
            "resources", ["limits": ["gpu": "1"]],
            "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully qualified",
            "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource for containers",
            "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully qualified",
            "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard resource for containers"),
        KindCase(
            "resources", ["requests": ["example.com/gpu": "1"]],
            "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources"),
        KindCase(
            "resources", ["limits": ["example.com/gpu": "1500m"]],
            "spec.containers[0].resources.limits[example.com/gpu]: Invalid value: \"1500m\": must be an integer",
            "spec.containers[0].resources.requests[example.com/gpu]: Invalid value: \"1500m\": must be an integer"),
        KindCase(
            "resources", ["limits": ["hugepages-2Mi": "3Mi", "cpu": "1"]],
            "spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of "
                + "hugepages-2Mi",
            "spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of "
                + "hugepages-2Mi"),
        KindCase(
            "resources", ["limits": ["hugepages-2Mi": "4Mi"]],
            "spec.containers[0].resources: Forbidden: HugePages require cpu or memory"),
        KindCase(
            "resources", ["claims": [["name": "c"]]],
            "spec.containers[0].resources.claims[0]: Not found: \"c\": must be one of the names in pod.spec.resourceClaims which "
                + "is empty"),
        KindCase(
            "resources", ["requests": ["cpu": "-1"]],
            "spec.containers[0].resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"),
    ]

    @Test(arguments: members)
    func `judges a container as upstream`(change: KindCase) throws {
        let pod = try KindSamples.podWithContainer([:], KindCase("spec.restartPolicy", "Always"))
        var changed = pod
        changed.edit("spec") { $0.editEach("containers") { change.apply(to: &$0) } }
        let kind = try KindSamples.kind("pods")
        kind.applyDefaults(&changed)
        #expect(kind.causes(changed) == change.causes)
    }

    @Test func `restart rules have limits`() throws {
        let kind = try KindSamples.kind("pods")
        let rule: JSONValue = ["action": "Stop", "exitCodes": ["operator": "Equals", "values": []]]
        let pod = try KindSamples.podWithContainer([
            "restartPolicy": "Never", "restartPolicyRules": [rule, ["action": "Restart"]],
        ])
        #expect(
            kind.causes(pod) == [
                "spec.containers[0].restartPolicyRules[0].action: Unsupported value: \"Stop\": supported values: \"Restart\", "
                    + "\"RestartAllContainers\"",
                "spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: \"Equals\": supported values: "
                    + "\"In\", \"NotIn\"",
                "spec.containers[0].restartPolicyRules[1].exitCodes: Required value: must be specified",
            ])
        let many = JSONValue.array(
            Array(repeating: ["action": "Restart", "exitCodes": ["operator": "In", "values": [1]]], count: 21))
        let crowded = try KindSamples.podWithContainer(["restartPolicy": "Never", "restartPolicyRules": many])
        #expect(
            kind.causes(crowded) == [
                "spec.containers[0].restartPolicyRules: Too many: 21: must have at most 20 items"
            ])
    }

    @Test func `init containers end, sidecars have probes`() throws {
        let kind = try KindSamples.kind("pods")
        let probe: JSONValue = ["exec": ["command": ["true"]]]
        let plain = try KindSamples.pod(
            KindCase(
                "spec.initContainers", [["name": "a", "image": "x", "livenessProbe": probe, "lifecycle": ["preStop": probe]]]))
        #expect(
            kind.causes(plain) == [
                "spec.initContainers[0].name: Duplicate value: \"a\"",
                "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always",
                "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ])
        let sidecar = try KindSamples.pod(
            KindCase("spec.initContainers", [["name": "s", "image": "x", "restartPolicy": "Always", "livenessProbe": probe]]))
        #expect(kind.causes(sidecar) == [])
    }

    @Test func `mounts need volumes, and places of their own`() throws {
        let kind = try KindSamples.kind("pods")
        let mounts: JSONValue = [
            ["name": "v", "mountPath": "/a", "mountPropagation": "Bidirectional"],
            ["name": "v", "mountPath": "/a", "subPath": "../x", "recursiveReadOnly": "Enabled"],
            ["name": "i", "mountPath": "/i", "subPathExpr": "$(A)"], ["name": "", "mountPath": ""],
        ]
        let pod = try KindSamples.podWithContainer(
            ["volumeMounts": mounts],
            KindCase("spec.volumes", [["name": "v"], ["name": "i", "image": ["reference": "busybox"]]]))
        #expect(
            kind.causes(pod) == [
                "spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only "
                    + "to privileged containers",
                "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
                "spec.containers[0].volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'",
                "spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true",
                "spec.containers[0].volumeMounts[2].subPathExpr: Invalid value: \"$(A)\": not allowed in image volume sources",
                "spec.containers[0].volumeMounts[3].name: Required value",
                "spec.containers[0].volumeMounts[3].name: Not found: \"\"",
                "spec.containers[0].volumeMounts[3].mountPath: Required value",
            ])
    }

    @Test func `a pod's own resources hold those of its containers`() throws {
        let kind = try KindSamples.kind("pods")
        let pod = try KindSamples.podWithContainer(
            ["resources": ["requests": ["cpu": "2"], "limits": ["cpu": "4"]]],
            KindCase("spec.resources", ["requests": ["cpu": "1"], "limits": ["cpu": "3"], "claims": []]))
        #expect(
            kind.causes(pod) == [
                "spec.resources.claims: Forbidden: claims cannot be set for Resources at pod-level",
                "spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal to aggregate container requests "
                    + "of 2",
                "spec.resources.containers[0][cpu].limits: Invalid value: \"4\": must be less than or equal to pod limits of 3",
            ])
    }
}
