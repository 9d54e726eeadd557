// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.admission.v1`.
    static let admissionV1: StaticString = """
        =AdmissionRequest
        uid 1 s
        kind 2 :apimachinery.pkg.apis.meta.v1.GroupVersionKind
        resource 3 :apimachinery.pkg.apis.meta.v1.GroupVersionResource
        subResource 4 s
        requestKind 13 :apimachinery.pkg.apis.meta.v1.GroupVersionKind
        requestResource 14 :apimachinery.pkg.apis.meta.v1.GroupVersionResource
        requestSubResource 15 s
        name 5 s
        namespace 6 s
        operation 7 s
        userInfo 8 :api.authentication.v1.UserInfo
        object 9 R
        oldObject 10 R
        dryRun 11 [b
        options 12 R
        =AdmissionResponse
        uid 1 s
        allowed 2 b
        status 3 :apimachinery.pkg.apis.meta.v1.Status
        patch 4 B
        patchType 5 s
        auditAnnotations 6 {s
        warnings 7 [s
        =AdmissionReview
        request 1 .AdmissionRequest
        response 2 .AdmissionResponse
        """
}
