// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.networking.v1`.
    static let networkingV1: StaticString = """
        =HTTPIngressPath
        backend 2 .IngressBackend a r
        path 1 s
        pathType 3 s p a r
        =HTTPIngressRuleValue
        paths 1 [.HTTPIngressPath a r La
        =IPAddress K=networking.k8s.io/v1/IPAddress
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .IPAddressSpec r
        =IPAddressList K=networking.k8s.io/v1/IPAddressList
        apiVersion 0 s
        items 2 [.IPAddress a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =IPAddressSpec
        parentRef 1 .ParentReference p r
        =IPBlock
        cidr 1 s a r
        except 2 [s La
        =Ingress K=networking.k8s.io/v1/Ingress
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .IngressSpec
        status 3 .IngressStatus
        =IngressBackend
        resource 3 :api.core.v1.TypedLocalObjectReference p
        service 4 .IngressServiceBackend p
        =IngressClass K=networking.k8s.io/v1/IngressClass
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .IngressClassSpec
        =IngressClassList K=networking.k8s.io/v1/IngressClassList
        apiVersion 0 s
        items 2 [.IngressClass a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =IngressClassParametersReference
        apiGroup 1 s p
        kind 2 s a r
        name 3 s a r
        namespace 5 s p
        scope 4 s p a
        =IngressClassSpec
        controller 1 s
        parameters 2 .IngressClassParametersReference p
        =IngressList K=networking.k8s.io/v1/IngressList
        apiVersion 0 s
        items 2 [.Ingress a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =IngressLoadBalancerIngress
        hostname 2 s
        ip 1 s
        ports 4 [.IngressPortStatus La
        =IngressLoadBalancerStatus
        ingress 1 [.IngressLoadBalancerIngress La
        =IngressPortStatus
        error 3 s p
        port 1 i a r D=0
        protocol 2 s a r
        =IngressRule
        host 1 s
        http 0 .HTTPIngressRuleValue p
        ~2 .IngressRuleValue
        =IngressServiceBackend
        name 1 s a r
        port 2 .ServiceBackendPort
        =IngressSpec
        defaultBackend 1 .IngressBackend p
        ingressClassName 4 s p
        rules 3 [.IngressRule La
        tls 2 [.IngressTLS La
        =IngressStatus
        loadBalancer 1 .IngressLoadBalancerStatus
        =IngressTLS
        hosts 1 [s La
        secretName 2 s
        =NetworkPolicy K=networking.k8s.io/v1/NetworkPolicy
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .NetworkPolicySpec
        =NetworkPolicyEgressRule
        ports 1 [.NetworkPolicyPort La
        to 2 [.NetworkPolicyPeer La
        =NetworkPolicyIngressRule
        from 2 [.NetworkPolicyPeer La
        ports 1 [.NetworkPolicyPort La
        =NetworkPolicyList K=networking.k8s.io/v1/NetworkPolicyList
        apiVersion 0 s
        items 2 [.NetworkPolicy a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =NetworkPolicyPeer
        ipBlock 3 .IPBlock p
        namespaceSelector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        podSelector 1 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        =NetworkPolicyPort
        endPort 3 i p
        port 2 x p
        protocol 1 s p
        =NetworkPolicySpec
        egress 3 [.NetworkPolicyEgressRule La
        ingress 2 [.NetworkPolicyIngressRule La
        podSelector 1 :apimachinery.pkg.apis.meta.v1.LabelSelector a
        policyTypes 4 [s La
        =ParentReference
        group 1 s
        name 4 s r
        namespace 3 s
        resource 2 s r
        =ServiceBackendPort A
        name 1 s
        number 2 i
        =ServiceCIDR K=networking.k8s.io/v1/ServiceCIDR
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ServiceCIDRSpec
        status 3 .ServiceCIDRStatus
        =ServiceCIDRList K=networking.k8s.io/v1/ServiceCIDRList
        apiVersion 0 s
        items 2 [.ServiceCIDR a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ServiceCIDRSpec
        cidrs 1 [s La
        =ServiceCIDRStatus
        conditions 1 [:apimachinery.pkg.apis.meta.v1.Condition Lm=type M=type S=merge
        =IngressRuleValue
        http 1 .HTTPIngressRuleValue p
        """
}
