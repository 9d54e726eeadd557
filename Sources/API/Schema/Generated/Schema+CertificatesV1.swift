// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.certificates.v1`.
    static let certificatesV1: StaticString = """
        =CertificateSigningRequest K=certificates.k8s.io/v1/CertificateSigningRequest
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .CertificateSigningRequestSpec a r
        status 3 .CertificateSigningRequestStatus
        =CertificateSigningRequestCondition
        lastTransitionTime 5 t
        lastUpdateTime 4 t
        message 3 s
        reason 2 s
        status 6 s a r
        type 1 s a r
        =CertificateSigningRequestList K=certificates.k8s.io/v1/CertificateSigningRequestList
        apiVersion 0 s
        items 2 [.CertificateSigningRequest a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =CertificateSigningRequestSpec
        expirationSeconds 8 i p
        extra 6 {[s
        groups 4 [s La
        request 1 B a r
        signerName 7 s a r
        uid 3 s
        usages 5 [s La
        username 2 s
        =CertificateSigningRequestStatus
        certificate 2 B
        conditions 1 [.CertificateSigningRequestCondition Lm=type
        =ExtraValue
        items 1 [s
        """
}
