package import JSON

/// What tells pods from templates, and what an object is forgiven because it was stored that way.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/api/pod/util.go`, `GetValidationOptionsFromPodSpecAndMeta`.
package struct PodValidationOptions: Hashable, Sendable {
    /// The specification belongs to a Pod, not to a template.
    package var isPod = false
    package var allowsInvalidDeletionCost = false
    package var allowsInvalidLabelValues = false
    package var allowsInvalidNodeLabelValues = false
    package var allowsIndivisibleHugePages = false
    package var allowsHostSysctls = false
    package var allowsInvalidSpreadSelector = false
    package var allowsNonLocalTokenPath = false
    /// Addresses in the older form, which stay as they are.
    package var knownAddresses: Set<String> = []

    package init() {}

    /// - Parameters:
    ///   - old: The pod or template before the update: its `metadata` and `spec`; nil for a new one.
    package init(isPod: Bool, old: JSONValue?) {
        self.isPod = isPod
        guard let old, let spec = old["spec"], !spec.isNull else { return }
        allowsInvalidDeletionCost = !PodAnnotationValidation.deletionCost(old["metadata"]?["annotations"], FieldPath()).isEmpty
        let affinity = spec["affinity"]
        allowsInvalidLabelValues = AffinityValidation.podTerms(affinity).contains { term in
            ["labelSelector", "namespaceSelector"].contains { !LabelValidation.selector(term[$0], FieldPath()).isEmpty }
        }
        let nodeTerms = affinity?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]
        allowsInvalidNodeLabelValues = (nodeTerms?.elements("nodeSelectorTerms") ?? []).contains { term in
            term.elements("matchExpressions").contains { expression in
                expression.elements("values").contains { !NameValidation.labelValue($0.string ?? "").isEmpty }
            }
        }
        allowsInvalidSpreadSelector = spec.elements("topologySpreadConstraints").contains {
            !LabelValidation.selector($0["labelSelector"], FieldPath()).isEmpty
        }
        allowsIndivisibleHugePages = PodContainers.all(spec).contains { container in
            let errors = ResourceValidation.container(container["resources"], FieldPath())
            return errors.contains { $0.detail.contains("is not positive integer multiple of") }
        }
        allowsHostSysctls = !SecurityContextValidation.hostSysctls(spec, FieldPath()).isEmpty
        allowsNonLocalTokenPath = spec.elements("volumes").contains { volume in
            (volume["projected"]?.elements("sources") ?? []).contains { source in
                let path = source["serviceAccountToken"]?.text("path") ?? ""
                return !PathValidation.localNonReserved(path, FieldPath()).isEmpty
            }
        }
        let servers = spec["dnsConfig"]?.elements("nameservers").compactMap(\.string) ?? []
        knownAddresses = Set(servers + spec.elements("hostAliases").map { $0.text("ip") })
    }
}

/// The containers of a pod, whatever they are for.
enum PodContainers {
    static let lists = ["initContainers", "containers", "ephemeralContainers"]

    static func all(_ spec: JSONValue) -> [JSONValue] { lists.flatMap(spec.elements) }

    /// With their places, in the order in which upstream visits them.
    static func each(_ spec: JSONValue, _ path: FieldPath) -> [(container: JSONValue, path: FieldPath)] {
        lists.flatMap { list in spec.elements(list).enumerated().map { ($1, path(list)[$0]) } }
    }
}
