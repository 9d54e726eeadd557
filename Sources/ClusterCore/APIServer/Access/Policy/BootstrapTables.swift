/// The roles and bindings that every cluster begins with, as tables.
///
/// A line at the margin begins a role: its name, `+x` for the label that aggregates it to role `x`, `<x` when its own rules are
/// collected from the roles with that label. An indented line is a rule: verbs `;` groups `;` resources `;` names, or verbs `;`
/// `url` `;` paths. `core` is the group without a name, `read`, `write` and `all` stand for their verbs, `events` alone for the
/// rule of everything that records events.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`, `controller_policy.go`,
///   `namespace_policy.go`.
enum BootstrapTables {
    static let clusterRoles = """
        cluster-admin
          *; *; *
          *; url; *
        admin <admin
        edit +admin <edit
        view +edit <view
        system:aggregate-to-admin +admin
          create; authorization.k8s.io; localsubjectaccessreviews
          all; rbac.authorization.k8s.io; rolebindings roles
        system:aggregate-to-edit +edit
          read; core; pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy
          impersonate; core; serviceaccounts
          write; core; pods pods/attach pods/exec pods/portforward pods/proxy
          create; core; pods/eviction
          write; core; configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets \
        serviceaccounts services services/proxy
          create; core; serviceaccounts/token
          write; apps; daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale \
        statefulsets statefulsets/scale
          write; autoscaling; horizontalpodautoscalers
          write; batch; cronjobs jobs
          write; extensions; daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies \
        replicasets replicasets/scale replicationcontrollers/scale
          write; policy; poddisruptionbudgets
          write; networking.k8s.io; ingresses networkpolicies
          all; coordination.k8s.io; leases
          write; resource.k8s.io; resourceclaims resourceclaimtemplates
        system:aggregate-to-view +view
          read; core; configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers \
        replicationcontrollers/scale serviceaccounts services services/status
          read; core; bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status \
        resourcequotas resourcequotas/status
          read; core; namespaces
          read; discovery.k8s.io; endpointslices
          read; apps; controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status \
        replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status
          read; autoscaling; horizontalpodautoscalers horizontalpodautoscalers/status
          read; batch; cronjobs cronjobs/status jobs jobs/status
          read; extensions; daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses \
        ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale
          read; policy; poddisruptionbudgets poddisruptionbudgets/status
          read; networking.k8s.io; ingresses ingresses/status networkpolicies
          read; resource.k8s.io; resourceclaims resourceclaims/status resourceclaimtemplates
        system:auth-delegator
          create; authentication.k8s.io; tokenreviews
          create; authorization.k8s.io; subjectaccessreviews
        system:basic-user
          create; authorization.k8s.io; selfsubjectaccessreviews selfsubjectrulesreviews
          create; authentication.k8s.io; selfsubjectreviews
        system:certificates.k8s.io:certificatesigningrequests:nodeclient
          create; certificates.k8s.io; certificatesigningrequests/nodeclient
        system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
          create; certificates.k8s.io; certificatesigningrequests/selfnodeclient
        system:certificates.k8s.io:kube-apiserver-client-approver
          approve; certificates.k8s.io; signers; kubernetes.io/kube-apiserver-client
        system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
          approve; certificates.k8s.io; signers; kubernetes.io/kube-apiserver-client-kubelet
        system:certificates.k8s.io:kubelet-serving-approver
          approve; certificates.k8s.io; signers; kubernetes.io/kubelet-serving
        system:certificates.k8s.io:legacy-unknown-approver
          approve; certificates.k8s.io; signers; kubernetes.io/legacy-unknown
        system:discovery
          get; url; /api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/
        system:heapster
          read; core; events namespaces nodes pods
          read; extensions; deployments
        system:kube-aggregator
          read; core; endpoints services
        system:kube-controller-manager
          events
          create; coordination.k8s.io; leases
          get update; coordination.k8s.io; leases; kube-controller-manager
          create; core; secrets serviceaccounts
          delete; core; secrets
          get; core; configmaps namespaces secrets serviceaccounts
          update; core; secrets serviceaccounts
          create; authentication.k8s.io; tokenreviews
          create; authorization.k8s.io; subjectaccessreviews
          list watch; *; *
          create; core; serviceaccounts/token
        system:kube-dns
          list watch; core; endpoints services
        system:kube-scheduler
          events
          create; coordination.k8s.io; leases
          get list update watch; coordination.k8s.io; leases; kube-scheduler
          all; coordination.k8s.io; leasecandidates
          read; core; nodes
          delete get list watch; core; pods
          create; core; bindings pods/binding
          patch update; core; pods/status
          read; core; replicationcontrollers services
          read; apps extensions; replicasets
          read; apps; statefulsets
          read; policy; poddisruptionbudgets
          read; core; persistentvolumeclaims persistentvolumes
          create; authentication.k8s.io; tokenreviews
          create; authorization.k8s.io; subjectaccessreviews
          read; storage.k8s.io; csinodes
          read; storage.k8s.io; volumeattachments
          read; core; namespaces
          read; storage.k8s.io; csidrivers
          read; storage.k8s.io; csistoragecapacities
          read; resource.k8s.io; deviceclasses
          get list patch update watch; resource.k8s.io; resourceclaims
          get list patch update watch; resource.k8s.io; resourceclaims/status
          get list patch update watch; core; pods/finalizers
          read; resource.k8s.io; resourceslices
          read; resource.k8s.io; devicetaintrules
        system:kubelet-api-admin
          read; core; nodes
          proxy; core; nodes
          *; core; nodes/log nodes/metrics nodes/proxy nodes/stats
          *; core; nodes/configz nodes/healthz nodes/pods
        system:monitoring
          get; url; /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*
          get; url; /flagz
          get; url; /statusz
        system:node
          create; authentication.k8s.io; tokenreviews
          create; authorization.k8s.io; localsubjectaccessreviews subjectaccessreviews
          read; core; services
          create get list watch; core; nodes
          patch update; core; nodes/status
          patch update; core; nodes
          create patch update; core; events
          read; core; pods
          create delete; core; pods
          patch update; core; pods/status
          create; core; pods/eviction
          read; core; configmaps secrets
          get; core; persistentvolumeclaims persistentvolumes
          get; core; endpoints
          create get list watch; certificates.k8s.io; certificatesigningrequests
          create delete get patch update; coordination.k8s.io; leases
          get; storage.k8s.io; volumeattachments
          create; core; serviceaccounts/token
          get patch update; core; persistentvolumeclaims/status
          read; storage.k8s.io; csidrivers
          create delete get patch update; storage.k8s.io; csinodes
          read; node.k8s.io; runtimeclasses
          get; resource.k8s.io; resourceclaims
          deletecollection; resource.k8s.io; resourceslices
          get; core; serviceaccounts
        system:node-bootstrapper
          create get list watch; certificates.k8s.io; certificatesigningrequests
        system:node-problem-detector
          get; core; nodes
          patch; core; nodes/status
          events
        system:node-proxier
          list watch; core; endpoints services
          read; core; nodes
          events
          list watch; networking.k8s.io; servicecidrs
          list watch; discovery.k8s.io; endpointslices
        system:persistent-volume-provisioner
          create delete get list watch; core; persistentvolumes
          get list update watch; core; persistentvolumeclaims
          read; storage.k8s.io; storageclasses
          watch; core; events
          events
        system:public-info-viewer
          get; url; /healthz /livez /readyz /version /version/
        system:service-account-issuer-discovery
          get; url; /.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/
        system:volume-scheduler
          get list patch update watch; core; persistentvolumes
          read; storage.k8s.io; storageclasses
          get list patch update watch; core; persistentvolumeclaims
        """

