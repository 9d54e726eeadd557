// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.rbac.v1`.
    static let rbacV1: StaticString = """
        =AggregationRule
        clusterRoleSelectors 1 [:apimachinery.pkg.apis.meta.v1.LabelSelector La
        =ClusterRole K=rbac.authorization.k8s.io/v1/ClusterRole
        aggregationRule 3 .AggregationRule p
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        rules 2 [.PolicyRule a La
        =ClusterRoleBinding K=rbac.authorization.k8s.io/v1/ClusterRoleBinding
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        roleRef 3 .RoleRef a r
        subjects 2 [.Subject La
        =ClusterRoleBindingList K=rbac.authorization.k8s.io/v1/ClusterRoleBindingList
        apiVersion 0 s
        items 2 [.ClusterRoleBinding a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ClusterRoleList K=rbac.authorization.k8s.io/v1/ClusterRoleList
        apiVersion 0 s
        items 2 [.ClusterRole a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =PolicyRule
        apiGroups 2 [s La
        nonResourceURLs 5 [s La
        resourceNames 4 [s La
        resources 3 [s La
        verbs 1 [s a r La
        =Role K=rbac.authorization.k8s.io/v1/Role
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        rules 2 [.PolicyRule a La
        =RoleBinding K=rbac.authorization.k8s.io/v1/RoleBinding
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        roleRef 3 .RoleRef a r
        subjects 2 [.Subject La
        =RoleBindingList K=rbac.authorization.k8s.io/v1/RoleBindingList
        apiVersion 0 s
        items 2 [.RoleBinding a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =RoleList K=rbac.authorization.k8s.io/v1/RoleList
        apiVersion 0 s
        items 2 [.Role a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =RoleRef A
        apiGroup 1 s a
        kind 2 s a r
        name 3 s a r
        =Subject A
        apiGroup 2 s
        kind 1 s a r
        name 3 s a r
        namespace 4 s
        """
}
