package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/flowcontrol/prioritylevelconfiguration/strategy.go`,
///   `pkg/apis/flowcontrol/v1/defaults.go`, `pkg/apis/flowcontrol/validation/validation.go`.
package struct PriorityLevelRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    private static let queuesMax: Int64 = 10_000_000
    private static let roundTripAnnotation = "flowcontrol.k8s.io/preserve-zero-concurrency-shares"
    private let path = FieldPath("spec")

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            if spec.text("type") == "Exempt" { spec.setDefault("exempt", .object([:])) }
            spec.edit("exempt") { exempt in
                exempt.setDefault("nominalConcurrencyShares", 0)
                exempt.setDefault("lendablePercent", 0)
            }
            spec.edit("limited") { limited in
                limited.setDefault("nominalConcurrencyShares", 30)
                limited.setDefault("lendablePercent", 0)
                limited.edit("limitResponse") { response in
                    response.edit("queuing") { queuing in
                        for (name, value) in [("queues", 64), ("handSize", 8), ("queueLengthLimit", 50)]
                        where queuing[name]?.int ?? 0 == 0 {
                            queuing[name] = .int(Int64(value))
                        }
                    }
                }
            }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let name = object["metadata"]?.text("name") ?? ""
        let spec = object["spec"] ?? [:]
        var errors: [FieldError] = []
        if object["metadata"]?["annotations"]?[Self.roundTripAnnotation] != nil {
            errors.append(
                .forbidden(
                    FieldPath("metadata")("annotations"), "annotation '\(Self.roundTripAnnotation)' is forbidden"))
        }
        return errors + level(spec, name) + mandatory(spec, name) + FlowRuleChecks.conditions(object)
    }

    private func mandatory(_ spec: JSONValue, _ name: String) -> [FieldError] {
        let levels = FlowControlDefaults.mandatoryLevels
        guard var fixed = levels.first(where: { $0["metadata"]?.text("name") == name })?["spec"] else { return [] }
        if name == "exempt" {
            // Its shares are the operator's to change.
            fixed["exempt"] = spec["exempt"]
            if fixed == spec { return [] }
            return [
                .invalid(
                    path, spec, "spec of '\(name)' except the 'spec.exempt' field must equal the fixed value")
            ]
        }
        return fixed == spec ? [] : [.invalid(path, spec, "spec of '\(name)' must equal the fixed value")]
    }

    private func level(_ spec: JSONValue, _ name: String) -> [FieldError] {
        let type = spec.text("type")
        var errors: [FieldError] = []
        if (name == "exempt") != (type == "Exempt") {
            errors.append(
                .invalid(path("type"), .string(type), "must be 'Exempt' if and only if `name` is 'exempt'"))
        }
        switch type {
        case "Exempt":
            if spec.has("limited") {
                errors.append(.forbidden(path("limited"), "must be nil if the type is not Limited"))
            }
            if let exempt = spec["exempt"], !exempt.isNull { errors += shares(exempt, path("exempt")) }
        case "Limited":
            if spec.has("exempt") { errors.append(.forbidden(path("exempt"), "must be nil if the type is Limited")) }
            if let limited = spec["limited"], !limited.isNull {
                errors += self.limited(limited, path("limited"))
            } else {
                errors.append(.required(path("limited"), "must not be empty when type is Limited"))
            }
        case "": errors.append(.required(path("type")))
        default: errors.append(FieldError.notSupported(path("type"), .string(type), inOrder: ["Exempt", "Limited"]))
        }
        return errors
    }

    private func shares(_ level: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let shares = level["nominalConcurrencyShares"]?.int, shares < 0 {
            errors.append(
                .invalid(path("nominalConcurrencyShares"), .int(shares), "must be a non-negative integer"))
        }
        if let percent = level["lendablePercent"]?.int, !(0...100).contains(percent) {
            errors.append(
                .invalid(path("lendablePercent"), .int(percent), "must be between 0 and 100, inclusive"))
        }
        return errors
    }

    private func limited(_ limited: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = shares(limited, path)
        let response = limited["limitResponse"] ?? [:]
        let at = path("limitResponse")
        switch response.text("type") {
        case "Reject":
            if response.has("queuing") {
                errors.append(
                    .forbidden(at("queuing"), "must be nil if limited.limitResponse.type is not Limited"))
            }
        case "Queue":
            if let queuing = response["queuing"], !queuing.isNull {
                errors += self.queuing(queuing, at("queuing"))
            } else {
                errors.append(
                    .required(at("queuing"), "must not be empty if limited.limitResponse.type is Limited"))
            }
        case "": errors.append(.required(at("type")))
        case let other: errors.append(FieldError.notSupported(at("type"), .string(other), inOrder: ["Queue", "Reject"]))
        }
        if let percent = limited["borrowingLimitPercent"]?.int, percent < 0 {
            errors.append(
                .invalid(
                    path("borrowingLimitPercent"), .int(percent), "if specified, must be a non-negative integer"))
        }
        return errors
    }

    private func queuing(_ queuing: JSONValue, _ path: FieldPath) -> [FieldError] {
        let queues = queuing["queues"]?.int ?? 0
        let hand = queuing["handSize"]?.int ?? 0
        let length = queuing["queueLengthLimit"]?.int ?? 0
        var errors: [FieldError] = []
        if length <= 0 { errors.append(.invalid(path("queueLengthLimit"), .int(length), "must be positive")) }
        if queues <= 0 {
            errors.append(.invalid(path("queues"), .int(queues), "must be positive"))
        } else if queues > Self.queuesMax {
            errors.append(
                .invalid(path("queues"), .int(queues), "must not be greater than \(Self.queuesMax)"))
        }
        if hand <= 0 {
            errors.append(.invalid(path("handSize"), .int(hand), "must be positive"))
        } else if hand > queues {
            errors.append(
                .invalid(path("handSize"), .int(hand), "should not be greater than queues (\(queues))"))
        } else if ShuffleSharding.bits(deckSize: queues, handSize: hand) > ShuffleSharding.bitsMax {
            errors.append(
                .invalid(
                    path("handSize"), .int(hand),
                    "required entropy bits of deckSize \(queues) and handSize \(hand) should not be greater than "
                        + "\(ShuffleSharding.bitsMax)"))
        }
        return errors
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdateKeepingMetadata(&new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { FlowRuleChecks.conditions(new) }

    package let columns: [Column] = [
        .objectName, Column("Type", "Whether its requests are limited."),
        Column("NominalConcurrencyShares", "Its part of the server."), Column("Queues", "Number of queues."),
        Column("HandSize", "Queues that one flow may use."), Column("QueueLengthLimit", "Requests that may wait in one."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let queuing = spec["limited"]?["limitResponse"]?["queuing"]
        func number(_ value: JSONValue?) -> JSONValue { value?.int.map(JSONValue.int) ?? "<none>" }
        return [
            Cells.name(object), .string(spec.text("type")), number(spec["limited"]?["nominalConcurrencyShares"]),
            number(queuing?["queues"]), number(queuing?["handSize"]), number(queuing?["queueLengthLimit"]),
            Cells.age(object, now: now),
        ]
    }
}

/// Dealing each flow a hand of queues by one hash.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/util/shufflesharding`, `RequiredEntropyBits`.
private enum ShuffleSharding {
    static let bitsMax = 60

    /// The bits of a number below `deckSize * (deckSize - 1) * ...`, `handSize` factors.
    static func bits(deckSize: Int64, handSize: Int64) -> Int {
        var product: UInt128 = 1
        for factor in stride(from: deckSize, to: deckSize - handSize, by: -1) {
            let (next, overflow) = product.multipliedReportingOverflow(by: UInt128(factor))
            if overflow { return 128 }
            product = next
        }
        // As many bits as count up to the product.
        return 128 - (product - 1).leadingZeroBitCount
    }
}
