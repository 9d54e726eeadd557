import API
import JSON

/// Reads `spec.template` and makes pods of it.
enum PodTemplate {
    static func labels(of template: JSONValue) -> [String: String] {
        template["metadata"]?["labels"]?.object?.strings ?? [:]
    }

    /// A pod of `owner`, named by the server.
    static func pod<Owner: APIObject>(from template: JSONValue, owner: Owner) -> JSONValue {
        var metadata: JSONValue = [
            "generateName": .string(owner.metadata.name + "-"), "namespace": .string(owner.metadata.namespace),
        ]
        for member in ["labels", "annotations", "finalizers"] { metadata[member] = template["metadata"]?[member] }
        metadata["ownerReferences"] = [OwnerReferences.controller(owner).json]
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] ?? [:]]
    }

    /// The template without the label that only ReplicaSets carry.
    static func withoutHash(_ template: JSONValue) -> JSONValue {
        var template = template
        template[path: ["metadata", "labels", ReplicaSet.templateHashLabel]] = nil
        if template["metadata"]?["labels"]?.object?.isEmpty == true { template[path: ["metadata", "labels"]] = nil }
        if template["metadata"]?["creationTimestamp"]?.isNull == true { template[path: ["metadata", "creationTimestamp"]] = nil }
        return template
    }

    static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool { withoutHash(left) == withoutHash(right) }

    /// A short name for a template, the same for equal templates; `collisions` makes another one of it.
    ///
    /// Upstream hashes Go's own picture of the value, so the texts differ from upstream's; nobody may rely on them.
    static func hash(_ template: JSONValue, collisions: Int) -> String {
        var hash: UInt32 = 2_166_136_261
        let suffix = collisions == 0 ? "" : String(collisions)
        for byte in JSONWriter.write(sorted(withoutHash(template))) + Array(suffix.utf8) {
            hash = (hash ^ UInt32(byte)) &* 16_777_619
        }
        return safe(hash)
    }

    /// A number in letters that cannot form words, as upstream's `SafeEncodeString`.
    static func safe(_ hash: UInt32) -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        return String(String(hash).utf8.map { (byte: UInt8) -> Character in alphabet[Int(byte) % alphabet.count] })
    }

    static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.key < $1.key }.map {
                        JSONObject.Member(key: $0.key, value: sorted($0.value))
                    }))
        case .array(let values): .array(values.map(sorted))
        default: value
        }
    }
}
