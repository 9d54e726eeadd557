// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Every resource that a server of this version offers, in discovery order.
    static let resources: StaticString = """
        |v1|bindings|binding|Binding|N|create|||
        |v1|componentstatuses|componentstatus|ComponentStatus|C|get,list|cs||
        |v1|configmaps|configmap|ConfigMap|N|create,delete,deletecollection,get,list,patch,update,watch|cm||
        |v1|endpoints|endpoints|Endpoints|N|create,delete,deletecollection,get,list,patch,update,watch|ep||
        |v1|events|event|Event|N|create,delete,deletecollection,get,list,patch,update,watch|ev||
        |v1|limitranges|limitrange|LimitRange|N|create,delete,deletecollection,get,list,patch,update,watch|limits||
        |v1|namespaces|namespace|Namespace|C|create,delete,get,list,patch,update,watch|ns||finalize:/v1/Namespace:update status:/v1/Namespace:get,patch,update
        |v1|nodes|node|Node|C|create,delete,deletecollection,get,list,patch,update,watch|no||proxy:/v1/NodeProxyOptions:create,delete,get,patch,update status:/v1/Node:get,patch,update
        |v1|persistentvolumeclaims|persistentvolumeclaim|PersistentVolumeClaim|N|create,delete,deletecollection,get,list,patch,update,watch|pvc||status:/v1/PersistentVolumeClaim:get,patch,update
        |v1|persistentvolumes|persistentvolume|PersistentVolume|C|create,delete,deletecollection,get,list,patch,update,watch|pv||status:/v1/PersistentVolume:get,patch,update
        |v1|pods|pod|Pod|N|create,delete,deletecollection,get,list,patch,update,watch|po|all|attach:/v1/PodAttachOptions:create,get binding:/v1/Binding:create ephemeralcontainers:/v1/Pod:get,patch,update eviction:policy/v1/Eviction:create exec:/v1/PodExecOptions:create,get log:/v1/Pod:get portforward:/v1/PodPortForwardOptions:create,get proxy:/v1/PodProxyOptions:create,delete,get,patch,update resize:/v1/Pod:get,patch,update status:/v1/Pod:get,patch,update
        |v1|podtemplates|podtemplate|PodTemplate|N|create,delete,deletecollection,get,list,patch,update,watch|||
        |v1|replicationcontrollers|replicationcontroller|ReplicationController|N|create,delete,deletecollection,get,list,patch,update,watch|rc|all|scale:autoscaling/v1/Scale:get,patch,update status:/v1/ReplicationController:get,patch,update
        |v1|resourcequotas|resourcequota|ResourceQuota|N|create,delete,deletecollection,get,list,patch,update,watch|quota||status:/v1/ResourceQuota:get,patch,update
        |v1|secrets|secret|Secret|N|create,delete,deletecollection,get,list,patch,update,watch|||
        |v1|serviceaccounts|serviceaccount|ServiceAccount|N|create,delete,deletecollection,get,list,patch,update,watch|sa||token:authentication.k8s.io/v1/TokenRequest:create
        |v1|services|service|Service|N|create,delete,deletecollection,get,list,patch,update,watch|svc|all|proxy:/v1/ServiceProxyOptions:create,delete,get,patch,update status:/v1/Service:get,patch,update
        apiregistration.k8s.io|v1|apiservices|apiservice|APIService|C|create,delete,deletecollection,get,list,patch,update,watch||api-extensions|status:apiregistration.k8s.io/v1/APIService:get,patch,update
        apps|v1|controllerrevisions|controllerrevision|ControllerRevision|N|create,delete,deletecollection,get,list,patch,update,watch|||
        apps|v1|daemonsets|daemonset|DaemonSet|N|create,delete,deletecollection,get,list,patch,update,watch|ds|all|status:apps/v1/DaemonSet:get,patch,update
        apps|v1|deployments|deployment|Deployment|N|create,delete,deletecollection,get,list,patch,update,watch|deploy|all|scale:autoscaling/v1/Scale:get,patch,update status:apps/v1/Deployment:get,patch,update
        apps|v1|replicasets|replicaset|ReplicaSet|N|create,delete,deletecollection,get,list,patch,update,watch|rs|all|scale:autoscaling/v1/Scale:get,patch,update status:apps/v1/ReplicaSet:get,patch,update
        apps|v1|statefulsets|statefulset|StatefulSet|N|create,delete,deletecollection,get,list,patch,update,watch|sts|all|scale:autoscaling/v1/Scale:get,patch,update status:apps/v1/StatefulSet:get,patch,update
        events.k8s.io|v1|events|event|Event|N|create,delete,deletecollection,get,list,patch,update,watch|ev||
        authentication.k8s.io|v1|selfsubjectreviews|selfsubjectreview|SelfSubjectReview|C|create|||
        authentication.k8s.io|v1|tokenreviews|tokenreview|TokenReview|C|create|||
        authorization.k8s.io|v1|localsubjectaccessreviews|localsubjectaccessreview|LocalSubjectAccessReview|N|create|||
        authorization.k8s.io|v1|selfsubjectaccessreviews|selfsubjectaccessreview|SelfSubjectAccessReview|C|create|||
        authorization.k8s.io|v1|selfsubjectrulesreviews|selfsubjectrulesreview|SelfSubjectRulesReview|C|create|||
        authorization.k8s.io|v1|subjectaccessreviews|subjectaccessreview|SubjectAccessReview|C|create|||
        autoscaling|v2|horizontalpodautoscalers|horizontalpodautoscaler|HorizontalPodAutoscaler|N|create,delete,deletecollection,get,list,patch,update,watch|hpa|all|status:autoscaling/v2/HorizontalPodAutoscaler:get,patch,update
        autoscaling|v1|horizontalpodautoscalers|horizontalpodautoscaler|HorizontalPodAutoscaler|N|create,delete,deletecollection,get,list,patch,update,watch|hpa|all|status:autoscaling/v1/HorizontalPodAutoscaler:get,patch,update
        batch|v1|cronjobs|cronjob|CronJob|N|create,delete,deletecollection,get,list,patch,update,watch|cj|all|status:batch/v1/CronJob:get,patch,update
        batch|v1|jobs|job|Job|N|create,delete,deletecollection,get,list,patch,update,watch||all|status:batch/v1/Job:get,patch,update
        certificates.k8s.io|v1|certificatesigningrequests|certificatesigningrequest|CertificateSigningRequest|C|create,delete,deletecollection,get,list,patch,update,watch|csr||approval:certificates.k8s.io/v1/CertificateSigningRequest:get,patch,update status:certificates.k8s.io/v1/CertificateSigningRequest:get,patch,update
        networking.k8s.io|v1|ingressclasses|ingressclass|IngressClass|C|create,delete,deletecollection,get,list,patch,update,watch|||
        networking.k8s.io|v1|ingresses|ingress|Ingress|N|create,delete,deletecollection,get,list,patch,update,watch|ing||status:networking.k8s.io/v1/Ingress:get,patch,update
        networking.k8s.io|v1|ipaddresses|ipaddress|IPAddress|C|create,delete,deletecollection,get,list,patch,update,watch|ip||
        networking.k8s.io|v1|networkpolicies|networkpolicy|NetworkPolicy|N|create,delete,deletecollection,get,list,patch,update,watch|netpol||
        networking.k8s.io|v1|servicecidrs|servicecidr|ServiceCIDR|C|create,delete,deletecollection,get,list,patch,update,watch|||status:networking.k8s.io/v1/ServiceCIDR:get,patch,update
        policy|v1|poddisruptionbudgets|poddisruptionbudget|PodDisruptionBudget|N|create,delete,deletecollection,get,list,patch,update,watch|pdb||status:policy/v1/PodDisruptionBudget:get,patch,update
        rbac.authorization.k8s.io|v1|clusterrolebindings|clusterrolebinding|ClusterRoleBinding|C|create,delete,deletecollection,get,list,patch,update,watch|||
        rbac.authorization.k8s.io|v1|clusterroles|clusterrole|ClusterRole|C|create,delete,deletecollection,get,list,patch,update,watch|||
        rbac.authorization.k8s.io|v1|rolebindings|rolebinding|RoleBinding|N|create,delete,deletecollection,get,list,patch,update,watch|||
        rbac.authorization.k8s.io|v1|roles|role|Role|N|create,delete,deletecollection,get,list,patch,update,watch|||
        storage.k8s.io|v1|csidrivers|csidriver|CSIDriver|C|create,delete,deletecollection,get,list,patch,update,watch|||
        storage.k8s.io|v1|csinodes|csinode|CSINode|C|create,delete,deletecollection,get,list,patch,update,watch|||
        storage.k8s.io|v1|csistoragecapacities|csistoragecapacity|CSIStorageCapacity|N|create,delete,deletecollection,get,list,patch,update,watch|||
        storage.k8s.io|v1|storageclasses|storageclass|StorageClass|C|create,delete,deletecollection,get,list,patch,update,watch|sc||
        storage.k8s.io|v1|volumeattachments|volumeattachment|VolumeAttachment|C|create,delete,deletecollection,get,list,patch,update,watch|||status:storage.k8s.io/v1/VolumeAttachment:get,patch,update
        storage.k8s.io|v1|volumeattributesclasses|volumeattributesclass|VolumeAttributesClass|C|create,delete,deletecollection,get,list,patch,update,watch|vac||
        admissionregistration.k8s.io|v1|mutatingadmissionpolicies|mutatingadmissionpolicy|MutatingAdmissionPolicy|C|create,delete,deletecollection,get,list,patch,update,watch||api-extensions|
        admissionregistration.k8s.io|v1|mutatingadmissionpolicybindings|mutatingadmissionpolicybinding|MutatingAdmissionPolicyBinding|C|create,delete,deletecollection,get,list,patch,update,watch||api-extensions|
        admissionregistration.k8s.io|v1|mutatingwebhookconfigurations|mutatingwebhookconfiguration|MutatingWebhookConfiguration|C|create,delete,deletecollection,get,list,patch,update,watch||api-extensions|
        admissionregistration.k8s.io|v1|validatingadmissionpolicies|validatingadmissionpolicy|ValidatingAdmissionPolicy|C|create,delete,deletecollection,get,list,patch,update,watch||api-extensions|status:admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy:get,patch,update
        admissionregistration.k8s.io|v1|validatingadmissionpolicybindings|validatingadmissionpolicybinding|ValidatingAdmissionPolicyBinding|C|create,delete,deletecollection,get,list,patch,update,watch||api-extensions|
        admissionregistration.k8s.io|v1|validatingwebhookconfigurations|validatingwebhookconfiguration|ValidatingWebhookConfiguration|C|create,delete,deletecollection,get,list,patch,update,watch||api-extensions|
        apiextensions.k8s.io|v1|customresourcedefinitions|customresourcedefinition|CustomResourceDefinition|C|create,delete,deletecollection,get,list,patch,update,watch|crd,crds|api-extensions|status:apiextensions.k8s.io/v1/CustomResourceDefinition:get,patch,update
        scheduling.k8s.io|v1|priorityclasses|priorityclass|PriorityClass|C|create,delete,deletecollection,get,list,patch,update,watch|pc||
        coordination.k8s.io|v1|leases|lease|Lease|N|create,delete,deletecollection,get,list,patch,update,watch|||
        node.k8s.io|v1|runtimeclasses|runtimeclass|RuntimeClass|C|create,delete,deletecollection,get,list,patch,update,watch|||
        discovery.k8s.io|v1|endpointslices|endpointslice|EndpointSlice|N|create,delete,deletecollection,get,list,patch,update,watch|||
        resource.k8s.io|v1|deviceclasses|deviceclass|DeviceClass|C|create,delete,deletecollection,get,list,patch,update,watch|||
        resource.k8s.io|v1|resourceclaims|resourceclaim|ResourceClaim|N|create,delete,deletecollection,get,list,patch,update,watch|||status:resource.k8s.io/v1/ResourceClaim:get,patch,update
        resource.k8s.io|v1|resourceclaimtemplates|resourceclaimtemplate|ResourceClaimTemplate|N|create,delete,deletecollection,get,list,patch,update,watch|||
        resource.k8s.io|v1|resourceslices|resourceslice|ResourceSlice|C|create,delete,deletecollection,get,list,patch,update,watch|||
        flowcontrol.apiserver.k8s.io|v1|flowschemas|flowschema|FlowSchema|C|create,delete,deletecollection,get,list,patch,update,watch|||status:flowcontrol.apiserver.k8s.io/v1/FlowSchema:get,patch,update
        flowcontrol.apiserver.k8s.io|v1|prioritylevelconfigurations|prioritylevelconfiguration|PriorityLevelConfiguration|C|create,delete,deletecollection,get,list,patch,update,watch|||status:flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration:get,patch,update
        """
}
