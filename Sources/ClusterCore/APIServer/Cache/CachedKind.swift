package import API
import JSON
import Synchronization

/// What the cached objects of one kind have in common; one for all of them, so that each needs a reference only.
package final class CachedKind: Sendable {
    package let definition: KindDefinition
    private let namespaces = Mutex(SharedValues<String>())
    private let texts = Mutex(SharedValues<String>())
    private let labels = Mutex(SharedValues<[String: String]>())
    /// Fewer than of the others, because each may be large.
    private let blocks = Mutex(SharedValues<CommonBlock>(countMax: 1024))

    package init(_ definition: KindDefinition) { self.definition = definition }

    /// The same name with the namespace's text that other objects have.
    func shared(_ key: NamespacedName) -> NamespacedName {
        var key = key
        namespaces.withLock { $0.share(&key.namespace) }
        return key
    }

    /// Bytes in three parts, of which many objects share the middle one; it is nil where cutting is of no use.
    func divided(_ bytes: [UInt8]) -> (head: [UInt8], common: [UInt8]?, tail: [UInt8]) {
        guard let range = CommonBlock.range(in: bytes) else { return (bytes, nil, []) }
        let block = CommonBlock(bytes: Array(bytes[range]))
        return (Array(bytes[..<range.lowerBound]), blocks.withLock { $0.shared(block).bytes }, Array(bytes[range.upperBound...]))
    }

    /// Reads what selectors look at.
    func header(_ object: JSONValue) -> CachedObject.Header {
        let rules = definition.rules
        var labels = object["metadata"]?["labels"]?.object?.strings ?? [:]
        self.labels.withLock { $0.share(&labels) }
        var values = rules.selectableFields.map { rules.selectableValue(object, $0) }
        texts.withLock { texts in for index in values.indices { texts.share(&values[index]) } }
        return CachedObject.Header(
            uid: object["metadata"]?["uid"]?.string ?? "", labels: labels, names: rules.selectableFields, values: values)
    }
}
