package import JSON

/// What the writer of a pod or a template should know although it is valid.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/api/pod/warnings.go`.
package enum PodWarnings {
    static func pod(_ pod: JSONValue) -> [String] {
        let messages = NameValidation.dns1123Label(pod["metadata"]?.text("name") ?? "")
        let name =
            messages.isEmpty
            ? []
            : [
                "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is "
                    + "recommended: [\(messages.joined(separator: " "))]"
            ]
        return name + specification(pod["spec"] ?? [:], pod["metadata"] ?? [:], FieldPath())
    }

    /// - Parameter path: Where the template stands: `spec.template`.
    package static func template(_ template: JSONValue?, _ path: FieldPath) -> [String] {
        specification(template?["spec"] ?? [:], template?["metadata"] ?? [:], path)
    }

    private static func specification(_ spec: JSONValue, _ metadata: JSONValue, _ path: FieldPath) -> [String] {
        let at = path("spec")
        return nodeLabels(spec, at) + annotations(metadata, path) + volumes(spec, at("volumes")) + lists(spec, at)
            + fractions(spec["overhead"], at("overhead")) + containers(spec, metadata, path) + ports(spec, at) + rest(spec, at)
    }

    private static let betaLabels = [
        "beta.kubernetes.io/arch": "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os": "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region": "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        "failure-domain.beta.kubernetes.io/zone": "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        "beta.kubernetes.io/instance-type": "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ]

    private static func nodeLabels(_ spec: JSONValue, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for key in (spec["nodeSelector"]?.object?.keys ?? []).sorted() {
            if let message = betaLabels[key] { warnings.append("\(path("nodeSelector").key(key)): \(message)") }
        }
        let node = spec["affinity"]?["nodeAffinity"]
        let at = path("affinity")("nodeAffinity")
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        for (index, term) in (node?[required]?.elements("nodeSelectorTerms") ?? []).enumerated() {
            warnings += nodeTerm(term, at(required)("nodeSelectorTerms")[index])
        }
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        for (index, term) in (node?.elements(preferred) ?? []).enumerated() {
            warnings += nodeTerm(term["preference"] ?? [:], at(preferred)[index]("preference"))
        }
        for (index, constraint) in spec.elements("topologySpreadConstraints").enumerated() {
            let place = path("topologySpreadConstraints")[index]
            let key = constraint.text("topologyKey")
            if let message = betaLabels[key] { warnings.append("\(place("topologyKey")): \(key) is \(message)") }
            if !constraint.has("labelSelector") {
                warnings.append("\(place("labelSelector")): a null labelSelector results in matching no pod")
            }
        }
        return warnings
    }

    private static func nodeTerm(_ term: JSONValue, _ path: FieldPath) -> [String] {
        term.elements("matchExpressions").enumerated().compactMap { index, expression in
            let key = expression.text("key")
            return betaLabels[key].map { "\(path("matchExpressions")[index]("key")): \(key) is \($0)" }
        }
    }

    private static let deadAnnotations = [
        ("scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead"),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ]

    private static func annotations(_ metadata: JSONValue, _ path: FieldPath) -> [String] {
        deadAnnotations.filter { metadata["annotations"]?[$0.0] != nil }.map {
            "\(path("metadata")("annotations").key($0.0)): \($0.1)"
        }
    }

    private static let deadVolumes = [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"), ("gitRepo", "deprecated in v1.11"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"), ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    private static func volumes(_ spec: JSONValue, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for (index, volume) in spec.elements("volumes").enumerated() {
            for (name, message) in deadVolumes where volume.has(name) {
                warnings.append("\(path[index](name == "storageos" ? "storageOS" : name)): \(message)")
            }
        }
        return warnings
    }

    private static func lists(_ spec: JSONValue, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        var addresses: Set<String> = []
        for (index, alias) in spec.elements("hostAliases").enumerated() {
            let address = alias.text("ip")
            if !addresses.insert(address).inserted {
                warnings.append("\(path("hostAliases")[index]("ip")): duplicate ip \"\(address)\"")
            }
        }
        var names: Set<String> = []
        for (index, secret) in spec.elements("imagePullSecrets").enumerated() {
            let name = secret.text("name")
            let at = path("imagePullSecrets")[index]("name")
            if !names.insert(name).inserted { warnings.append("\(at): duplicate name \"\(name)\"") }
            if name.isEmpty { warnings.append("\(at): invalid empty name \"\"") }
        }
        return warnings
    }

    private static func fractions(_ amounts: JSONValue?, _ path: FieldPath) -> [String] {
        let amounts = ResourceList(json: amounts)
        return ["memory", "ephemeral-storage"].compactMap { name in
            guard let amount = amounts[name], amount.milliValue % 1000 != 0 else { return nil }
            return "\(path.key(name)): fractional byte value \"\(amount)\" is invalid, must be an integer"
        }
    }

    private static let seccompPod = "seccomp.security.alpha.kubernetes.io/pod"
    private static let seccompContainer = "container.seccomp.security.alpha.kubernetes.io/"

    private static func containers(_ spec: JSONValue, _ metadata: JSONValue, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        let annotations = metadata["annotations"]
        func seccomp(_ key: String, _ context: JSONValue?) {
            guard annotations?[key] != nil, !(context?.has("seccompProfile") ?? false) else { return }
            let at = path("metadata")("annotations").key(key)
            warnings.append("\(at): non-functional in v1.27+; use the \"seccompProfile\" field instead")
        }
        seccomp(seccompPod, spec["securityContext"])
        for (container, at) in PodContainers.each(spec, path("spec")) {
            seccomp(seccompContainer + container.text("name"), container["securityContext"])
            for field in ["limits", "requests"] {
                warnings += fractions(container["resources"]?[field], at("resources")(field))
            }
            warnings += environment(container.elements("env"), at("env"))
        }
        return warnings
    }

    private static func environment(_ variables: [JSONValue], _ path: FieldPath) -> [String] {
        var names: Set<String> = []
        var warnings: [String] = []
        for (index, variable) in variables.enumerated() {
            let name = variable.text("name")
            if names.insert(name).inserted { continue }
            let reference = "$(\(name))"
            let value = variable.text("value")
            guard variable.has("valueFrom") || value == reference || !value.contains(reference) else { continue }
            warnings.append(
                "\(path[index]): hides previous definition of \"\(name)\", which may be dropped when using apply")
        }
        return warnings
    }

    private static func ports(_ spec: JSONValue, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        var known: [String: [(place: FieldPath, port: JSONValue)]] = [:]
        for (container, at) in PodContainers.each(spec, path) {
            for (index, port) in container.elements("ports").enumerated() {
                let place = at("ports")[index]
                let key = "\(port["containerPort"]?.int ?? 0)/\(port.text("protocol"))"
                let host = port["hostPort"]?.int ?? 0
                for other in known[key] ?? [] {
                    let otherHost = other.port["hostPort"]?.int ?? 0
                    if host == otherHost, port.text("hostIP") == other.port.text("hostIP") {
                        warnings.append("\(place): duplicate port definition with \(other.place)")
                    } else if host == 0 || otherHost == 0 {
                        warnings.append("\(place): overlapping port definition with \(other.place)")
                    } else if host == otherHost, port.text("hostIP").isEmpty || other.port.text("hostIP").isEmpty {
                        warnings.append("\(place): dangerously ambiguous port definition with \(other.place)")
                    }
                }
                known[key, default: []].append((place, port))
            }
        }
        return warnings
    }

    private static func rest(_ spec: JSONValue, _ path: FieldPath) -> [String] {
        guard let grace = spec["terminationGracePeriodSeconds"]?.int, grace < 0 else { return [] }
        return ["\(path("terminationGracePeriodSeconds")): must be >= 0; negative values are invalid and will be treated as 1"]
    }
}
