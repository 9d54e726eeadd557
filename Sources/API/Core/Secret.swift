package import JSON

/// A view of `v1, Secret`.
package struct Secret: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "secrets")
    package static let kind = "Secret"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    package var type: String
    /// Decoded; entries that are not base64 are left out.
    package var data: [String: [UInt8]]

    package init(metadata: ObjectMeta, type: String = "Opaque", data: [String: [UInt8]] = [:]) {
        self.metadata = metadata
        self.type = type
        self.data = data
    }

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        type = json["type"]?.string ?? "Opaque"
        data = (json["data"]?.object?.strings ?? [:]).compactMapValues(Base64.decode)
    }
}
