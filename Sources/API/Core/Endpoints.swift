package import JSON

/// The older form of what EndpointSlices say, one object per Service.
package struct Endpoints: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "endpoints")
    package static let kind = "Endpoints"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    /// As stored; they are compared and replaced as a whole.
    package var subsets: [JSONValue]

    package init(metadata: ObjectMeta, subsets: [JSONValue] = []) {
        self.metadata = metadata
        self.subsets = subsets
    }

    package init(json: JSONValue) {
        self.init(metadata: ObjectMeta(json: json["metadata"] ?? [:]), subsets: json["subsets"]?.array ?? [])
    }
}
