package import API
package import JSON
package import Store
import Synchronization

/// One object at one revision: the bytes that every reader gets, and a header that is read from them when first needed.
package final class CachedObject: Sendable {
    /// What selectors look at.
    package struct Header: Sendable {
        package var uid: String
        package var labels: [String: String]
        /// The selectable fields of the kind.
        package var fields: [String: String]
    }

    package let key: NamespacedName
    package let revision: Revision
    /// The whole object as JSON, `resourceVersion` included.
    package let bytes: [UInt8]
    /// As stored, `resourceVersion` included, where the schema of a custom kind makes `bytes` something else.
    let storedBytes: [UInt8]?
    /// True for what the store holds, or held, under this revision; false for what was made for one answer or one event.
    let isStored: Bool
    /// The version of `bytes` where a webhook converts; nil: any version is had from them by the kind's own rules.
    let apiVersion: String?
    /// Stored in another version than is written today.
    let isOutdated: Bool
    private let kind: KindDefinition
    private let lazyHeader = Mutex<Header?>(nil)

    package init(
        kind: KindDefinition, key: NamespacedName, revision: Revision, bytes: [UInt8], storedBytes: [UInt8]? = nil,
        isStored: Bool = false, apiVersion: String? = nil, isOutdated: Bool = false
    ) {
        self.storedBytes = storedBytes
        self.apiVersion = apiVersion
        self.isOutdated = isOutdated
        self.kind = kind
        self.isStored = isStored
        self.key = key
        self.revision = revision
        self.bytes = bytes
    }

    /// Reads the whole tree; null when the bytes are damaged.
    package var object: JSONValue { (try? JSONParser.parse(bytes)) ?? .null }

    package var header: Header {
        lazyHeader.withLock { known in
            if let known { return known }
            let object = object
            var fields: [String: String] = [:]
            for field in kind.rules.selectableFields { fields[field] = kind.rules.selectableValue(object, field) }
            let header = Header(
                uid: object["metadata"]?["uid"]?.string ?? "",
                labels: object["metadata"]?["labels"]?.object?.strings ?? [:], fields: fields)
            known = header
            return header
        }
    }

    func matches(_ selection: Selection) -> Bool {
        if let namespace = selection.namespace, namespace != key.namespace { return false }
        if let name = selection.name, name != key.name { return false }
        guard selection.readsHeader else { return true }
        let header = header
        guard selection.labels.matches(header.labels) else { return false }
        return selection.fields.matches { field in
            switch field {
            case "metadata.name": key.name
            case "metadata.namespace": key.namespace
            default: header.fields[field]
            }
        }
    }
}

/// What narrows a list or a watch.
struct Selection: Hashable, Sendable {
    /// Nil: all.
    var namespace: String?
    /// Nil: all.
    var name: String?
    var labels = LabelSelector.everything
    var fields = FieldSelector.everything

    /// Whether labels or fields other than the name decide.
    var readsHeader: Bool { !labels.isEverything || !fields.isEverything }
}