    /// Role and subjects of each binding of the same name: `U:` user, `G:` group, `S:` service account as `namespace/name`.
    static let clusterRoleBindings = """
        cluster-admin G:system:masters
        system:monitoring G:system:monitoring
        system:discovery G:system:authenticated
        system:basic-user G:system:authenticated
        system:public-info-viewer G:system:authenticated G:system:unauthenticated
        system:node-proxier U:system:kube-proxy
        system:kube-controller-manager U:system:kube-controller-manager
        system:kube-dns S:kube-system/kube-dns
        system:kube-scheduler U:system:kube-scheduler
        system:volume-scheduler U:system:kube-scheduler
        system:node
        system:service-account-issuer-discovery G:system:serviceaccounts
        """

    /// Role names are preceded by their namespace.
    static let roles = """
        kube-system/extension-apiserver-authentication-reader
          read; core; configmaps; extension-apiserver-authentication
        kube-system/system:controller:bootstrap-signer
          read; core; secrets
        kube-system/system:controller:cloud-provider
          create get list watch; core; configmaps
        kube-system/system:controller:token-cleaner
          delete get list watch; core; secrets
          events
        kube-system/system::leader-locking-kube-controller-manager
          watch; core; configmaps
          get update; core; configmaps; kube-controller-manager
        kube-system/system::leader-locking-kube-scheduler
          watch; core; configmaps
          get update; core; configmaps; kube-scheduler
        kube-public/system:controller:bootstrap-signer
          read; core; configmaps
          update; core; configmaps; cluster-info
          events
        """

    /// `namespace/binding=role subjects`; without `=role` the names are the same.
    static let roleBindings = """
        kube-system/system::extension-apiserver-authentication-reader=extension-apiserver-authentication-reader \
        U:system:kube-controller-manager U:system:kube-scheduler
        kube-system/system::leader-locking-kube-controller-manager U:system:kube-controller-manager \
        S:kube-system/kube-controller-manager
        kube-system/system::leader-locking-kube-scheduler U:system:kube-scheduler S:kube-system/kube-scheduler
        kube-system/system:controller:bootstrap-signer S:kube-system/bootstrap-signer
        kube-system/system:controller:cloud-provider S:kube-system/cloud-provider
        kube-system/system:controller:token-cleaner S:kube-system/token-cleaner
        kube-public/system:controller:bootstrap-signer S:kube-system/bootstrap-signer
        """
}
