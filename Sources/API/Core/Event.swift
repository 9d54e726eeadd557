package import JSON

/// What happened to an object, for people (`v1`, the core form).
package struct Event: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "events")
    package static let kind = "Event"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    package var involvedObject: ObjectReference
    /// `Normal` or `Warning`.
    package var type: String
    package var reason: String
    package var message: String
    package var count: Int
    package var firstTimestamp: Timestamp?
    package var lastTimestamp: Timestamp?
    /// `source.component`, or `reportingComponent` where that is empty.
    package var component: String

    package init(
        metadata: ObjectMeta, involvedObject: ObjectReference, type: String, reason: String, message: String, count: Int = 1,
        firstTimestamp: Timestamp? = nil, lastTimestamp: Timestamp? = nil, component: String = ""
    ) {
        self.metadata = metadata
        self.involvedObject = involvedObject
        self.type = type
        self.reason = reason
        self.message = message
        self.count = count
        self.firstTimestamp = firstTimestamp
        self.lastTimestamp = lastTimestamp
        self.component = component
    }

    package init(json: JSONValue) {
        let source = json["source"]?["component"]?.string ?? ""
        self.init(
            metadata: ObjectMeta(json: json["metadata"] ?? [:]),
            involvedObject: ObjectReference(json: json["involvedObject"] ?? [:]),
            type: json["type"]?.string ?? "", reason: json["reason"]?.string ?? "",
            message: json["message"]?.string ?? "", count: Int(json["count"]?.int ?? 0),
            firstTimestamp: json["firstTimestamp"]?.string.flatMap(Timestamp.init(parsing:)),
            lastTimestamp: json["lastTimestamp"]?.string.flatMap(Timestamp.init(parsing:)),
            component: source.isEmpty ? json["reportingComponent"]?.string ?? "" : source)
    }
}
