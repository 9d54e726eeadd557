package import API

/// A kind that the server offers, for controllers that treat all kinds alike.
package struct ResourceKind: Hashable, Sendable {
    package var resource: GroupVersionResource
    package var kind: String
    package var isNamespaced: Bool

    package init(resource: GroupVersionResource, kind: String, isNamespaced: Bool) {
        self.resource = resource
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    package init<Object: APIObject>(_: Object.Type) {
        self.init(resource: Object.resource, kind: Object.kind, isNamespaced: Object.isNamespaced)
    }
}
