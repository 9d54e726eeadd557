import API
import ControlLoop
import JSON

/// Adopting and releasing objects that a selector says are, or are not, ours.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/controller_ref_manager.go`.
enum OwnerReferences {
    static func controller<Owner: APIObject>(_ owner: Owner) -> OwnerReference {
        OwnerReference(
            apiVersion: Owner.apiVersion, kind: Owner.kind, name: owner.metadata.name, uid: owner.metadata.uid,
            controller: true, blockOwnerDeletion: true)
    }

    static func adopt<Object: APIObject, Owner: APIObject>(_ object: Object, by owner: Owner) -> Write {
        replace(object, object.metadata.ownerReferences + [controller(owner)])
    }

    /// An object that is gone meanwhile is released as well.
    static func release<Object: APIObject, Owner: APIObject>(_ object: Object, by owner: Owner) -> Write {
        replace(object, object.metadata.ownerReferences.filter { $0.uid != owner.metadata.uid })
    }

    private static func replace<Object: APIObject>(_ object: Object, _ references: [OwnerReference]) -> Write {
        Write.merge(
            Object.resource, object.key,
            ["metadata": ["uid": .string(object.metadata.uid), "ownerReferences": .array(references.map(\.json))]],
            revision: object.metadata.resourceVersion, tolerates: .notFound)
    }
}
