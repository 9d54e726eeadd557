package import JSON

/// `spec.affinity`; pod affinity terms stay trees until someone reads them.
package struct Affinity: HasUsualValue, Hashable, Sendable {
    package var requiredNodeTerms: [NodeSelectorTerm]?
    package var preferredNodeTerms: [PreferredNodeTerm] = []
    package var podAffinity: JSONValue?
    package var podAntiAffinity: JSONValue?

    package init() {}

    package init(json: JSONValue) {
        let node = json["nodeAffinity"]
        requiredNodeTerms =
            node?["requiredDuringSchedulingIgnoredDuringExecution"]?["nodeSelectorTerms"]?.array?.map(
                NodeSelectorTerm.init(json:))
        preferredNodeTerms =
            node?["preferredDuringSchedulingIgnoredDuringExecution"]?.array?.map {
                PreferredNodeTerm(
                    weight: $0["weight"]?.int ?? 0, preference: NodeSelectorTerm(json: $0["preference"] ?? [:]))
            } ?? []
        podAffinity = json["podAffinity"]
        podAntiAffinity = json["podAntiAffinity"]
    }
}

/// Requirements that must all hold; a term without any matches nothing.
package struct NodeSelectorTerm: Hashable, Sendable {
    package var matchExpressions: [NodeSelectorRequirement]
    package var matchFields: [NodeSelectorRequirement]

    package init(matchExpressions: [NodeSelectorRequirement] = [], matchFields: [NodeSelectorRequirement] = []) {
        self.matchExpressions = matchExpressions
        self.matchFields = matchFields
    }

    package init(json: JSONValue) {
        matchExpressions = json["matchExpressions"]?.array?.map(NodeSelectorRequirement.init(json:)) ?? []
        matchFields = json["matchFields"]?.array?.map(NodeSelectorRequirement.init(json:)) ?? []
    }
}

/// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt` over one label or field.
package struct NodeSelectorRequirement: Hashable, Sendable {
    package var key: String
    package var `operator`: String
    package var values: [String]

    package init(key: String, operator: String, values: [String] = []) {
        self.key = key
        self.operator = `operator`
        self.values = values
    }

    package init(json: JSONValue) {
        self.init(
            key: json["key"]?.string ?? "", operator: json["operator"]?.string ?? "",
            values: json["values"]?.array?.compactMap(\.string) ?? [])
    }
}

package struct PreferredNodeTerm: Hashable, Sendable {
    /// 1...100.
    package var weight: Int64
    package var preference: NodeSelectorTerm

    package init(weight: Int64, preference: NodeSelectorTerm) {
        self.weight = weight
        self.preference = preference
    }
}

/// One entry of `spec.tolerations`.
package struct Toleration: Hashable, Sendable {
    /// Empty with `Exists`: every key.
    package var key: String
    /// `Equal` or `Exists`.
    package var `operator`: String
    package var value: String
    /// Empty: every effect.
    package var effect: String
    /// Nil: for ever.
    package var tolerationSeconds: Int64?

    package init(
        key: String = "", operator: String = "Equal", value: String = "", effect: String = "", tolerationSeconds: Int64? = nil
    ) {
        self.key = key
        self.operator = `operator`
        self.value = value
        self.effect = effect
        self.tolerationSeconds = tolerationSeconds
    }

    package init(json: JSONValue) {
        self.init(
            key: json["key"]?.string ?? "", operator: json["operator"]?.string ?? "Equal",
            value: json["value"]?.string ?? "", effect: json["effect"]?.string ?? "",
            tolerationSeconds: json["tolerationSeconds"]?.int)
    }

    /// - SeeAlso: Kubernetes 1.36 `core/v1/toleration.go`, `ToleratesTaint`.
    package func tolerates(_ taint: Taint) -> Bool {
        if !effect.isEmpty, effect != taint.effect { return false }
        if !key.isEmpty, key != taint.key { return false }
        switch `operator` {
        case "", "Equal": return value == taint.value
        case "Exists": return true
        default: return false
        }
    }
}

/// One entry of `spec.topologySpreadConstraints`.
package struct TopologySpreadConstraint: Hashable, Sendable {
    package var maxSkew: Int64
    package var topologyKey: String
    /// `DoNotSchedule` or `ScheduleAnyway`.
    package var whenUnsatisfiable: String
    package var labelSelector: JSONValue?
    package var matchLabelKeys: [String]
    package var minDomains: Int64?
    package var nodeAffinityPolicy: String
    package var nodeTaintsPolicy: String

    package init(json: JSONValue) {
        maxSkew = json["maxSkew"]?.int ?? 1
        topologyKey = json["topologyKey"]?.string ?? ""
        whenUnsatisfiable = json["whenUnsatisfiable"]?.string ?? "DoNotSchedule"
        labelSelector = json["labelSelector"]
        matchLabelKeys = json["matchLabelKeys"]?.array?.compactMap(\.string) ?? []
        minDomains = json["minDomains"]?.int
        nodeAffinityPolicy = json["nodeAffinityPolicy"]?.string ?? "Honor"
        nodeTaintsPolicy = json["nodeTaintsPolicy"]?.string ?? "Ignore"
    }
}
