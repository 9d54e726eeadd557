// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.apps.v1`.
    static let appsV1: StaticString = """
        =ControllerRevision K=apps/v1/ControllerRevision
        apiVersion 0 s
        data 2 R
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        revision 3 l a r D=0
        =ControllerRevisionList K=apps/v1/ControllerRevisionList
        apiVersion 0 s
        items 2 [.ControllerRevision a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =DaemonSet K=apps/v1/DaemonSet
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .DaemonSetSpec
        status 3 .DaemonSetStatus
        =DaemonSetCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s a r
        type 1 s a r
        =DaemonSetList K=apps/v1/DaemonSetList
        apiVersion 0 s
        items 2 [.DaemonSet a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =DaemonSetSpec
        minReadySeconds 4 i
        revisionHistoryLimit 6 i p
        selector 1 :apimachinery.pkg.apis.meta.v1.LabelSelector p a r
        template 2 :api.core.v1.PodTemplateSpec a r
        updateStrategy 3 .DaemonSetUpdateStrategy
        =DaemonSetStatus
        collisionCount 9 i p
        conditions 10 [.DaemonSetCondition Lm=type M=type S=merge
        currentNumberScheduled 1 i a r D=0
        desiredNumberScheduled 3 i a r D=0
        numberAvailable 7 i
        numberMisscheduled 2 i a r D=0
        numberReady 4 i a r D=0
        numberUnavailable 8 i
        observedGeneration 5 l
        updatedNumberScheduled 6 i
        =DaemonSetUpdateStrategy
        rollingUpdate 2 .RollingUpdateDaemonSet p
        type 1 s
        =Deployment K=apps/v1/Deployment
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .DeploymentSpec
        status 3 .DeploymentStatus
        =DeploymentCondition
        lastTransitionTime 7 t
        lastUpdateTime 6 t
        message 5 s
        reason 4 s
        status 2 s a r
        type 1 s a r
        =DeploymentList K=apps/v1/DeploymentList
        apiVersion 0 s
        items 2 [.Deployment a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =DeploymentSpec
        minReadySeconds 5 i
        paused 7 b
        progressDeadlineSeconds 9 i p
        replicas 1 i p
        revisionHistoryLimit 6 i p
        selector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p a r
        strategy 4 .DeploymentStrategy S=retainKeys
        template 3 :api.core.v1.PodTemplateSpec a r
        =DeploymentStatus
        availableReplicas 4 i
        collisionCount 8 i p
        conditions 6 [.DeploymentCondition Lm=type M=type S=merge
        observedGeneration 1 l
        readyReplicas 7 i
        replicas 2 i
        terminatingReplicas 9 i p
        unavailableReplicas 5 i
        updatedReplicas 3 i
        =DeploymentStrategy
        rollingUpdate 2 .RollingUpdateDeployment p
        type 1 s
        =ReplicaSet K=apps/v1/ReplicaSet
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ReplicaSetSpec
        status 3 .ReplicaSetStatus
        =ReplicaSetCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s a r
        type 1 s a r
        =ReplicaSetList K=apps/v1/ReplicaSetList
        apiVersion 0 s
        items 2 [.ReplicaSet a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ReplicaSetSpec
        minReadySeconds 4 i
        replicas 1 i p
        selector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p a r
        template 3 :api.core.v1.PodTemplateSpec
        =ReplicaSetStatus
        availableReplicas 5 i
        conditions 6 [.ReplicaSetCondition Lm=type M=type S=merge
        fullyLabeledReplicas 2 i
        observedGeneration 3 l
        readyReplicas 4 i
        replicas 1 i a r D=0
        terminatingReplicas 7 i p
        =RollingUpdateDaemonSet
        maxSurge 2 x p
        maxUnavailable 1 x p
        =RollingUpdateDeployment
        maxSurge 2 x p
        maxUnavailable 1 x p
        =RollingUpdateStatefulSetStrategy
        maxUnavailable 2 x p
        partition 1 i p
        =StatefulSet K=apps/v1/StatefulSet
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .StatefulSetSpec
        status 3 .StatefulSetStatus
        =StatefulSetCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s a r
        type 1 s a r
        =StatefulSetList K=apps/v1/StatefulSetList
        apiVersion 0 s
        items 2 [.StatefulSet a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =StatefulSetOrdinals
        start 1 i a D=0
        =StatefulSetPersistentVolumeClaimRetentionPolicy
        whenDeleted 1 s
        whenScaled 2 s
        =StatefulSetSpec
        minReadySeconds 9 i
        ordinals 11 .StatefulSetOrdinals p
        persistentVolumeClaimRetentionPolicy 10 .StatefulSetPersistentVolumeClaimRetentionPolicy p
        podManagementPolicy 6 s
        replicas 1 i p
        revisionHistoryLimit 8 i p
        selector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p a r
        serviceName 5 s a
        template 3 :api.core.v1.PodTemplateSpec a r
        updateStrategy 7 .StatefulSetUpdateStrategy
        volumeClaimTemplates 4 [:api.core.v1.PersistentVolumeClaim La
        =StatefulSetStatus
        availableReplicas 11 i a D=0
        collisionCount 9 i p
        conditions 10 [.StatefulSetCondition Lm=type M=type S=merge
        currentReplicas 4 i
        currentRevision 6 s
        observedGeneration 1 l
        readyReplicas 3 i
        replicas 2 i a r D=0
        updateRevision 7 s
        updatedReplicas 5 i
        =StatefulSetUpdateStrategy
        rollingUpdate 2 .RollingUpdateStatefulSetStrategy p
        type 1 s
        """
}
