// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.resource.v1`.
    static let resourceV1: StaticString = """
        =AllocatedDeviceStatus
        conditions 4 [:apimachinery.pkg.apis.meta.v1.Condition a Lm=type
        data 5 R p
        device 3 s a r
        driver 1 s a r
        networkData 6 .NetworkDeviceData p
        pool 2 s a r
        shareID 7 s p
        =AllocationResult
        allocationTimestamp 5 t p
        devices 1 .DeviceAllocationResult
        nodeSelector 3 :api.core.v1.NodeSelector p
        =CELDeviceSelector
        expression 1 s a r
        =CapacityRequestPolicy
        default 1 q p a
        validRange 4 .CapacityRequestPolicyRange p
        validValues 3 [q La
        =CapacityRequestPolicyRange
        max 2 q p
        min 1 q p r
        step 3 q p
        =CapacityRequirements
        requests 1 {q
        =Counter
        value 1 q a r
        =CounterSet
        counters 2 {.Counter r
        name 1 s a r
        =Device
        allNodes 7 b p
        allowMultipleAllocations 12 b p
        attributes 2 {.DeviceAttribute
        bindingConditions 10 [s La
        bindingFailureConditions 11 [s La
        bindsToNode 9 b p
        capacity 3 {.DeviceCapacity
        consumesCounters 4 [.DeviceCounterConsumption La
        name 1 s a r
        nodeAllocatableResourceMappings 13 {.NodeAllocatableResourceMapping
        nodeName 5 s p
        nodeSelector 6 :api.core.v1.NodeSelector p
        taints 8 [.DeviceTaint La
        =DeviceAllocationConfiguration
        opaque 0 .OpaqueDeviceConfiguration p
        requests 2 [s La
        source 1 s a r
        ~3 .DeviceConfiguration
        =DeviceAllocationResult
        config 2 [.DeviceAllocationConfiguration La
        results 1 [.DeviceRequestAllocationResult La
        =DeviceAttribute
        bool 3 b p
        bools 7 [b La
        int 2 l p
        ints 6 [l La
        string 4 s p
        strings 8 [s La
        version 5 s p
        versions 9 [s La
        =DeviceCapacity
        requestPolicy 2 .CapacityRequestPolicy p
        value 1 q a r
        =DeviceClaim
        config 3 [.DeviceClaimConfiguration La
        constraints 2 [.DeviceConstraint La
        requests 1 [.DeviceRequest a La
        =DeviceClaimConfiguration
        opaque 0 .OpaqueDeviceConfiguration p
        requests 1 [s La
        ~2 .DeviceConfiguration
        =DeviceClass K=resource.k8s.io/v1/DeviceClass
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .DeviceClassSpec a r
        =DeviceClassConfiguration
        opaque 0 .OpaqueDeviceConfiguration p
        ~1 .DeviceConfiguration
        =DeviceClassList K=resource.k8s.io/v1/DeviceClassList
        apiVersion 0 s
        items 2 [.DeviceClass a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =DeviceClassSpec
        config 2 [.DeviceClassConfiguration La
        extendedResourceName 4 s p
        selectors 1 [.DeviceSelector La
        =DeviceConstraint
        distinctAttribute 3 s p
        matchAttribute 2 s p
        requests 1 [s La
        =DeviceCounterConsumption
        counterSet 1 s a r
        counters 2 {.Counter r
        =DeviceRequest
        exactly 2 .ExactDeviceRequest p
        firstAvailable 3 [.DeviceSubRequest La
        name 1 s a r
        =DeviceRequestAllocationResult
        adminAccess 5 b p
        bindingConditions 7 [s La
        bindingFailureConditions 8 [s La
        consumedCapacity 10 {q
        device 4 s a r
        driver 2 s a r
        pool 3 s a r
        request 1 s a r
        shareID 9 s p
        tolerations 6 [.DeviceToleration La
        =DeviceSelector
        cel 1 .CELDeviceSelector p
        =DeviceSubRequest
        allocationMode 4 s
        capacity 7 .CapacityRequirements p
        count 5 l
        deviceClassName 2 s a r
        name 1 s a r
        selectors 3 [.DeviceSelector La
        tolerations 6 [.DeviceToleration La
        =DeviceTaint
        effect 3 s a r
        key 1 s a r
        timeAdded 4 t p
        value 2 s
        =DeviceToleration
        effect 4 s
        key 1 s
        operator 2 s D="Equal"
        tolerationSeconds 5 l p
        value 3 s
        =ExactDeviceRequest
        adminAccess 5 b p
        allocationMode 3 s
        capacity 7 .CapacityRequirements p
        count 4 l
        deviceClassName 1 s a r
        selectors 2 [.DeviceSelector La
        tolerations 6 [.DeviceToleration La
        =NetworkDeviceData
        hardwareAddress 3 s
        interfaceName 1 s
        ips 2 [s La
        =NodeAllocatableResourceMapping
        allocationMultiplier 2 q p
        capacityKey 1 s p
        =OpaqueDeviceConfiguration
        driver 1 s a r
        parameters 2 R a r
        =ResourceClaim K=resource.k8s.io/v1/ResourceClaim
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ResourceClaimSpec a r
        status 3 .ResourceClaimStatus
        =ResourceClaimConsumerReference
        apiGroup 1 s
        name 4 s a r
        resource 3 s a r
        uid 5 s a r
        =ResourceClaimList K=resource.k8s.io/v1/ResourceClaimList
        apiVersion 0 s
        items 2 [.ResourceClaim a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ResourceClaimSpec
        devices 1 .DeviceClaim a
        =ResourceClaimStatus
        allocation 1 .AllocationResult p
        devices 4 [.AllocatedDeviceStatus Lm=driver,device,pool,shareID
        reservedFor 2 [.ResourceClaimConsumerReference Lm=uid M=uid S=merge
        =ResourceClaimTemplate K=resource.k8s.io/v1/ResourceClaimTemplate
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ResourceClaimTemplateSpec a r
        =ResourceClaimTemplateList K=resource.k8s.io/v1/ResourceClaimTemplateList
        apiVersion 0 s
        items 2 [.ResourceClaimTemplate a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ResourceClaimTemplateSpec
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ResourceClaimSpec a r
        =ResourcePool
        generation 2 l a r D=0
        name 1 s a r
        resourceSliceCount 3 l a r D=0
        =ResourceSlice K=resource.k8s.io/v1/ResourceSlice
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ResourceSliceSpec a r
        =ResourceSliceList K=resource.k8s.io/v1/ResourceSliceList
        apiVersion 0 s
        items 2 [.ResourceSlice a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ResourceSliceSpec
        allNodes 5 b p
        devices 6 [.Device La
        driver 1 s a r
        nodeName 3 s p
        nodeSelector 4 :api.core.v1.NodeSelector p
        perDeviceNodeSelection 7 b p
        pool 2 .ResourcePool a r
        sharedCounters 8 [.CounterSet La
        =DeviceConfiguration
        opaque 1 .OpaqueDeviceConfiguration p
        """
}
