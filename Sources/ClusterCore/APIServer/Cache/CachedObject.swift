package import API
package import JSON
package import Store
import Synchronization

/// One object at one revision: the bytes that every reader gets, and a header that is read from them when first needed.
///
/// A server holds very many of these: what few have, and what all of a kind have in common, lies elsewhere.
package final class CachedObject: Sendable {
    /// What selectors look at.
    package final class Header: Sendable {
        package let uid: String
        package let labels: [String: String]
        /// The selectable fields of the kind.
        private let names: [String]
        private let values: [String]

        init(uid: String, labels: [String: String], names: [String], values: [String]) {
            self.uid = uid
            self.labels = labels
            self.names = names
            self.values = values
        }

        /// Nil: no selectable field of the kind.
        func field(_ name: String) -> String? { names.firstIndex(of: name).map { values[$0] } }
    }

    /// What only objects of a custom kind have.
    private struct Custom: Hashable {
        var storedBytes: [UInt8]?
        var apiVersion: String?
        var isOutdated: Bool
    }

    package let key: NamespacedName
    package let revision: Revision
    /// The whole object as JSON, `resourceVersion` included: these three in order.
    private let head: [UInt8]
    private let common: [UInt8]?
    private let tail: [UInt8]
    /// True for what the store holds, or held, under this revision; false for what was made for one answer or one event.
    let isStored: Bool
    private let kind: CachedKind
    private let custom: Boxed<Custom>
    private let lazyHeader = Mutex<Header?>(nil)

    package init(
        kind: CachedKind, key: NamespacedName, revision: Revision, bytes: [UInt8], storedBytes: [UInt8]? = nil,
        isStored: Bool = false, apiVersion: String? = nil, isOutdated: Bool = false
    ) {
        let isPlain = storedBytes == nil && apiVersion == nil && !isOutdated
        custom = Boxed(
            wrappedValue: isPlain ? nil : Custom(storedBytes: storedBytes, apiVersion: apiVersion, isOutdated: isOutdated))
        self.kind = kind
        self.isStored = isStored
        self.key = key
        self.revision = revision
        // What was made for one answer is gone before anything could share with it.
        (head, common, tail) = isStored ? kind.divided(bytes) : (bytes, nil, [])
    }

    /// The whole object as JSON, `resourceVersion` included.
    package var bytes: [UInt8] {
        guard let common else { return head }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        bytes += head
        bytes += common
        bytes += tail
        return bytes
    }

    var byteCount: Int { head.count + (common?.count ?? 0) + tail.count }

    /// The same in pieces, without a copy.
    func appendBytes(to slices: inout [[UInt8]]) {
        slices.append(head)
        guard let common else { return }
        slices.append(common)
        slices.append(tail)
    }

    /// As stored, `resourceVersion` included, where the schema of a custom kind makes `bytes` something else.
    var storedBytes: [UInt8]? { custom.wrappedValue?.storedBytes }
    /// The version of `bytes` where a webhook converts; nil: any version is had from them by the kind's own rules.
    var apiVersion: String? { custom.wrappedValue?.apiVersion }
    /// Stored in another version than is written today.
    var isOutdated: Bool { custom.wrappedValue?.isOutdated ?? false }

    /// Reads the whole tree; null when the bytes are damaged.
    package var object: JSONValue { (try? JSONParser.parse(bytes)) ?? .null }

    package var header: Header {
        lazyHeader.withLock { known in
            if let known { return known }
            let header = kind.header(object)
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
            default: header.field(field)
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
