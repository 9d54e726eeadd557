// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.autoscaling.v2`.
    static let autoscalingV2: StaticString = """
        =ContainerResourceMetricSource
        container 3 s a r
        name 1 s a r
        target 2 .MetricTarget a r
        =ContainerResourceMetricStatus
        container 3 s a r
        current 2 .MetricValueStatus a r
        name 1 s a r
        =CrossVersionObjectReference
        apiVersion 3 s
        kind 1 s a r
        name 2 s a r
        =ExternalMetricSource
        metric 1 .MetricIdentifier a r
        target 2 .MetricTarget a r
        =ExternalMetricStatus
        current 2 .MetricValueStatus a r
        metric 1 .MetricIdentifier a r
        =HPAScalingPolicy
        periodSeconds 3 i a r D=0
        type 1 s a r
        value 2 i a r D=0
        =HPAScalingRules
        policies 2 [.HPAScalingPolicy La
        selectPolicy 1 s p
        stabilizationWindowSeconds 3 i p
        tolerance 4 q p
        =HorizontalPodAutoscaler K=autoscaling/v2/HorizontalPodAutoscaler
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .HorizontalPodAutoscalerSpec r
        status 3 .HorizontalPodAutoscalerStatus
        =HorizontalPodAutoscalerBehavior
        scaleDown 2 .HPAScalingRules p
        scaleUp 1 .HPAScalingRules p
        =HorizontalPodAutoscalerCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s a r
        type 1 s a r
        =HorizontalPodAutoscalerList K=autoscaling/v2/HorizontalPodAutoscalerList
        apiVersion 0 s
        items 2 [.HorizontalPodAutoscaler a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =HorizontalPodAutoscalerSpec
        behavior 5 .HorizontalPodAutoscalerBehavior p
        maxReplicas 3 i a r D=0
        metrics 4 [.MetricSpec La
        minReplicas 2 i p
        scaleTargetRef 1 .CrossVersionObjectReference a r
        =HorizontalPodAutoscalerStatus
        conditions 6 [.HorizontalPodAutoscalerCondition Lm=type M=type S=merge
        currentMetrics 5 [.MetricStatus a La
        currentReplicas 3 i
        desiredReplicas 4 i a r D=0
        lastScaleTime 2 t p
        observedGeneration 1 l p
        =MetricIdentifier
        name 1 s a r
        selector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        =MetricSpec
        containerResource 7 .ContainerResourceMetricSource p
        external 5 .ExternalMetricSource p
        object 2 .ObjectMetricSource p
        pods 3 .PodsMetricSource p
        resource 4 .ResourceMetricSource p
        type 1 s a r
        =MetricStatus
        containerResource 7 .ContainerResourceMetricStatus p
        external 5 .ExternalMetricStatus p
        object 2 .ObjectMetricStatus p
        pods 3 .PodsMetricStatus p
        resource 4 .ResourceMetricStatus p
        type 1 s a r
        =MetricTarget
        averageUtilization 4 i p
        averageValue 3 q p
        type 1 s a r
        value 2 q p
        =MetricValueStatus
        averageUtilization 3 i p
        averageValue 2 q p
        value 1 q p
        =ObjectMetricSource
        describedObject 1 .CrossVersionObjectReference a r
        metric 3 .MetricIdentifier a r
        target 2 .MetricTarget a r
        =ObjectMetricStatus
        current 2 .MetricValueStatus a r
        describedObject 3 .CrossVersionObjectReference a r
        metric 1 .MetricIdentifier a r
        =PodsMetricSource
        metric 1 .MetricIdentifier a r
        target 2 .MetricTarget a r
        =PodsMetricStatus
        current 2 .MetricValueStatus a r
        metric 1 .MetricIdentifier a r
        =ResourceMetricSource
        name 1 s a r
        target 2 .MetricTarget a r
        =ResourceMetricStatus
        current 2 .MetricValueStatus a r
        name 1 s a r
        """
}
