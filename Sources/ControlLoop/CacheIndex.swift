package import API

/// A second way to find the objects of a cache.
package struct CacheIndex<Object: APIObject>: Sendable {
    /// Indexes of one cache with the same name are the same index.
    package var name: String
    /// The values under which an object is found; empty: under none.
    package var values: @Sendable (Object) -> [String]

    package init(_ name: String, _ values: @escaping @Sendable (Object) -> [String]) {
        self.name = name
        self.values = values
    }

    /// By the uid of the owner that manages the object.
    package static var controllerUID: CacheIndex<Object> {
        CacheIndex("controllerUID") { object in object.metadata.controller.map { [$0.uid] } ?? [] }
    }
}
