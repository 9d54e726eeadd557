package import JSON

/// One line of a watch.
package struct WatchEvent: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
        case error = "ERROR"
    }

    package var kind: Kind
    /// The whole object; for `error` a `Status`.
    package var object: JSONValue

    package init(kind: Kind, object: JSONValue) {
        self.kind = kind
        self.object = object
    }

    /// Opaque to readers; empty when the object has none.
    package var resourceVersion: String { object["metadata"]?["resourceVersion"]?.string ?? "" }
}
