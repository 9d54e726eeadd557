package import API
package import JSON

/// One request to the API server, and what its answer means to whoever planned it.
package struct Write: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        case create(GroupVersionResource, namespace: String?, JSONValue)
        case createBelow(GroupVersionResource, NamespacedName, subresource: String, JSONValue)
        case update(GroupVersionResource, NamespacedName, JSONValue, subresource: String?)
        case patch(GroupVersionResource, NamespacedName, PatchType, JSONValue, subresource: String?)
        case delete(GroupVersionResource, NamespacedName, DeletionOptions)
    }

    /// Refusals that mean the wish is already fulfilled.
    package struct Tolerance: OptionSet, Hashable, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let notFound = Tolerance(rawValue: 1)
        package static let alreadyExists = Tolerance(rawValue: 2)
        package static let conflict = Tolerance(rawValue: 4)
    }

    /// The events that tell people of the write.
    package struct Report: Hashable, Sendable {
        /// What the events are about.
        package var object: ObjectReference
        /// The name of the written object is appended, if `namesObject`.
        package var success: (reason: String, message: String)? {
            get { successReason.isEmpty ? nil : (successReason, successMessage) }
        }
        /// The refusal is appended.
        package var failure: (reason: String, message: String) { (failureReason, failureMessage) }

        package var namesObject: Bool
        private var successReason: String
        private var successMessage: String
        private var failureReason: String
        private var failureMessage: String

        package init(
            about object: ObjectReference, success: (reason: String, message: String)?,
            failure: (reason: String, message: String), namesObject: Bool = true
        ) {
            self.object = object
            self.namesObject = namesObject
            (successReason, successMessage) = success ?? ("", "")
            (failureReason, failureMessage) = failure
        }
    }

    package var operation: Operation
    package var tolerates: Tolerance
    package var report: Report?

    package init(_ operation: Operation, tolerates: Tolerance = [], report: Report? = nil) {
        self.operation = operation
        self.tolerates = tolerates
        self.report = report
    }

    package static func create(
        _ resource: GroupVersionResource, namespace: String?, _ object: JSONValue, tolerates: Tolerance = [],
        report: Report? = nil
    ) -> Write {
        Write(.create(resource, namespace: namespace, object), tolerates: tolerates, report: report)
    }

    /// A merge patch; `revision`, when given, makes it a precondition.
    package static func merge(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ body: JSONValue, subresource: String? = nil,
        revision: String? = nil, tolerates: Tolerance = [], report: Report? = nil
    ) -> Write {
        var body = body
        if let revision { body[path: ["metadata", "resourceVersion"]] = .string(revision) }
        return Write(.patch(resource, key, .merge, body, subresource: subresource), tolerates: tolerates, report: report)
    }

    /// An object that is gone already counts as deleted.
    package static func delete(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ options: DeletionOptions = DeletionOptions(),
        tolerates: Tolerance = .notFound, report: Report? = nil
    ) -> Write {
        Write(.delete(resource, key, options), tolerates: tolerates, report: report)
    }

    /// Whether this changes the object by a patch.
    package func isPatch(of key: NamespacedName, _ resource: GroupVersionResource) -> Bool {
        if case .patch(resource, key, _, _, _) = operation { true } else { false }
    }

    package var resource: GroupVersionResource {
        switch operation {
        case .create(let resource, _, _), .createBelow(let resource, _, _, _), .update(let resource, _, _, _),
            .patch(let resource, _, _, _, _), .delete(let resource, _, _):
            resource
        }
    }
}
