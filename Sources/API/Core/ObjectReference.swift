package import JSON

/// Points at one object: what an Event is about, the pod behind an endpoint address.
package struct ObjectReference: Hashable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var namespace: String
    package var name: String
    package var uid: String
    package var resourceVersion: String
    /// `spec.containers{web}`; empty for the whole object.
    package var fieldPath: String

    package init(
        apiVersion: String = "", kind: String, namespace: String = "", name: String, uid: String = "",
        resourceVersion: String = "", fieldPath: String = ""
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.fieldPath = fieldPath
    }

    package init(json: JSONValue) {
        func text(_ name: String) -> String { json[name]?.string ?? "" }
        self.init(
            apiVersion: text("apiVersion"), kind: text("kind"), namespace: text("namespace"), name: text("name"),
            uid: text("uid"), resourceVersion: text("resourceVersion"), fieldPath: text("fieldPath"))
    }

    /// The reference to an object that a view shows.
    package init<Object: APIObject>(to object: Object) {
        self.init(
            apiVersion: Object.apiVersion, kind: Object.kind, namespace: object.metadata.namespace,
            name: object.metadata.name, uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion)
    }

    /// Only the members that say something.
    package var json: JSONValue {
        var result: JSONValue = [:]
        let members = [
            ("kind", kind), ("namespace", namespace), ("name", name), ("uid", uid), ("apiVersion", apiVersion),
            ("resourceVersion", resourceVersion), ("fieldPath", fieldPath),
        ]
        for (key, value) in members where !value.isEmpty { result[key] = .string(value) }
        return result
    }
}
