package import API
package import JSON

/// Where a reflector puts what it read.
package protocol ReflectorSink: Sendable {
    /// What is kept of an object.
    associatedtype Item: Sendable

    func read(_ json: JSONValue) -> Item
    func replace(with items: [Item], resourceVersion: String)
    /// An event of the watch; `item` is nil for a bookmark, which only moves the revision.
    func apply(_ kind: WatchEvent.Kind, _ item: Item?, resourceVersion: String)
}
