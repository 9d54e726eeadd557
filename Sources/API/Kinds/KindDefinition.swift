package import JSON

/// One kind as a server offers it: its names, its verbs and the rules that no table knows.
package struct KindDefinition: Sendable {
    package struct Subresource: Hashable, Sendable {
        /// `status`, `scale`, `log`.
        package var name: String
        /// The kind of its bodies: `autoscaling/v1, Scale`.
        package var kind: GroupVersionKind
        package var verbs: [String]

        package init(name: String, kind: GroupVersionKind, verbs: [String]) {
            self.name = name
            self.kind = kind
            self.verbs = verbs
        }
    }

    package var gvk: GroupVersionKind
    /// Plural, lower case.
    package var resource: String
    package var singular: String
    package var shortNames: [String]
    package var categories: [String]
    package var isNamespaced: Bool
    package var verbs: [String]
    package var subresources: [Subresource]
    /// Where objects are kept: two kinds that are views of the same objects (`events`) share it.
    package var storage: GroupVersionResource
    package var rules: any KindRules

    package var gvr: GroupVersionResource {
        GroupVersionResource(group: gvk.group, version: gvk.version, resource: resource)
    }

    /// The type of its bodies in `Schema.kubernetes`; that of PartialObjectMetadata for a custom kind, which has no table.
    package var schemaType: MessageID

    package init(
        gvk: GroupVersionKind, resource: String, singular: String, shortNames: [String], categories: [String],
        isNamespaced: Bool, verbs: [String], subresources: [Subresource], storage: GroupVersionResource, rules: any KindRules,
        schemaType: MessageID
    ) {
        self.gvk = gvk
        self.resource = resource
        self.singular = singular
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.subresources = subresources
        self.storage = storage
        self.rules = rules
        self.schemaType = schemaType
    }

    package func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }
    package var hasStatus: Bool { subresource("status") != nil }
    package func allows(_ verb: String) -> Bool { verbs.contains(verb) }
    /// Requests that are answered and forgotten: reviews, bindings.
    package var isStored: Bool { allows("get") }
}

extension KindDefinition {
    /// Fills what the writer left out. Applying it twice changes nothing.
    package func applyDefaults(_ object: inout JSONValue) { rules.applyDefaults(&object) }

    /// Before a create is validated: drops what only the system writes, sets the first generation.
    package func prepareForCreate(_ object: inout JSONValue) {
        rules.prepareForCreate(&object)
    }

    /// Before an update through the main resource is validated: the status stays as it was, the generation counts.
    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) { rules.prepareForUpdate(new: &new, old: old) }

    /// Before an update through `/status`: everything but the status (and metadata that may change there) stays as it was.
    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        rules.prepareForStatusUpdate(new: &new, old: old)
    }

    /// Everything that is wrong with a new object, its metadata included.
    package func validateCreate(_ object: JSONValue) -> [FieldError] {
        MetadataValidation.validate(object, of: self) + rules.validate(object)
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        MetadataValidation.validateUpdate(new: new, old: old, of: self) + rules.validateUpdate(new: new, old: old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        MetadataValidation.validateUpdate(new: new, old: old, of: self) + rules.validateStatusUpdate(new: new, old: old)
    }

    /// The value of a field that a field selector may name; empty when the object has none, nil when the kind does not offer it.
    package func fieldLabel(_ object: JSONValue, _ field: String) -> String? {
        switch field {
        case "metadata.name": return object["metadata"]?["name"]?.string ?? ""
        case "metadata.namespace": return object["metadata"]?["namespace"]?.string ?? ""
        default: return rules.selectableFields.contains(field) ? rules.selectableValue(object, field) : nil
        }
    }

    package func isSelectable(_ field: String) -> Bool {
        field == "metadata.name" || field == "metadata.namespace" || rules.selectableFields.contains(field)
    }

    package var columns: [Column] { rules.columns }

    /// One row of a table, a cell per column.
    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] { rules.cells(object, now: now) }
}

/// One column of `kubectl get`.
package struct Column: Hashable, Sendable {
    package var name: String
    /// `string`, `integer`, `boolean`, `date`.
    package var type: String
    /// `name` for the object's name, else empty.
    package var format: String
    /// Zero: always shown; above: only with `-o wide`.
    package var priority: Int
    package var description: String

    package init(_ name: String, type: String = "string", format: String = "", wide: Bool = false, _ description: String = "") {
        self.name = name
        self.type = type
        self.format = format
        self.priority = wide ? 1 : 0
        self.description = description
    }

    package static let objectName = Column("Name", format: "name", "Name of the object; unique within its namespace.")
    package static let age = Column("Age", "Time since the object was created.")
    package static let containers = Column("Containers", wide: true, "Names of the template's containers.")
    package static let images = Column("Images", wide: true, "Images of the template's containers.")
}
