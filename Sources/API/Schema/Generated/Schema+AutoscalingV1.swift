// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.autoscaling.v1`.
    static let autoscalingV1: StaticString = """
        =CrossVersionObjectReference A
        apiVersion 3 s
        kind 1 s a r
        name 2 s a r
        =HorizontalPodAutoscaler K=autoscaling/v1/HorizontalPodAutoscaler
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .HorizontalPodAutoscalerSpec r
        status 3 .HorizontalPodAutoscalerStatus
        =HorizontalPodAutoscalerList K=autoscaling/v1/HorizontalPodAutoscalerList
        apiVersion 0 s
        items 2 [.HorizontalPodAutoscaler a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =HorizontalPodAutoscalerSpec
        maxReplicas 3 i a r D=0
        minReplicas 2 i p
        scaleTargetRef 1 .CrossVersionObjectReference a r
        targetCPUUtilizationPercentage 4 i p
        =HorizontalPodAutoscalerStatus
        currentCPUUtilizationPercentage 5 i p
        currentReplicas 3 i a r D=0
        desiredReplicas 4 i a r D=0
        lastScaleTime 2 t p
        observedGeneration 1 l p
        =Scale K=autoscaling/v1/Scale
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ScaleSpec
        status 3 .ScaleStatus
        =ScaleSpec
        replicas 1 i D=0
        =ScaleStatus
        replicas 1 i a r D=0
        selector 2 s
        =ContainerResourceMetricSource
        name 1 s
        targetAverageUtilization 2 i
        targetAverageValue 3 q
        container 5 s
        =ContainerResourceMetricStatus
        name 1 s
        currentAverageUtilization 2 i
        currentAverageValue 3 q
        container 4 s
        =ExternalMetricSource
        metricName 1 s
        metricSelector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector
        targetValue 3 q
        targetAverageValue 4 q
        =ExternalMetricStatus
        metricName 1 s
        metricSelector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector
        currentValue 3 q
        currentAverageValue 4 q
        =HorizontalPodAutoscalerCondition
        type 1 s
        status 2 s
        lastTransitionTime 3 t
        reason 4 s
        message 5 s
        =MetricSpec
        type 1 s
        object 2 .ObjectMetricSource
        pods 3 .PodsMetricSource
        resource 4 .ResourceMetricSource
        containerResource 7 .ContainerResourceMetricSource
        external 5 .ExternalMetricSource
        =MetricStatus
        type 1 s
        object 2 .ObjectMetricStatus
        pods 3 .PodsMetricStatus
        resource 4 .ResourceMetricStatus
        containerResource 7 .ContainerResourceMetricStatus
        external 5 .ExternalMetricStatus
        =ObjectMetricSource
        target 1 .CrossVersionObjectReference
        metricName 2 s
        targetValue 3 q
        selector 4 :apimachinery.pkg.apis.meta.v1.LabelSelector
        averageValue 5 q
        =ObjectMetricStatus
        target 1 .CrossVersionObjectReference
        metricName 2 s
        currentValue 3 q
        selector 4 :apimachinery.pkg.apis.meta.v1.LabelSelector
        averageValue 5 q
        =PodsMetricSource
        metricName 1 s
        targetAverageValue 2 q
        selector 3 :apimachinery.pkg.apis.meta.v1.LabelSelector
        =PodsMetricStatus
        metricName 1 s
        currentAverageValue 2 q
        selector 3 :apimachinery.pkg.apis.meta.v1.LabelSelector
        =ResourceMetricSource
        name 1 s
        targetAverageUtilization 2 i
        targetAverageValue 3 q
        =ResourceMetricStatus
        name 1 s
        currentAverageUtilization 2 i
        currentAverageValue 3 q
        """
}
