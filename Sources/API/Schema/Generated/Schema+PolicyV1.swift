// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.policy.v1`.
    static let policyV1: StaticString = """
        =Eviction K=policy/v1/Eviction
        apiVersion 0 s
        deleteOptions 2 :apimachinery.pkg.apis.meta.v1.DeleteOptions p
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        =PodDisruptionBudget K=policy/v1/PodDisruptionBudget
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .PodDisruptionBudgetSpec
        status 3 .PodDisruptionBudgetStatus
        =PodDisruptionBudgetList K=policy/v1/PodDisruptionBudgetList
        apiVersion 0 s
        items 2 [.PodDisruptionBudget a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =PodDisruptionBudgetSpec
        maxUnavailable 3 x p
        minAvailable 1 x p
        selector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p S=replace
        unhealthyPodEvictionPolicy 4 s p
        =PodDisruptionBudgetStatus
        conditions 7 [:apimachinery.pkg.apis.meta.v1.Condition Lm=type M=type S=merge
        currentHealthy 4 i a D=0
        desiredHealthy 5 i a D=0
        disruptedPods 2 {t
        disruptionsAllowed 3 i a D=0
        expectedPods 6 i a D=0
        observedGeneration 1 l
        """
}
