package import API
package import JSON

/// The status that a new object starts with, in full.
package enum FirstStatus {
    /// Adds to an emptied status what Go writes even when zero: `attached: false` of a VolumeAttachment, `loadBalancer: {}` of an
    /// Ingress.
    ///
    /// Called after a kind's own preparation; does nothing for a kind whose objects have no status or no table.
    /// - SeeAlso: Kubernetes 1.36 `PrepareForCreate` of each strategy, which assigns an empty Go struct.
    package static func complete(_ object: inout JSONValue, of kind: KindDefinition, schema: Schema = .kubernetes) {
        guard case .message(let type)? = schema[kind.schemaType].field("status")?.type,
            var status = object["status"]?.object
        else { return }
        for field in schema[type].fields where status.index(of: field.name) == nil {
            guard let zero = ZeroValue.written(field, schema) else { continue }
            status.members.append(JSONObject.Member(key: field.name, value: zero))
        }
        object["status"] = .object(status)
    }
}
