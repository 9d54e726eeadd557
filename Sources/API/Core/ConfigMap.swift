package import JSON

/// A view of `v1, ConfigMap`.
package struct ConfigMap: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "configmaps")
    package static let kind = "ConfigMap"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    package var data: [String: String]
    package var binaryData: [String: [UInt8]]

    package init(metadata: ObjectMeta, data: [String: String] = [:], binaryData: [String: [UInt8]] = [:]) {
        self.metadata = metadata
        self.data = data
        self.binaryData = binaryData
    }

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        data = json["data"]?.object?.strings ?? [:]
        binaryData = (json["binaryData"]?.object?.strings ?? [:]).compactMapValues(Base64.decode)
    }

    /// Both maps as bytes, which is how volumes read them.
    package var bytes: [String: [UInt8]] {
        binaryData.merging(data.mapValues { Array($0.utf8) }) { _, text in text }
    }
}
