// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.authentication.v1`.
    static let authenticationV1: StaticString = """
        =BoundObjectReference
        apiVersion 2 s
        kind 1 s
        name 3 s
        uid 4 s
        =SelfSubjectReview K=authentication.k8s.io/v1/SelfSubjectReview
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        status 2 .SelfSubjectReviewStatus
        =SelfSubjectReviewStatus
        userInfo 1 .UserInfo
        =TokenRequest K=authentication.k8s.io/v1/TokenRequest
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .TokenRequestSpec a
        status 3 .TokenRequestStatus
        =TokenRequestSpec
        audiences 1 [s a La
        boundObjectRef 3 .BoundObjectReference p a
        expirationSeconds 4 l p a
        =TokenRequestStatus
        expirationTimestamp 2 t a
        token 1 s a
        =TokenReview K=authentication.k8s.io/v1/TokenReview
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .TokenReviewSpec a r
        status 3 .TokenReviewStatus
        =TokenReviewSpec
        audiences 2 [s La
        token 1 s r
        =TokenReviewStatus
        audiences 4 [s La
        authenticated 1 b
        error 3 s
        user 2 .UserInfo
        =UserInfo
        extra 4 {[s
        groups 3 [s La
        uid 2 s
        username 1 s
        =ExtraValue
        items 1 [s
        """
}
