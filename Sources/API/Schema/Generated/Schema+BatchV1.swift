// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.batch.v1`.
    static let batchV1: StaticString = """
        =CronJob K=batch/v1/CronJob
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .CronJobSpec r
        status 3 .CronJobStatus
        =CronJobList K=batch/v1/CronJobList
        apiVersion 0 s
        items 2 [.CronJob a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =CronJobSpec
        concurrencyPolicy 3 s
        failedJobsHistoryLimit 7 i p
        jobTemplate 5 .JobTemplateSpec a r
        schedule 1 s a r
        startingDeadlineSeconds 2 l p
        successfulJobsHistoryLimit 6 i p
        suspend 4 b p
        timeZone 8 s p
        =CronJobStatus
        active 1 [:api.core.v1.ObjectReference La
        lastScheduleTime 4 t p
        lastSuccessfulTime 5 t p
        =Job K=batch/v1/Job
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .JobSpec
        status 3 .JobStatus
        =JobCondition
        lastProbeTime 3 t
        lastTransitionTime 4 t
        message 6 s
        reason 5 s
        status 2 s a r
        type 1 s a r
        =JobList K=batch/v1/JobList
        apiVersion 0 s
        items 2 [.Job a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =JobSpec
        activeDeadlineSeconds 3 l p
        backoffLimit 7 i p
        backoffLimitPerIndex 12 i p
        completionMode 9 s p
        completions 2 i p
        managedBy 15 s p
        manualSelector 5 b p
        maxFailedIndexes 13 i p
        parallelism 1 i p
        podFailurePolicy 11 .PodFailurePolicy p
        podReplacementPolicy 14 s p
        selector 4 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        successPolicy 16 .SuccessPolicy p
        suspend 10 b p
        template 6 :api.core.v1.PodTemplateSpec a r
        ttlSecondsAfterFinished 8 i p
        =JobStatus
        active 4 i
        completedIndexes 7 s
        completionTime 3 t p
        conditions 1 [.JobCondition La M=type S=merge
        failed 6 i
        failedIndexes 10 s p
        ready 9 i p
        startTime 2 t p
        succeeded 5 i
        terminating 11 i p
        uncountedTerminatedPods 8 .UncountedTerminatedPods p
        =JobTemplateSpec
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .JobSpec
        =PodFailurePolicy
        rules 1 [.PodFailurePolicyRule a r La
        =PodFailurePolicyOnExitCodesRequirement
        containerName 1 s p
        operator 2 s a r
        values 3 [i a r Ls
        =PodFailurePolicyOnPodConditionsPattern
        status 2 s a
        type 1 s a r
        =PodFailurePolicyRule
        action 1 s a r
        onExitCodes 2 .PodFailurePolicyOnExitCodesRequirement p
        onPodConditions 3 [.PodFailurePolicyOnPodConditionsPattern La
        =SuccessPolicy
        rules 1 [.SuccessPolicyRule a r La
        =SuccessPolicyRule
        succeededCount 2 i p
        succeededIndexes 1 s p
        =UncountedTerminatedPods
        failed 2 [s Ls
        succeeded 1 [s Ls
        """
}
