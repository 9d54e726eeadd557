// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.scheduling.v1`.
    static let schedulingV1: StaticString = """
        =PriorityClass K=scheduling.k8s.io/v1/PriorityClass
        apiVersion 0 s
        description 4 s
        globalDefault 3 b
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        preemptionPolicy 5 s p
        value 2 i a D=0
        =PriorityClassList K=scheduling.k8s.io/v1/PriorityClassList
        apiVersion 0 s
        items 2 [.PriorityClass a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        """
}
