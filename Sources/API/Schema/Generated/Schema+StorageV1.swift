// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.storage.v1`.
    static let storageV1: StaticString = """
        =CSIDriver K=storage.k8s.io/v1/CSIDriver
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .CSIDriverSpec a r
        =CSIDriverList K=storage.k8s.io/v1/CSIDriverList
        apiVersion 0 s
        items 2 [.CSIDriver a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =CSIDriverSpec
        attachRequired 1 b p
        fsGroupPolicy 5 s p
        nodeAllocatableUpdatePeriodSeconds 9 l p
        podInfoOnMount 2 b p
        preventPodSchedulingIfMissing 11 b p
        requiresRepublish 7 b p
        seLinuxMount 8 b p
        serviceAccountTokenInSecrets 10 b p
        storageCapacity 4 b p
        tokenRequests 6 [.TokenRequest La
        volumeLifecycleModes 3 [s Ls
        =CSINode K=storage.k8s.io/v1/CSINode
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .CSINodeSpec a r
        =CSINodeDriver
        allocatable 4 .VolumeNodeResources p
        name 1 s a r
        nodeID 2 s a r
        topologyKeys 3 [s a La
        =CSINodeList K=storage.k8s.io/v1/CSINodeList
        apiVersion 0 s
        items 2 [.CSINode a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =CSINodeSpec
        drivers 1 [.CSINodeDriver a r Lm=name M=name S=merge
        =CSIStorageCapacity K=storage.k8s.io/v1/CSIStorageCapacity
        apiVersion 0 s
        capacity 4 q p
        kind 0 s
        maximumVolumeSize 5 q p
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        nodeTopology 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        storageClassName 3 s a r
        =CSIStorageCapacityList K=storage.k8s.io/v1/CSIStorageCapacityList
        apiVersion 0 s
        items 2 [.CSIStorageCapacity a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =StorageClass K=storage.k8s.io/v1/StorageClass
        allowVolumeExpansion 6 b p
        allowedTopologies 8 [:api.core.v1.TopologySelectorTerm La
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        mountOptions 5 [s La
        parameters 3 {s
        provisioner 2 s a r
        reclaimPolicy 4 s p
        volumeBindingMode 7 s p
        =StorageClassList K=storage.k8s.io/v1/StorageClassList
        apiVersion 0 s
        items 2 [.StorageClass a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =TokenRequest
        audience 1 s a r
        expirationSeconds 2 l p
        =VolumeAttachment K=storage.k8s.io/v1/VolumeAttachment
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .VolumeAttachmentSpec a r
        status 3 .VolumeAttachmentStatus
        =VolumeAttachmentList K=storage.k8s.io/v1/VolumeAttachmentList
        apiVersion 0 s
        items 2 [.VolumeAttachment a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =VolumeAttachmentSource
        inlineVolumeSpec 2 :api.core.v1.PersistentVolumeSpec p
        persistentVolumeName 1 s p
        =VolumeAttachmentSpec
        attacher 1 s a r
        nodeName 3 s a r
        source 2 .VolumeAttachmentSource a r
        =VolumeAttachmentStatus
        attachError 3 .VolumeError p
        attached 1 b a r D=false
        attachmentMetadata 2 {s
        detachError 4 .VolumeError p
        =VolumeAttributesClass K=storage.k8s.io/v1/VolumeAttributesClass
        apiVersion 0 s
        driverName 2 s a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        parameters 3 {s
        =VolumeAttributesClassList K=storage.k8s.io/v1/VolumeAttributesClassList
        apiVersion 0 s
        items 2 [.VolumeAttributesClass a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =VolumeError
        errorCode 3 i p
        message 2 s
        time 1 t
        =VolumeNodeResources
        count 1 i p
        """
}
