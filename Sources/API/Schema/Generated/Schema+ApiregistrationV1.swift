// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `kube-aggregator.pkg.apis.apiregistration.v1`.
    static let apiregistrationV1: StaticString = """
        =APIService K=apiregistration.k8s.io/v1/APIService
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .APIServiceSpec
        status 3 .APIServiceStatus
        =APIServiceCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s a r
        type 1 s a r
        =APIServiceList K=apiregistration.k8s.io/v1/APIServiceList
        apiVersion 0 s
        items 2 [.APIService a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =APIServiceSpec
        caBundle 5 B La
        group 2 s
        groupPriorityMinimum 7 i a r D=0
        insecureSkipTLSVerify 4 b
        service 1 .ServiceReference p
        version 3 s
        versionPriority 8 i a r D=0
        =APIServiceStatus
        conditions 1 [.APIServiceCondition Lm=type M=type S=merge
        =ServiceReference
        name 2 s
        namespace 1 s
        port 3 i p
        """
}
