// Written by scripts/generate-schema.py; do not edit.

/// The tables of every package, by package name.
enum SchemaTables {
    static let packages: [(name: String, lines: StaticString)] = [
        ("api.admission.v1", admissionV1),
        ("api.admissionregistration.v1", admissionregistrationV1),
        ("api.apidiscovery.v2", apidiscoveryV2),
        ("api.apps.v1", appsV1),
        ("api.authentication.v1", authenticationV1),
        ("api.authorization.v1", authorizationV1),
        ("api.autoscaling.v1", autoscalingV1),
        ("api.autoscaling.v2", autoscalingV2),
        ("api.batch.v1", batchV1),
        ("api.certificates.v1", certificatesV1),
        ("api.coordination.v1", coordinationV1),
        ("api.core.v1", coreV1),
        ("api.discovery.v1", discoveryV1),
        ("api.events.v1", eventsV1),
        ("api.flowcontrol.v1", flowcontrolV1),
        ("api.networking.v1", networkingV1),
        ("api.node.v1", nodeV1),
        ("api.policy.v1", policyV1),
        ("api.rbac.v1", rbacV1),
        ("api.resource.v1", resourceV1),
        ("api.scheduling.v1", schedulingV1),
        ("api.storage.v1", storageV1),
        ("apiextensions-apiserver.pkg.apis.apiextensions.v1", apiextensionsApiextensionsV1),
        ("apimachinery.pkg.api.resource", resource),
        ("apimachinery.pkg.apis.meta.v1", metaV1),
        ("apimachinery.pkg.runtime", runtime),
        ("apimachinery.pkg.version", version),
        ("kube-aggregator.pkg.apis.apiregistration.v1", apiregistrationV1),
    ]
}
