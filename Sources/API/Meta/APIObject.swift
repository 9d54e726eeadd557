package import JSON

/// A typed view of one kind: plain Swift values for the fields that someone reads.
///
/// Reading goes bytes -> tree -> view. Writing never starts from a view, so a field that a view does not know is not lost.
package protocol APIObject: Sendable {
    static var resource: GroupVersionResource { get }
    static var kind: String { get }
    static var isNamespaced: Bool { get }

    var metadata: ObjectMeta { get }

    /// Reads an object that a server accepted: absent fields take their zero value, nothing is refused.
    init(json: JSONValue)

    /// Takes the copies that `parts` keeps of what many objects have in common; afterwards the object is equal to what it was.
    mutating func share(_ parts: inout SharedParts)
}

extension APIObject {
    package var key: NamespacedName { metadata.key }
    package static var apiVersion: String { resource.groupVersion }

    /// For kinds of which a cluster has few.
    package mutating func share(_ parts: inout SharedParts) {}
}
