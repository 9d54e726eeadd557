package import API

/// One object of a cache before and after; at least one side is there.
package struct CacheChange<Object: APIObject>: Sendable {
    /// Nil: the object is new.
    package var old: Object?
    /// Nil: the object is gone.
    package var new: Object?

    package init(old: Object?, new: Object?) {
        precondition(old != nil || new != nil, "a change without an object")
        self.old = old
        self.new = new
    }

    /// The latest known state.
    package var object: Object {
        guard let object = new ?? old else { preconditionFailure("a change without an object") }
        return object
    }

    package var key: NamespacedName { object.key }
    package var isAddition: Bool { old == nil }
    package var isDeletion: Bool { new == nil }
}
