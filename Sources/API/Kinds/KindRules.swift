package import JSON

/// What makes one kind differ from the generic one. Pure: no clock, no randomness, no look at other objects.
package protocol KindRules: Sendable {
    /// Fields a field selector may name, besides `metadata.name` and `metadata.namespace`.
    var selectableFields: [String] { get }
    func selectableValue(_ object: JSONValue, _ field: String) -> String

    /// What names of this kind must look like: messages, empty when fine.
    func validateName(_ name: String) -> [String]

    /// Whether `metadata.generation` counts changes of the specification.
    var countsGenerations: Bool { get }
    /// Whether `status` is written through `/status` alone.
    var separatesStatus: Bool { get }
    /// Whether an update without `resourceVersion` is taken as unconditional.
    var allowsUnconditionalUpdate: Bool { get }
    /// Whether an update of a missing object creates it.
    var allowsCreateOnUpdate: Bool { get }

    func applyDefaults(_ object: inout JSONValue)
    func prepareForCreate(_ object: inout JSONValue)
    func prepareForUpdate(new: inout JSONValue, old: JSONValue)
    func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue)
    func validate(_ object: JSONValue) -> [FieldError]
    func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError]
    func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError]
    /// Before an update through a subresource that writes one part (`ephemeralcontainers`): the rest stays as it was.
    func prepareForSubresourceUpdate(_ subresource: String, new: inout JSONValue, old: JSONValue)
    func validateSubresourceUpdate(_ subresource: String, new: JSONValue, old: JSONValue) -> [FieldError]
    /// What the writer of an object should know although it is fine; sent as `Warning` headers.
    func warnings(_ object: JSONValue, isNew: Bool) -> [String]

    var columns: [Column] { get }
    func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue]

    /// From the form that clients send to the form that is kept, for kinds that share their storage; and back.
    func convertToStorage(_ object: inout JSONValue)
    func convertFromStorage(_ object: inout JSONValue)
    /// What the kept form calls a selectable field.
    func storageField(_ field: String) -> String
}

extension KindRules {
    package var selectableFields: [String] { [] }
    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        switch object[path: field.split(separator: ".").map(String.init)] {
        case .string(let text): text
        case .bool(let flag): String(flag)
        case .int(let number): String(number)
        default: ""
        }
    }
    package func validateName(_ name: String) -> [String] { NameValidation.dns1123Subdomain(name) }
    package var countsGenerations: Bool { false }
    package var separatesStatus: Bool { false }
    package var allowsUnconditionalUpdate: Bool { true }
    package var allowsCreateOnUpdate: Bool { false }

    package func applyDefaults(_ object: inout JSONValue) {}

    package func prepareForCreate(_ object: inout JSONValue) { StatusSeparation.create(&object, self) }
    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) { StatusSeparation.update(&new, old, self) }
    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) { StatusSeparation.statusUpdate(&new, old) }

    package func validate(_ object: JSONValue) -> [FieldError] { [] }
    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { validate(new) }
    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { [] }
    package func prepareForSubresourceUpdate(_ subresource: String, new: inout JSONValue, old: JSONValue) {}
    package func validateSubresourceUpdate(_ subresource: String, new: JSONValue, old: JSONValue) -> [FieldError] { [] }
    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] { [] }

    package var columns: [Column] { [.objectName, .age] }
    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] { [Cells.name(object), Cells.age(object, now: now)] }

    package func convertToStorage(_ object: inout JSONValue) {}
    package func convertFromStorage(_ object: inout JSONValue) {}
    package func storageField(_ field: String) -> String { field }
}

/// The part of a create and update strategy that every kind with a status shares.
enum StatusSeparation {
    static func create(_ object: inout JSONValue, _ rules: some KindRules) {
        if rules.separatesStatus, object["status"] != nil { object["status"] = .object([:]) }
        if rules.countsGenerations { object[path: ["metadata", "generation"]] = 1 }
    }

    static func update(_ new: inout JSONValue, _ old: JSONValue, _ rules: some KindRules) {
        if rules.separatesStatus { new["status"] = old["status"] }
        if rules.countsGenerations { countGeneration(&new, old) }
    }

    /// Everything outside `metadata` and `status` is the specification here.
    static func countGeneration(_ new: inout JSONValue, _ old: JSONValue) {
        let before = old["metadata"]?["generation"]?.int ?? 0
        let changed = specification(new) != specification(old)
        let after = changed ? before + 1 : before
        new[path: ["metadata", "generation"]] = after == 0 ? .none : .some(.int(after))
    }

    static func statusUpdate(_ new: inout JSONValue, _ old: JSONValue) {
        var result = old
        result["status"] = new["status"]
        result["metadata"] = new["metadata"]
        for name in ["generation", "deletionTimestamp", "ownerReferences", "finalizers"] {
            result[path: ["metadata", name]] = old["metadata"]?[name]
        }
        new = result
    }

    static func specification(_ object: JSONValue) -> JSONValue {
        var result = object
        for name in ["metadata", "status", "apiVersion", "kind"] { result[name] = nil }
        return result
    }
}

/// A kind without rules of its own.
package struct GenericRules: KindRules {
    package var separatesStatus: Bool
    package var countsGenerations: Bool

    package init(separatesStatus: Bool = false, countsGenerations: Bool = false) {
        self.separatesStatus = separatesStatus
        self.countsGenerations = countsGenerations
    }
}
