// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.core.v1`.
    static let coreV1: StaticString = """
        =AWSElasticBlockStoreVolumeSource
        fsType 2 s
        partition 3 i
        readOnly 4 b
        volumeID 1 s a r
        =Affinity
        nodeAffinity 1 .NodeAffinity p
        podAffinity 2 .PodAffinity p
        podAntiAffinity 3 .PodAntiAffinity p
        =AppArmorProfile
        localhostProfile 2 s p
        type 1 s a r
        =AttachedVolume
        devicePath 2 s a r
        name 1 s a r
        =AzureDiskVolumeSource
        cachingMode 3 s p D="ReadWrite"
        diskName 1 s a r
        diskURI 2 s a r
        fsType 4 s p D="ext4"
        kind 6 s p D="Shared"
        readOnly 5 b p D=false
        =AzureFilePersistentVolumeSource
        readOnly 3 b
        secretName 1 s a r
        secretNamespace 4 s p a
        shareName 2 s a r
        =AzureFileVolumeSource
        readOnly 3 b
        secretName 1 s a r
        shareName 2 s a r
        =Binding K=v1/Binding
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        target 2 .ObjectReference a r
        =CSIPersistentVolumeSource
        controllerExpandSecretRef 9 .SecretReference p
        controllerPublishSecretRef 6 .SecretReference p
        driver 1 s a r
        fsType 4 s
        nodeExpandSecretRef 10 .SecretReference p
        nodePublishSecretRef 8 .SecretReference p
        nodeStageSecretRef 7 .SecretReference p
        readOnly 3 b
        volumeAttributes 5 {s
        volumeHandle 2 s a r
        =CSIVolumeSource
        driver 1 s a r
        fsType 3 s p
        nodePublishSecretRef 5 .LocalObjectReference p
        readOnly 2 b p
        volumeAttributes 4 {s
        =Capabilities
        add 1 [s La
        drop 2 [s La
        =CephFSPersistentVolumeSource
        monitors 1 [s a r La
        path 2 s
        readOnly 6 b
        secretFile 4 s
        secretRef 5 .SecretReference p
        user 3 s
        =CephFSVolumeSource
        monitors 1 [s a r La
        path 2 s
        readOnly 6 b
        secretFile 4 s
        secretRef 5 .LocalObjectReference p
        user 3 s
        =CinderPersistentVolumeSource
        fsType 2 s
        readOnly 3 b
        secretRef 4 .SecretReference p
        volumeID 1 s a r
        =CinderVolumeSource
        fsType 2 s
        readOnly 3 b
        secretRef 4 .LocalObjectReference p
        volumeID 1 s a r
        =ClientIPConfig
        timeoutSeconds 1 i p
        =ClusterTrustBundleProjection
        labelSelector 3 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        name 1 s p
        optional 5 b p
        path 4 s a r
        signerName 2 s p
        =ComponentCondition
        error 4 s
        message 3 s
        status 2 s a r
        type 1 s a r
        =ComponentStatus K=v1/ComponentStatus
        apiVersion 0 s
        conditions 2 [.ComponentCondition Lm=type M=type S=merge
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        =ComponentStatusList K=v1/ComponentStatusList
        apiVersion 0 s
        items 2 [.ComponentStatus a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ConfigMap K=v1/ConfigMap
        apiVersion 0 s
        binaryData 3 {B
        data 2 {s
        immutable 4 b p
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        =ConfigMapEnvSource
        name 0 s
        optional 2 b p
        ~1 .LocalObjectReference
        =ConfigMapKeySelector A
        key 2 s a r
        name 0 s
        optional 3 b p
        ~1 .LocalObjectReference
        =ConfigMapList K=v1/ConfigMapList
        apiVersion 0 s
        items 2 [.ConfigMap a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ConfigMapNodeConfigSource
        kubeletConfigKey 5 s a r
        name 2 s a r
        namespace 1 s a r
        resourceVersion 4 s
        uid 3 s
        =ConfigMapProjection
        items 2 [.KeyToPath La
        name 0 s
        optional 4 b p
        ~1 .LocalObjectReference
        =ConfigMapVolumeSource
        defaultMode 3 i p
        items 2 [.KeyToPath La
        name 0 s
        optional 4 b p
        ~1 .LocalObjectReference
        =Container
        args 4 [s La
        command 3 [s La
        env 7 [.EnvVar Lm=name M=name S=merge
        envFrom 19 [.EnvFromSource La
        image 2 s
        imagePullPolicy 14 s
        lifecycle 12 .Lifecycle p
        livenessProbe 10 .Probe p
        name 1 s a r
        ports 6 [.ContainerPort Lm=containerPort,protocol M=containerPort S=merge
        readinessProbe 11 .Probe p
        resizePolicy 23 [.ContainerResizePolicy La
        resources 8 .ResourceRequirements
        restartPolicy 24 s p
        restartPolicyRules 25 [.ContainerRestartRule La
        securityContext 15 .SecurityContext p
        startupProbe 22 .Probe p
        stdin 16 b
        stdinOnce 17 b
        terminationMessagePath 13 s
        terminationMessagePolicy 20 s
        tty 18 b
        volumeDevices 21 [.VolumeDevice Lm=devicePath M=devicePath S=merge
        volumeMounts 9 [.VolumeMount Lm=mountPath M=mountPath S=merge
        workingDir 5 s
        =ContainerExtendedResourceRequest
        containerName 1 s a r
        requestName 3 s a r
        resourceName 2 s a r
        =ContainerImage
        names 1 [s a La
        sizeBytes 2 l
        =ContainerPort
        containerPort 3 i a r D=0
        hostIP 5 s
        hostPort 2 i
        name 1 s
        protocol 4 s D="TCP"
        =ContainerResizePolicy
        resourceName 1 s a r
        restartPolicy 2 s a r
        =ContainerRestartRule
        action 1 s r
        exitCodes 2 .ContainerRestartRuleOnExitCodes p
        =ContainerRestartRuleOnExitCodes
        operator 1 s r
        values 2 [i Ls
        =ContainerState
        running 2 .ContainerStateRunning p
        terminated 3 .ContainerStateTerminated p
        waiting 1 .ContainerStateWaiting p
        =ContainerStateRunning
        startedAt 1 t
        =ContainerStateTerminated
        containerID 7 s
        exitCode 1 i a r D=0
        finishedAt 6 t
        message 4 s
        reason 3 s
        signal 2 i
        startedAt 5 t
        =ContainerStateWaiting
        message 2 s
        reason 1 s
        =ContainerStatus
        allocatedResources 10 {q
        allocatedResourcesStatus 14 [.ResourceStatus Lm=name M=name S=merge
        containerID 8 s
        image 6 s a r
        imageID 7 s a r
        lastState 3 .ContainerState
        name 1 s a r
        ready 4 b a r D=false
        resources 11 .ResourceRequirements p
        restartCount 5 i a r D=0
        started 9 b p
        state 2 .ContainerState
        stopSignal 15 s p
        user 13 .ContainerUser p
        volumeMounts 12 [.VolumeMountStatus Lm=mountPath M=mountPath S=merge
        =ContainerUser
        linux 1 .LinuxContainerUser p
        =DaemonEndpoint
        Port 1 i a r D=0
        =DownwardAPIProjection
        items 1 [.DownwardAPIVolumeFile La
        =DownwardAPIVolumeFile
        fieldRef 2 .ObjectFieldSelector p
        mode 4 i p
        path 1 s a r
        resourceFieldRef 3 .ResourceFieldSelector p
        =DownwardAPIVolumeSource
        defaultMode 2 i p
        items 1 [.DownwardAPIVolumeFile La
        =EmptyDirVolumeSource
        medium 1 s
        sizeLimit 2 q p
        =EndpointAddress A
        hostname 3 s
        ip 1 s a r
        nodeName 4 s p
        targetRef 2 .ObjectReference p
        =EndpointPort A
        appProtocol 4 s p
        name 1 s
        port 2 i a r D=0
        protocol 3 s
        =EndpointSubset
        addresses 1 [.EndpointAddress La
        notReadyAddresses 2 [.EndpointAddress La
        ports 3 [.EndpointPort La
        =Endpoints K=v1/Endpoints
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        subsets 2 [.EndpointSubset La
        =EndpointsList K=v1/EndpointsList
        apiVersion 0 s
        items 2 [.Endpoints a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =EnvFromSource
        configMapRef 2 .ConfigMapEnvSource p
        prefix 1 s
        secretRef 3 .SecretEnvSource p
        =EnvVar
        name 1 s a r
        value 2 s
        valueFrom 3 .EnvVarSource p
        =EnvVarSource
        configMapKeyRef 3 .ConfigMapKeySelector p
        fieldRef 1 .ObjectFieldSelector p
        fileKeyRef 5 .FileKeySelector p
        resourceFieldRef 2 .ResourceFieldSelector p
        secretKeyRef 4 .SecretKeySelector p
        =EphemeralContainer
        args 0 [s La
        command 0 [s La
        env 0 [.EnvVar Lm=name M=name S=merge
        envFrom 0 [.EnvFromSource La
        image 0 s
        imagePullPolicy 0 s
        lifecycle 0 .Lifecycle p
        livenessProbe 0 .Probe p
        name 0 s a r
        ports 0 [.ContainerPort Lm=containerPort,protocol M=containerPort S=merge
        readinessProbe 0 .Probe p
        resizePolicy 0 [.ContainerResizePolicy La
        resources 0 .ResourceRequirements
        restartPolicy 0 s p
        restartPolicyRules 0 [.ContainerRestartRule La
        securityContext 0 .SecurityContext p
        startupProbe 0 .Probe p
        stdin 0 b
        stdinOnce 0 b
        targetContainerName 2 s
        terminationMessagePath 0 s
        terminationMessagePolicy 0 s
        tty 0 b
        volumeDevices 0 [.VolumeDevice Lm=devicePath M=devicePath S=merge
        volumeMounts 0 [.VolumeMount Lm=mountPath M=mountPath S=merge
        workingDir 0 s
        ~1 .EphemeralContainerCommon
        =EphemeralVolumeSource
        volumeClaimTemplate 1 .PersistentVolumeClaimTemplate p
        =Event K=v1/Event
        action 12 s
        apiVersion 0 s
        count 8 i
        eventTime 10 u
        firstTimestamp 6 t
        involvedObject 2 .ObjectReference a r
        kind 0 s
        lastTimestamp 7 t
        message 4 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta r
        reason 3 s
        related 13 .ObjectReference p
        reportingComponent 14 s a
        reportingInstance 15 s a
        series 11 .EventSeries p
        source 5 .EventSource
        type 9 s
        =EventList K=v1/EventList
        apiVersion 0 s
        items 2 [.Event a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =EventSeries
        count 1 i
        lastObservedTime 2 u
        =EventSource
        component 1 s
        host 2 s
        =ExecAction
        command 1 [s La
        =FCVolumeSource
        fsType 3 s
        lun 2 i p
        readOnly 4 b
        targetWWNs 1 [s La
        wwids 5 [s La
        =FileKeySelector A
        key 3 s a r
        optional 4 b p D=false
        path 2 s a r
        volumeName 1 s a r
        =FlexPersistentVolumeSource
        driver 1 s a r
        fsType 2 s
        options 5 {s
        readOnly 4 b
        secretRef 3 .SecretReference p
        =FlexVolumeSource
        driver 1 s a r
        fsType 2 s
        options 5 {s
        readOnly 4 b
        secretRef 3 .LocalObjectReference p
        =FlockerVolumeSource
        datasetName 1 s
        datasetUUID 2 s
        =GCEPersistentDiskVolumeSource
        fsType 2 s
        partition 3 i
        pdName 1 s a r
        readOnly 4 b
        =GRPCAction
        port 1 i a r D=0
        service 2 s p a
        =GitRepoVolumeSource
        directory 3 s
        repository 1 s a r
        revision 2 s
        =GlusterfsPersistentVolumeSource
        endpoints 1 s a r
        endpointsNamespace 4 s p
        path 2 s a r
        readOnly 3 b
        =GlusterfsVolumeSource
        endpoints 1 s a r
        path 2 s a r
        readOnly 3 b
        =HTTPGetAction
        host 3 s
        httpHeaders 5 [.HTTPHeader La
        path 1 s
        port 2 x a r
        scheme 4 s
        =HTTPHeader
        name 1 s a r
        value 2 s a r
        =HostAlias
        hostnames 2 [s La
        ip 1 s a r
        =HostIP
        ip 1 s a r
        =HostPathVolumeSource
        path 1 s a r
        type 2 s p
        =ISCSIPersistentVolumeSource
        chapAuthDiscovery 8 b
        chapAuthSession 11 b
        fsType 5 s
        initiatorName 12 s p
        iqn 2 s a r
        iscsiInterface 4 s D="default"
        lun 3 i a r D=0
        portals 7 [s La
        readOnly 6 b
        secretRef 10 .SecretReference p
        targetPortal 1 s a r
        =ISCSIVolumeSource
        chapAuthDiscovery 8 b
        chapAuthSession 11 b
        fsType 5 s
        initiatorName 12 s p
        iqn 2 s a r
        iscsiInterface 4 s D="default"
        lun 3 i a r D=0
        portals 7 [s La
        readOnly 6 b
        secretRef 10 .LocalObjectReference p
        targetPortal 1 s a r
        =ImageVolumeSource
        pullPolicy 2 s
        reference 1 s
        =ImageVolumeStatus
        imageRef 1 s r
        =KeyToPath
        key 1 s a r
        mode 3 i p
        path 2 s a r
        =Lifecycle
        postStart 1 .LifecycleHandler p
        preStop 2 .LifecycleHandler p
        stopSignal 3 s p
        =LifecycleHandler
        exec 1 .ExecAction p
        httpGet 2 .HTTPGetAction p
        sleep 4 .SleepAction p
        tcpSocket 3 .TCPSocketAction p
        =LimitRange K=v1/LimitRange
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .LimitRangeSpec
        =LimitRangeItem
        default 4 {q
        defaultRequest 5 {q
        max 2 {q
        maxLimitRequestRatio 6 {q
        min 3 {q
        type 1 s a r
        =LimitRangeList K=v1/LimitRangeList
        apiVersion 0 s
        items 2 [.LimitRange a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =LimitRangeSpec
        limits 1 [.LimitRangeItem a r La
        =LinuxContainerUser
        gid 2 l a r D=0
        supplementalGroups 3 [l La
        uid 1 l a r D=0
        =LoadBalancerIngress
        hostname 2 s
        ip 1 s
        ipMode 3 s p
        ports 4 [.PortStatus La
        =LoadBalancerStatus
        ingress 1 [.LoadBalancerIngress La
        =LocalObjectReference A
        name 1 s
        =LocalVolumeSource
        fsType 2 s p
        path 1 s a r
        =ModifyVolumeStatus
        status 2 s a r
        targetVolumeAttributesClassName 1 s
        =NFSVolumeSource
        path 2 s a r
        readOnly 3 b
        server 1 s a r
        =Namespace K=v1/Namespace
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .NamespaceSpec
        status 3 .NamespaceStatus
        =NamespaceCondition
        lastTransitionTime 4 t
        message 6 s
        reason 5 s
        status 2 s a r
        type 1 s a r
        =NamespaceList K=v1/NamespaceList
        apiVersion 0 s
        items 2 [.Namespace a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =NamespaceSpec
        finalizers 1 [s La
        =NamespaceStatus
        conditions 2 [.NamespaceCondition Lm=type M=type S=merge
        phase 1 s
        =Node K=v1/Node
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .NodeSpec
        status 3 .NodeStatus
        =NodeAddress
        address 2 s a r
        type 1 s a r
        =NodeAffinity
        preferredDuringSchedulingIgnoredDuringExecution 2 [.PreferredSchedulingTerm La
        requiredDuringSchedulingIgnoredDuringExecution 1 .NodeSelector p
        =NodeAllocatableResourceClaimStatus
        containers 2 [s Ls
        resourceClaimName 1 s a r
        resources 3 {q a r
        =NodeCondition
        lastHeartbeatTime 3 t
        lastTransitionTime 4 t
        message 6 s
        reason 5 s
        status 2 s a r
        type 1 s a r
        =NodeConfigSource
        configMap 2 .ConfigMapNodeConfigSource p
        =NodeConfigStatus
        active 2 .NodeConfigSource p
        assigned 1 .NodeConfigSource p
        error 4 s
        lastKnownGood 3 .NodeConfigSource p
        =NodeDaemonEndpoints
        kubeletEndpoint 1 .DaemonEndpoint
        =NodeFeatures
        supplementalGroupsPolicy 1 b p
        =NodeList K=v1/NodeList
        apiVersion 0 s
        items 2 [.Node a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =NodeRuntimeHandler
        features 2 .NodeRuntimeHandlerFeatures p
        name 1 s a
        =NodeRuntimeHandlerFeatures
        recursiveReadOnlyMounts 1 b p
        userNamespaces 2 b p
        =NodeSelector A
        nodeSelectorTerms 1 [.NodeSelectorTerm a r La
        =NodeSelectorRequirement
        key 1 s a r
        operator 2 s a r
        values 3 [s La
        =NodeSelectorTerm A
        matchExpressions 1 [.NodeSelectorRequirement La
        matchFields 2 [.NodeSelectorRequirement La
        =NodeSpec
        configSource 6 .NodeConfigSource p
        externalID 2 s
        podCIDR 1 s
        podCIDRs 7 [s Ls S=merge
        providerID 3 s
        taints 5 [.Taint La
        unschedulable 4 b
        =NodeStatus
        addresses 5 [.NodeAddress Lm=type M=type S=merge
        allocatable 2 {q
        capacity 1 {q
        conditions 4 [.NodeCondition Lm=type M=type S=merge
        config 11 .NodeConfigStatus p
        daemonEndpoints 6 .NodeDaemonEndpoints
        declaredFeatures 14 [s La
        features 13 .NodeFeatures p
        images 8 [.ContainerImage La
        nodeInfo 7 .NodeSystemInfo
        phase 3 s
        runtimeHandlers 12 [.NodeRuntimeHandler La
        volumesAttached 10 [.AttachedVolume La
        volumesInUse 9 [s La
        =NodeSwapStatus
        capacity 1 l p
        =NodeSystemInfo
        architecture 10 s a r
        bootID 3 s a r
        containerRuntimeVersion 6 s a r
        kernelVersion 4 s a r
        kubeProxyVersion 8 s a r
        kubeletVersion 7 s a r
        machineID 1 s a r
        operatingSystem 9 s a r
        osImage 5 s a r
        swap 11 .NodeSwapStatus p
        systemUUID 2 s a r
        =ObjectFieldSelector A
        apiVersion 1 s
        fieldPath 2 s a r
        =ObjectReference A
        apiVersion 5 s
        fieldPath 7 s
        kind 1 s
        name 3 s
        namespace 2 s
        resourceVersion 6 s
        uid 4 s
        =PersistentVolume K=v1/PersistentVolume
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .PersistentVolumeSpec
        status 3 .PersistentVolumeStatus
        =PersistentVolumeClaim K=v1/PersistentVolumeClaim
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .PersistentVolumeClaimSpec
        status 3 .PersistentVolumeClaimStatus
        =PersistentVolumeClaimCondition
        lastProbeTime 3 t
        lastTransitionTime 4 t
        message 6 s
        reason 5 s
        status 2 s a r
        type 1 s a r
        =PersistentVolumeClaimList K=v1/PersistentVolumeClaimList
        apiVersion 0 s
        items 2 [.PersistentVolumeClaim a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =PersistentVolumeClaimSpec
        accessModes 1 [s La
        dataSource 7 .TypedLocalObjectReference p
        dataSourceRef 8 .TypedObjectReference p
        resources 2 .VolumeResourceRequirements
        selector 4 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        storageClassName 5 s p
        volumeAttributesClassName 9 s p
        volumeMode 6 s p
        volumeName 3 s
        =PersistentVolumeClaimStatus
        accessModes 2 [s La
        allocatedResourceStatuses 7 {s G
        allocatedResources 5 {q
        capacity 3 {q
        conditions 4 [.PersistentVolumeClaimCondition Lm=type M=type S=merge
        currentVolumeAttributesClassName 8 s p
        modifyVolumeStatus 9 .ModifyVolumeStatus p
        phase 1 s
        =PersistentVolumeClaimTemplate
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .PersistentVolumeClaimSpec a r
        =PersistentVolumeClaimVolumeSource
        claimName 1 s a r
        readOnly 2 b
        =PersistentVolumeList K=v1/PersistentVolumeList
        apiVersion 0 s
        items 2 [.PersistentVolume a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =PersistentVolumeSpec
        accessModes 3 [s La
        awsElasticBlockStore 0 .AWSElasticBlockStoreVolumeSource p
        azureDisk 0 .AzureDiskVolumeSource p
        azureFile 0 .AzureFilePersistentVolumeSource p
        capacity 1 {q
        cephfs 0 .CephFSPersistentVolumeSource p
        cinder 0 .CinderPersistentVolumeSource p
        claimRef 4 .ObjectReference p G
        csi 0 .CSIPersistentVolumeSource p
        fc 0 .FCVolumeSource p
        flexVolume 0 .FlexPersistentVolumeSource p
        flocker 0 .FlockerVolumeSource p
        gcePersistentDisk 0 .GCEPersistentDiskVolumeSource p
        glusterfs 0 .GlusterfsPersistentVolumeSource p
        hostPath 0 .HostPathVolumeSource p
        iscsi 0 .ISCSIPersistentVolumeSource p
        local 0 .LocalVolumeSource p
        mountOptions 7 [s La
        nfs 0 .NFSVolumeSource p
        nodeAffinity 9 .VolumeNodeAffinity p
        persistentVolumeReclaimPolicy 5 s
        photonPersistentDisk 0 .PhotonPersistentDiskVolumeSource p
        portworxVolume 0 .PortworxVolumeSource p
        quobyte 0 .QuobyteVolumeSource p
        rbd 0 .RBDPersistentVolumeSource p
        scaleIO 0 .ScaleIOPersistentVolumeSource p
        storageClassName 6 s
        storageos 0 .StorageOSPersistentVolumeSource p
        volumeAttributesClassName 10 s p
        volumeMode 8 s p
        vsphereVolume 0 .VsphereVirtualDiskVolumeSource p
        ~2 .PersistentVolumeSource
        =PersistentVolumeStatus
        lastPhaseTransitionTime 4 t p
        message 2 s
        phase 1 s
        reason 3 s
        =PhotonPersistentDiskVolumeSource
        fsType 2 s
        pdID 1 s a r
        =Pod K=v1/Pod
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .PodSpec
        status 3 .PodStatus
        =PodAffinity
        preferredDuringSchedulingIgnoredDuringExecution 2 [.WeightedPodAffinityTerm La
        requiredDuringSchedulingIgnoredDuringExecution 1 [.PodAffinityTerm La
        =PodAffinityTerm
        labelSelector 1 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        matchLabelKeys 5 [s La
        mismatchLabelKeys 6 [s La
        namespaceSelector 4 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        namespaces 2 [s La
        topologyKey 3 s a r
        =PodAntiAffinity
        preferredDuringSchedulingIgnoredDuringExecution 2 [.WeightedPodAffinityTerm La
        requiredDuringSchedulingIgnoredDuringExecution 1 [.PodAffinityTerm La
        =PodCertificateProjection
        certificateChainPath 6 s
        credentialBundlePath 4 s
        keyPath 5 s
        keyType 2 s r
        maxExpirationSeconds 3 i p
        signerName 1 s r
        userAnnotations 7 {s
        =PodCondition
        lastProbeTime 3 t
        lastTransitionTime 4 t
        message 6 s
        observedGeneration 7 l
        reason 5 s
        status 2 s a r
        type 1 s a r
        =PodDNSConfig
        nameservers 1 [s La
        options 3 [.PodDNSConfigOption La
        searches 2 [s La
        =PodDNSConfigOption
        name 1 s
        value 2 s p
        =PodExtendedResourceClaimStatus
        requestMappings 1 [.ContainerExtendedResourceRequest a r La
        resourceClaimName 2 s a r
        =PodIP
        ip 1 s a r
        =PodList K=v1/PodList
        apiVersion 0 s
        items 2 [.Pod a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =PodOS
        name 1 s a r
        =PodReadinessGate
        conditionType 1 s a r
        =PodResourceClaim
        name 1 s a r
        resourceClaimName 3 s p
        resourceClaimTemplateName 4 s p
        =PodResourceClaimStatus
        name 1 s a r
        resourceClaimName 2 s p
        =PodSchedulingGate
        name 1 s a r
        =PodSchedulingGroup
        podGroupName 1 s p
        =PodSecurityContext
        appArmorProfile 11 .AppArmorProfile p
        fsGroup 5 l p
        fsGroupChangePolicy 9 s p
        runAsGroup 6 l p
        runAsNonRoot 3 b p
        runAsUser 2 l p
        seLinuxChangePolicy 13 s p
        seLinuxOptions 1 .SELinuxOptions p
        seccompProfile 10 .SeccompProfile p
        supplementalGroups 4 [l La
        supplementalGroupsPolicy 12 s p
        sysctls 7 [.Sysctl La
        windowsOptions 8 .WindowsSecurityContextOptions p
        =PodSpec
        activeDeadlineSeconds 5 l p
        affinity 18 .Affinity p
        automountServiceAccountToken 21 b p
        containers 2 [.Container a r Lm=name M=name S=merge
        dnsConfig 26 .PodDNSConfig p
        dnsPolicy 6 s
        enableServiceLinks 30 b p
        ephemeralContainers 34 [.EphemeralContainer Lm=name M=name S=merge
        hostAliases 23 [.HostAlias Lm=ip M=ip S=merge
        hostIPC 13 b
        hostNetwork 11 b
        hostPID 12 b
        hostUsers 37 b p
        hostname 16 s
        hostnameOverride 41 s p
        imagePullSecrets 15 [.LocalObjectReference Lm=name M=name S=merge
        initContainers 20 [.Container Lm=name M=name S=merge
        nodeName 10 s
        nodeSelector 7 {s A
        os 36 .PodOS p
        overhead 32 {q
        preemptionPolicy 31 s p
        priority 25 i p
        priorityClassName 24 s
        readinessGates 28 [.PodReadinessGate La
        resourceClaims 39 [.PodResourceClaim Lm=name M=name S=merge,retainKeys
        resources 40 .ResourceRequirements p
        restartPolicy 3 s
        runtimeClassName 29 s p
        schedulerName 19 s
        schedulingGates 38 [.PodSchedulingGate Lm=name M=name S=merge
        schedulingGroup 43 .PodSchedulingGroup p
        securityContext 14 .PodSecurityContext p
        serviceAccount 9 s
        serviceAccountName 8 s
        setHostnameAsFQDN 35 b p
        shareProcessNamespace 27 b p
        subdomain 17 s
        terminationGracePeriodSeconds 4 l p
        tolerations 22 [.Toleration La
        topologySpreadConstraints 33 [.TopologySpreadConstraint Lm=topologyKey,whenUnsatisfiable M=topologyKey S=merge
        volumes 1 [.Volume Lm=name M=name S=merge,retainKeys
        =PodStatus
        allocatedResources 19 {q
        conditions 2 [.PodCondition Lm=type M=type S=merge
        containerStatuses 8 [.ContainerStatus La
        ephemeralContainerStatuses 13 [.ContainerStatus La
        extendedResourceClaimStatus 18 .PodExtendedResourceClaimStatus p
        hostIP 5 s
        hostIPs 16 [.HostIP La M=ip S=merge
        initContainerStatuses 10 [.ContainerStatus La
        message 3 s
        nodeAllocatableResourceClaimStatuses 21 [.NodeAllocatableResourceClaimStatus La
        nominatedNodeName 11 s
        observedGeneration 17 l
        phase 1 s
        podIP 6 s
        podIPs 12 [.PodIP Lm=ip M=ip S=merge
        qosClass 9 s
        reason 4 s
        resize 14 s
        resourceClaimStatuses 15 [.PodResourceClaimStatus Lm=name M=name S=merge,retainKeys
        resources 20 .ResourceRequirements p
        startTime 7 t p
        =PodTemplate K=v1/PodTemplate
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        template 2 .PodTemplateSpec
        =PodTemplateList K=v1/PodTemplateList
        apiVersion 0 s
        items 2 [.PodTemplate a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =PodTemplateSpec
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .PodSpec
        =PortStatus
        error 3 s p
        port 1 i a r D=0
        protocol 2 s a r
        =PortworxVolumeSource
        fsType 2 s
        readOnly 3 b
        volumeID 1 s a r
        =PreferredSchedulingTerm
        preference 2 .NodeSelectorTerm a r
        weight 1 i a r D=0
        =Probe
        exec 0 .ExecAction p
        failureThreshold 6 i
        grpc 0 .GRPCAction p
        httpGet 0 .HTTPGetAction p
        initialDelaySeconds 2 i
        periodSeconds 4 i
        successThreshold 5 i
        tcpSocket 0 .TCPSocketAction p
        terminationGracePeriodSeconds 7 l p
        timeoutSeconds 3 i
        ~1 .ProbeHandler
        =ProjectedVolumeSource
        defaultMode 2 i p
        sources 1 [.VolumeProjection a La
        =QuobyteVolumeSource
        group 5 s
        readOnly 3 b
        registry 1 s a r
        tenant 6 s
        user 4 s
        volume 2 s a r
        =RBDPersistentVolumeSource
        fsType 3 s
        image 2 s a r
        keyring 6 s D="/etc/ceph/keyring"
        monitors 1 [s a r La
        pool 4 s D="rbd"
        readOnly 8 b
        secretRef 7 .SecretReference p
        user 5 s D="admin"
        =RBDVolumeSource
        fsType 3 s
        image 2 s a r
        keyring 6 s D="/etc/ceph/keyring"
        monitors 1 [s a r La
        pool 4 s D="rbd"
        readOnly 8 b
        secretRef 7 .LocalObjectReference p
        user 5 s D="admin"
        =ReplicationController K=v1/ReplicationController
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ReplicationControllerSpec
        status 3 .ReplicationControllerStatus
        =ReplicationControllerCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s a r
        type 1 s a r
        =ReplicationControllerList K=v1/ReplicationControllerList
        apiVersion 0 s
        items 2 [.ReplicationController a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ReplicationControllerSpec
        minReadySeconds 4 i D=0
        replicas 1 i p D=1
        selector 2 {s A
        template 3 .PodTemplateSpec p
        =ReplicationControllerStatus
        availableReplicas 5 i
        conditions 6 [.ReplicationControllerCondition Lm=type M=type S=merge
        fullyLabeledReplicas 2 i
        observedGeneration 3 l
        readyReplicas 4 i
        replicas 1 i a r D=0
        =ResourceClaim
        name 1 s a r
        request 2 s
        =ResourceFieldSelector A
        containerName 1 s
        divisor 3 q
        resource 2 s a r
        =ResourceHealth
        health 2 s
        message 6 s p
        resourceID 1 s a r
        =ResourceQuota K=v1/ResourceQuota
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ResourceQuotaSpec
        status 3 .ResourceQuotaStatus
        =ResourceQuotaList K=v1/ResourceQuotaList
        apiVersion 0 s
        items 2 [.ResourceQuota a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ResourceQuotaSpec
        hard 1 {q
        scopeSelector 3 .ScopeSelector p
        scopes 2 [s La
        =ResourceQuotaStatus
        hard 1 {q
        used 2 {q
        =ResourceRequirements
        claims 3 [.ResourceClaim Lm=name
        limits 1 {q
        requests 2 {q
        =ResourceStatus
        name 1 s a r
        resources 2 [.ResourceHealth Lm=resourceID
        =SELinuxOptions
        level 4 s
        role 2 s
        type 3 s
        user 1 s
        =ScaleIOPersistentVolumeSource
        fsType 9 s D="xfs"
        gateway 1 s a r
        protectionDomain 5 s
        readOnly 10 b
        secretRef 3 .SecretReference p a r
        sslEnabled 4 b
        storageMode 7 s D="ThinProvisioned"
        storagePool 6 s
        system 2 s a r
        volumeName 8 s
        =ScaleIOVolumeSource
        fsType 9 s D="xfs"
        gateway 1 s a r
        protectionDomain 5 s
        readOnly 10 b
        secretRef 3 .LocalObjectReference p a r
        sslEnabled 4 b
        storageMode 7 s D="ThinProvisioned"
        storagePool 6 s
        system 2 s a r
        volumeName 8 s
        =ScopeSelector A
        matchExpressions 1 [.ScopedResourceSelectorRequirement La
        =ScopedResourceSelectorRequirement
        operator 2 s a r
        scopeName 1 s a r
        values 3 [s La
        =SeccompProfile
        localhostProfile 2 s p
        type 1 s a r
        =Secret K=v1/Secret
        apiVersion 0 s
        data 2 {B
        immutable 5 b p
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        stringData 4 {s
        type 3 s
        =SecretEnvSource
        name 0 s
        optional 2 b p
        ~1 .LocalObjectReference
        =SecretKeySelector A
        key 2 s a r
        name 0 s
        optional 3 b p
        ~1 .LocalObjectReference
        =SecretList K=v1/SecretList
        apiVersion 0 s
        items 2 [.Secret a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =SecretProjection
        items 2 [.KeyToPath La
        name 0 s
        optional 4 b p
        ~1 .LocalObjectReference
        =SecretReference A
        name 1 s
        namespace 2 s
        =SecretVolumeSource
        defaultMode 3 i p
        items 2 [.KeyToPath La
        optional 4 b p
        secretName 1 s
        =SecurityContext
        allowPrivilegeEscalation 7 b p
        appArmorProfile 12 .AppArmorProfile p
        capabilities 1 .Capabilities p
        privileged 2 b p
        procMount 9 s p
        readOnlyRootFilesystem 6 b p
        runAsGroup 8 l p
        runAsNonRoot 5 b p
        runAsUser 4 l p
        seLinuxOptions 3 .SELinuxOptions p
        seccompProfile 11 .SeccompProfile p
        windowsOptions 10 .WindowsSecurityContextOptions p
        =Service K=v1/Service
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ServiceSpec
        status 3 .ServiceStatus
        =ServiceAccount K=v1/ServiceAccount
        apiVersion 0 s
        automountServiceAccountToken 4 b p
        imagePullSecrets 3 [.LocalObjectReference La
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        secrets 2 [.ObjectReference Lm=name M=name S=merge
        =ServiceAccountList K=v1/ServiceAccountList
        apiVersion 0 s
        items 2 [.ServiceAccount a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ServiceAccountTokenProjection
        audience 1 s
        expirationSeconds 2 l p
        path 3 s a r
        =ServiceList K=v1/ServiceList
        apiVersion 0 s
        items 2 [.Service a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ServicePort
        appProtocol 6 s p
        name 1 s
        nodePort 5 i
        port 3 i a r D=0
        protocol 2 s D="TCP"
        targetPort 4 x
        =ServiceSpec
        allocateLoadBalancerNodePorts 20 b p
        clusterIP 3 s
        clusterIPs 18 [s La
        externalIPs 5 [s La
        externalName 10 s
        externalTrafficPolicy 11 s
        healthCheckNodePort 12 i
        internalTrafficPolicy 22 s p
        ipFamilies 19 [s La
        ipFamilyPolicy 17 s p
        loadBalancerClass 21 s p
        loadBalancerIP 8 s
        loadBalancerSourceRanges 9 [s La
        ports 1 [.ServicePort Lm=port,protocol M=port S=merge
        publishNotReadyAddresses 13 b
        selector 2 {s A
        sessionAffinity 7 s
        sessionAffinityConfig 14 .SessionAffinityConfig p
        trafficDistribution 23 s p
        type 4 s
        =ServiceStatus
        conditions 2 [:apimachinery.pkg.apis.meta.v1.Condition Lm=type M=type S=merge
        loadBalancer 1 .LoadBalancerStatus
        =SessionAffinityConfig
        clientIP 1 .ClientIPConfig p
        =SleepAction
        seconds 1 l a r D=0
        =StorageOSPersistentVolumeSource
        fsType 3 s
        readOnly 4 b
        secretRef 5 .ObjectReference p
        volumeName 1 s
        volumeNamespace 2 s
        =StorageOSVolumeSource
        fsType 3 s
        readOnly 4 b
        secretRef 5 .LocalObjectReference p
        volumeName 1 s
        volumeNamespace 2 s
        =Sysctl
        name 1 s a r
        value 2 s a r
        =TCPSocketAction
        host 2 s
        port 1 x a r
        =Taint
        effect 3 s a r
        key 1 s a r
        timeAdded 4 t p
        value 2 s
        =Toleration
        effect 4 s
        key 1 s
        operator 2 s
        tolerationSeconds 5 l p
        value 3 s
        =TopologySelectorLabelRequirement
        key 1 s a r
        values 2 [s a r La
        =TopologySelectorTerm A
        matchLabelExpressions 1 [.TopologySelectorLabelRequirement La
        =TopologySpreadConstraint
        labelSelector 4 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        matchLabelKeys 8 [s La
        maxSkew 1 i a r D=0
        minDomains 5 i p
        nodeAffinityPolicy 6 s p
        nodeTaintsPolicy 7 s p
        topologyKey 2 s a r
        whenUnsatisfiable 3 s a r
        =TypedLocalObjectReference A
        apiGroup 1 s p a
        kind 2 s a r
        name 3 s a r
        =TypedObjectReference
        apiGroup 1 s p a
        kind 2 s a r
        name 3 s a r
        namespace 4 s p
        =Volume
        awsElasticBlockStore 0 .AWSElasticBlockStoreVolumeSource p
        azureDisk 0 .AzureDiskVolumeSource p
        azureFile 0 .AzureFileVolumeSource p
        cephfs 0 .CephFSVolumeSource p
        cinder 0 .CinderVolumeSource p
        configMap 0 .ConfigMapVolumeSource p
        csi 0 .CSIVolumeSource p
        downwardAPI 0 .DownwardAPIVolumeSource p
        emptyDir 0 .EmptyDirVolumeSource p
        ephemeral 0 .EphemeralVolumeSource p
        fc 0 .FCVolumeSource p
        flexVolume 0 .FlexVolumeSource p
        flocker 0 .FlockerVolumeSource p
        gcePersistentDisk 0 .GCEPersistentDiskVolumeSource p
        gitRepo 0 .GitRepoVolumeSource p
        glusterfs 0 .GlusterfsVolumeSource p
        hostPath 0 .HostPathVolumeSource p
        image 0 .ImageVolumeSource p
        iscsi 0 .ISCSIVolumeSource p
        name 1 s a r
        nfs 0 .NFSVolumeSource p
        persistentVolumeClaim 0 .PersistentVolumeClaimVolumeSource p
        photonPersistentDisk 0 .PhotonPersistentDiskVolumeSource p
        portworxVolume 0 .PortworxVolumeSource p
        projected 0 .ProjectedVolumeSource p
        quobyte 0 .QuobyteVolumeSource p
        rbd 0 .RBDVolumeSource p
        scaleIO 0 .ScaleIOVolumeSource p
        secret 0 .SecretVolumeSource p
        storageos 0 .StorageOSVolumeSource p
        vsphereVolume 0 .VsphereVirtualDiskVolumeSource p
        ~2 .VolumeSource
        =VolumeDevice
        devicePath 2 s a r
        name 1 s a r
        =VolumeMount
        mountPath 3 s a r
        mountPropagation 5 s p
        name 1 s a r
        readOnly 2 b
        recursiveReadOnly 7 s p
        subPath 4 s
        subPathExpr 6 s
        =VolumeMountStatus
        mountPath 2 s a r
        name 1 s a r
        readOnly 3 b
        recursiveReadOnly 4 s p
        volumeStatus 5 .VolumeStatus p
        =VolumeNodeAffinity
        required 1 .NodeSelector p
        =VolumeProjection
        clusterTrustBundle 5 .ClusterTrustBundleProjection p
        configMap 3 .ConfigMapProjection p
        downwardAPI 2 .DownwardAPIProjection p
        podCertificate 6 .PodCertificateProjection p
        secret 1 .SecretProjection p
        serviceAccountToken 4 .ServiceAccountTokenProjection p
        =VolumeResourceRequirements
        limits 1 {q
        requests 2 {q
        =VolumeStatus
        image 1 .ImageVolumeStatus p
        =VsphereVirtualDiskVolumeSource
        fsType 2 s
        storagePolicyID 4 s
        storagePolicyName 3 s
        volumePath 1 s a r
        =WeightedPodAffinityTerm
        podAffinityTerm 2 .PodAffinityTerm a r
        weight 1 i a r D=0
        =WindowsSecurityContextOptions
        gmsaCredentialSpec 2 s p
        gmsaCredentialSpecName 1 s p
        hostProcess 4 b p
        runAsUserName 3 s p
        =AvoidPods
        preferAvoidPods 1 [.PreferAvoidPodsEntry
        =EphemeralContainerCommon
        name 1 s a
        image 2 s
        command 3 [s La
        args 4 [s La
        workingDir 5 s
        ports 6 [.ContainerPort Lm=containerPort,protocol M=containerPort S=merge
        envFrom 19 [.EnvFromSource La
        env 7 [.EnvVar Lm=name M=name S=merge
        resources 8 .ResourceRequirements
        resizePolicy 23 [.ContainerResizePolicy La
        restartPolicy 24 s p
        restartPolicyRules 25 [.ContainerRestartRule La
        volumeMounts 9 [.VolumeMount Lm=mountPath M=mountPath S=merge
        volumeDevices 21 [.VolumeDevice Lm=devicePath M=devicePath S=merge
        livenessProbe 10 .Probe p
        readinessProbe 11 .Probe p
        startupProbe 22 .Probe p
        lifecycle 12 .Lifecycle p
        terminationMessagePath 13 s
        terminationMessagePolicy 20 s
        imagePullPolicy 14 s
        securityContext 15 .SecurityContext p
        stdin 16 b
        stdinOnce 17 b
        tty 18 b
        =List
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        items 2 [R
        =NodeProxyOptions
        path 1 s
        =PersistentVolumeSource
        gcePersistentDisk 1 .GCEPersistentDiskVolumeSource p
        awsElasticBlockStore 2 .AWSElasticBlockStoreVolumeSource p
        hostPath 3 .HostPathVolumeSource p
        glusterfs 4 .GlusterfsPersistentVolumeSource p
        nfs 5 .NFSVolumeSource p
        rbd 6 .RBDPersistentVolumeSource p
        iscsi 7 .ISCSIPersistentVolumeSource p
        cinder 8 .CinderPersistentVolumeSource p
        cephfs 9 .CephFSPersistentVolumeSource p
        fc 10 .FCVolumeSource p
        flocker 11 .FlockerVolumeSource p
        flexVolume 12 .FlexPersistentVolumeSource p
        azureFile 13 .AzureFilePersistentVolumeSource p
        vsphereVolume 14 .VsphereVirtualDiskVolumeSource p
        quobyte 15 .QuobyteVolumeSource p
        azureDisk 16 .AzureDiskVolumeSource p
        photonPersistentDisk 17 .PhotonPersistentDiskVolumeSource p
        portworxVolume 18 .PortworxVolumeSource p
        scaleIO 19 .ScaleIOPersistentVolumeSource p
        local 20 .LocalVolumeSource p
        storageos 21 .StorageOSPersistentVolumeSource p
        csi 22 .CSIPersistentVolumeSource p
        =PodAttachOptions
        stdin 1 b
        stdout 2 b
        stderr 3 b
        tty 4 b
        container 5 s
        =PodExecOptions
        stdin 1 b
        stdout 2 b
        stderr 3 b
        tty 4 b
        container 5 s
        command 6 [s
        =PodLogOptions
        container 1 s
        follow 2 b
        previous 3 b
        sinceSeconds 4 l
        sinceTime 5 t
        timestamps 6 b
        tailLines 7 l
        limitBytes 8 l
        insecureSkipTLSVerifyBackend 9 b
        stream 10 s
        =PodPortForwardOptions
        ports 1 [i
        =PodProxyOptions
        path 1 s
        =PodSignature
        podController 1 :apimachinery.pkg.apis.meta.v1.OwnerReference
        =PodStatusResult
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        status 2 .PodStatus
        =Preconditions
        uid 1 s
        =PreferAvoidPodsEntry
        podSignature 1 .PodSignature
        evictionTime 2 t
        reason 3 s
        message 4 s
        =ProbeHandler
        exec 1 .ExecAction p
        httpGet 2 .HTTPGetAction p
        tcpSocket 3 .TCPSocketAction p
        grpc 4 .GRPCAction p
        =RangeAllocation
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        range 2 s
        data 3 B
        =SerializedReference
        reference 1 .ObjectReference
        =ServiceProxyOptions
        path 1 s
        =VolumeSource
        hostPath 1 .HostPathVolumeSource p
        emptyDir 2 .EmptyDirVolumeSource p
        gcePersistentDisk 3 .GCEPersistentDiskVolumeSource p
        awsElasticBlockStore 4 .AWSElasticBlockStoreVolumeSource p
        gitRepo 5 .GitRepoVolumeSource p
        secret 6 .SecretVolumeSource p
        nfs 7 .NFSVolumeSource p
        iscsi 8 .ISCSIVolumeSource p
        glusterfs 9 .GlusterfsVolumeSource p
        persistentVolumeClaim 10 .PersistentVolumeClaimVolumeSource p
        rbd 11 .RBDVolumeSource p
        flexVolume 12 .FlexVolumeSource p
        cinder 13 .CinderVolumeSource p
        cephfs 14 .CephFSVolumeSource p
        flocker 15 .FlockerVolumeSource p
        downwardAPI 16 .DownwardAPIVolumeSource p
        fc 17 .FCVolumeSource p
        azureFile 18 .AzureFileVolumeSource p
        configMap 19 .ConfigMapVolumeSource p
        vsphereVolume 20 .VsphereVirtualDiskVolumeSource p
        quobyte 21 .QuobyteVolumeSource p
        azureDisk 22 .AzureDiskVolumeSource p
        photonPersistentDisk 23 .PhotonPersistentDiskVolumeSource p
        projected 26 .ProjectedVolumeSource p
        portworxVolume 24 .PortworxVolumeSource p
        scaleIO 25 .ScaleIOVolumeSource p
        storageos 27 .StorageOSVolumeSource p
        csi 28 .CSIVolumeSource p
        ephemeral 29 .EphemeralVolumeSource p
        image 30 .ImageVolumeSource p
        """
}
