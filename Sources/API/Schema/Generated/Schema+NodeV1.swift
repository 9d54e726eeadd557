// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.node.v1`.
    static let nodeV1: StaticString = """
        =Overhead
        podFixed 1 {q
        =RuntimeClass K=node.k8s.io/v1/RuntimeClass
        apiVersion 0 s
        handler 2 s a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        overhead 3 .Overhead p
        scheduling 4 .Scheduling p
        =RuntimeClassList K=node.k8s.io/v1/RuntimeClassList
        apiVersion 0 s
        items 2 [.RuntimeClass a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =Scheduling
        nodeSelector 1 {s A
        tolerations 2 [:api.core.v1.Toleration La
        """
}
