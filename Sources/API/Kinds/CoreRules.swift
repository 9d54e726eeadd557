package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/coordination/lease/strategy.go`, `pkg/apis/coordination/validation`.
package struct LeaseRules: KindRules {
    package let allowsUnconditionalUpdate = false
    package let allowsCreateOnUpdate = true

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        if let seconds = object["spec"]?["leaseDurationSeconds"]?.int, seconds <= 0 {
            errors.append(.invalid(path("leaseDurationSeconds"), .int(seconds), "must be greater than 0"))
        }
        if let transitions = object["spec"]?["leaseTransitions"]?.int, transitions < 0 {
            errors.append(.invalid(path("leaseTransitions"), .int(transitions), "must be greater than or equal to 0"))
        }
        return errors
    }

    package let columns: [Column] = [.objectName, Column("Holder", "Who holds the lease."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["spec"]?["holderIdentity"] ?? "", Cells.age(object, now: now)]
    }
}
