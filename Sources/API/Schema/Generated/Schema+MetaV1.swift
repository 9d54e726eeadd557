// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `apimachinery.pkg.apis.meta.v1`.
    static let metaV1: StaticString = """
        =APIGroup K=v1/APIGroup
        apiVersion 0 s
        kind 0 s
        name 1 s a r
        preferredVersion 3 .GroupVersionForDiscovery
        serverAddressByClientCIDRs 4 [.ServerAddressByClientCIDR La
        versions 2 [.GroupVersionForDiscovery a r La
        =APIGroupList K=v1/APIGroupList
        apiVersion 0 s
        groups 1 [.APIGroup a r La
        kind 0 s
        =APIResource
        categories 7 [s La
        group 8 s
        kind 3 s a r
        name 1 s a r
        namespaced 2 b a r D=false
        shortNames 5 [s La
        singularName 6 s a r
        storageVersionHash 10 s
        verbs 4 [s a r
        version 9 s
        =APIResourceList K=v1/APIResourceList
        apiVersion 0 s
        groupVersion 1 s a r
        kind 0 s
        resources 2 [.APIResource a r La
        =APIVersions K=v1/APIVersions
        apiVersion 0 s
        kind 0 s
        serverAddressByClientCIDRs 2 [.ServerAddressByClientCIDR a r La
        versions 1 [s a r La
        =Condition
        lastTransitionTime 4 t a r
        message 6 s a r
        observedGeneration 3 l
        reason 5 s a r
        status 2 s a r
        type 1 s a r
        =DeleteOptions
        apiVersion 0 s
        dryRun 5 [s La
        gracePeriodSeconds 1 l p
        ignoreStoreReadErrorWithClusterBreakingPotential 6 b p
        kind 0 s
        orphanDependents 3 b p
        preconditions 2 .Preconditions p
        propagationPolicy 4 s p
        =FieldSelectorRequirement
        key 1 s a r
        operator 2 s a r
        values 3 [s La
        =GroupResource
        group 1 s r
        resource 2 s r
        =GroupVersionForDiscovery
        groupVersion 1 s a r
        version 2 s a r
        =LabelSelector A
        matchExpressions 2 [.LabelSelectorRequirement La
        matchLabels 1 {s
        =LabelSelectorRequirement
        key 1 s a r
        operator 2 s a r
        values 3 [s La
        =ListMeta
        continue 3 s
        remainingItemCount 4 l p
        resourceVersion 2 s
        selfLink 1 s
        shardInfo 5 .ShardInfo p
        =ManagedFieldsEntry
        apiVersion 3 s
        fieldsType 6 s
        fieldsV1 7 F p
        manager 1 s
        operation 2 s
        subresource 8 s
        time 4 t p
        =ObjectMeta
        annotations 12 {s
        creationTimestamp 8 t
        deletionGracePeriodSeconds 10 l p
        deletionTimestamp 9 t p
        finalizers 14 [s Ls S=merge
        generateName 2 s
        generation 7 l
        labels 11 {s
        managedFields 17 [.ManagedFieldsEntry La
        name 1 s
        namespace 3 s
        ownerReferences 13 [.OwnerReference Lm=uid M=uid S=merge
        resourceVersion 6 s
        selfLink 4 s
        uid 5 s
        =OwnerReference A
        apiVersion 5 s a r
        blockOwnerDeletion 7 b p
        controller 6 b p
        kind 1 s a r
        name 3 s a r
        uid 4 s a r
        =Preconditions
        resourceVersion 2 s p
        uid 1 s p
        =ServerAddressByClientCIDR
        clientCIDR 1 s a r
        serverAddress 2 s a r
        =ShardInfo
        selector 1 s a r
        =Status K=v1/Status
        apiVersion 0 s
        code 6 i
        details 5 .StatusDetails p
        kind 0 s
        message 3 s
        metadata 1 .ListMeta
        reason 4 s
        status 2 s
        =StatusCause
        field 3 s
        message 2 s
        reason 1 s
        =StatusDetails
        causes 4 [.StatusCause La
        group 2 s
        kind 3 s
        name 1 s
        retryAfterSeconds 5 i
        uid 6 s
        =WatchEvent
        object 2 R r
        type 1 s r
        =ApplyOptions
        dryRun 1 [s
        force 2 b
        fieldManager 3 s
        =CreateOptions
        dryRun 1 [s
        fieldManager 3 s
        fieldValidation 4 s
        =Duration
        duration 1 l
        =GetOptions
        resourceVersion 1 s
        =GroupKind
        group 1 s
        kind 2 s
        =GroupVersion
        group 1 s
        version 2 s
        =GroupVersionKind
        group 1 s
        version 2 s
        kind 3 s
        =GroupVersionResource
        group 1 s
        version 2 s
        resource 3 s
        =List
        metadata 1 .ListMeta
        items 2 [R
        =ListOptions
        labelSelector 1 s
        fieldSelector 2 s
        watch 3 b
        allowWatchBookmarks 9 b
        resourceVersion 4 s
        resourceVersionMatch 10 s
        timeoutSeconds 5 l
        limit 7 l
        continue 8 s
        sendInitialEvents 11 b
        shardSelector 15 s
        =PartialObjectMetadata
        metadata 1 .ObjectMeta
        =PartialObjectMetadataList
        metadata 1 .ListMeta
        items 2 [.PartialObjectMetadata
        =PatchOptions
        dryRun 1 [s
        force 2 b
        fieldManager 3 s
        fieldValidation 4 s
        =RootPaths
        paths 1 [s
        =TableOptions
        includeObject 1 s
        =Timestamp
        seconds 1 l
        nanos 2 i
        =TypeMeta
        kind 1 s
        apiVersion 2 s
        =UpdateOptions
        dryRun 1 [s
        fieldManager 2 s
        fieldValidation 3 s
        =Verbs
        items 1 [s
        """
}
