// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.authorization.v1`.
    static let authorizationV1: StaticString = """
        =FieldSelectorAttributes
        rawSelector 1 s
        requirements 2 [:apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement La
        =LabelSelectorAttributes
        rawSelector 1 s
        requirements 2 [:apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement La
        =LocalSubjectAccessReview K=authorization.k8s.io/v1/LocalSubjectAccessReview
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .SubjectAccessReviewSpec a r
        status 3 .SubjectAccessReviewStatus
        =NonResourceAttributes
        path 1 s
        verb 2 s
        =NonResourceRule
        nonResourceURLs 2 [s La
        verbs 1 [s a r La
        =ResourceAttributes
        fieldSelector 8 .FieldSelectorAttributes p
        group 3 s
        labelSelector 9 .LabelSelectorAttributes p
        name 7 s
        namespace 1 s
        resource 5 s
        subresource 6 s
        verb 2 s
        version 4 s
        =ResourceRule
        apiGroups 2 [s La
        resourceNames 4 [s La
        resources 3 [s La
        verbs 1 [s a r La
        =SelfSubjectAccessReview K=authorization.k8s.io/v1/SelfSubjectAccessReview
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .SelfSubjectAccessReviewSpec a r
        status 3 .SubjectAccessReviewStatus
        =SelfSubjectAccessReviewSpec
        nonResourceAttributes 2 .NonResourceAttributes p
        resourceAttributes 1 .ResourceAttributes p
        =SelfSubjectRulesReview K=authorization.k8s.io/v1/SelfSubjectRulesReview
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .SelfSubjectRulesReviewSpec a r
        status 3 .SubjectRulesReviewStatus
        =SelfSubjectRulesReviewSpec
        namespace 1 s
        =SubjectAccessReview K=authorization.k8s.io/v1/SubjectAccessReview
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .SubjectAccessReviewSpec a r
        status 3 .SubjectAccessReviewStatus
        =SubjectAccessReviewSpec
        extra 5 {[s
        groups 4 [s La
        nonResourceAttributes 2 .NonResourceAttributes p
        resourceAttributes 1 .ResourceAttributes p
        uid 6 s
        user 3 s
        =SubjectAccessReviewStatus
        allowed 1 b a r D=false
        denied 4 b
        evaluationError 3 s
        reason 2 s
        =SubjectRulesReviewStatus
        evaluationError 4 s
        incomplete 3 b a r D=false
        nonResourceRules 2 [.NonResourceRule a r La
        resourceRules 1 [.ResourceRule a r La
        =ExtraValue
        items 1 [s
        """
}
