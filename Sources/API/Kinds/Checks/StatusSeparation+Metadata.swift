import JSON

extension StatusSeparation {
    /// For kinds whose status requests change the status alone: labels and annotations stay too.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/meta.go`, `ResetObjectMetaForStatus`.
    static func statusUpdateKeepingMetadata(_ new: inout JSONValue, _ old: JSONValue) {
        statusUpdate(&new, old)
        for name in ["labels", "annotations"] { new[path: ["metadata", name]] = old["metadata"]?[name] }
    }
}
