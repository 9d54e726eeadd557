// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.flowcontrol.v1`.
    static let flowcontrolV1: StaticString = """
        =ExemptPriorityLevelConfiguration
        lendablePercent 2 i p
        nominalConcurrencyShares 1 i p
        =FlowDistinguisherMethod
        type 1 s a r
        =FlowSchema K=flowcontrol.apiserver.k8s.io/v1/FlowSchema
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .FlowSchemaSpec
        status 3 .FlowSchemaStatus
        =FlowSchemaCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s
        type 1 s
        =FlowSchemaList K=flowcontrol.apiserver.k8s.io/v1/FlowSchemaList
        apiVersion 0 s
        items 2 [.FlowSchema a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =FlowSchemaSpec
        distinguisherMethod 3 .FlowDistinguisherMethod p
        matchingPrecedence 2 i a D=0
        priorityLevelConfiguration 1 .PriorityLevelConfigurationReference a r
        rules 4 [.PolicyRulesWithSubjects La
        =FlowSchemaStatus
        conditions 1 [.FlowSchemaCondition Lm=type M=type S=merge
        =GroupSubject
        name 1 s a r
        =LimitResponse
        queuing 2 .QueuingConfiguration p
        type 1 s a r
        =LimitedPriorityLevelConfiguration
        borrowingLimitPercent 4 i p
        lendablePercent 3 i p
        limitResponse 2 .LimitResponse
        nominalConcurrencyShares 1 i p a
        =NonResourcePolicyRule
        nonResourceURLs 6 [s a r Ls
        verbs 1 [s a r Ls
        =PolicyRulesWithSubjects
        nonResourceRules 3 [.NonResourcePolicyRule La
        resourceRules 2 [.ResourcePolicyRule La
        subjects 1 [.Subject a r La
        =PriorityLevelConfiguration K=flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .PriorityLevelConfigurationSpec
        status 3 .PriorityLevelConfigurationStatus
        =PriorityLevelConfigurationCondition
        lastTransitionTime 3 t
        message 5 s
        reason 4 s
        status 2 s
        type 1 s
        =PriorityLevelConfigurationList K=flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfigurationList
        apiVersion 0 s
        items 2 [.PriorityLevelConfiguration a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =PriorityLevelConfigurationReference
        name 1 s a r
        =PriorityLevelConfigurationSpec
        exempt 3 .ExemptPriorityLevelConfiguration p
        limited 2 .LimitedPriorityLevelConfiguration p
        type 1 s a r
        =PriorityLevelConfigurationStatus
        conditions 1 [.PriorityLevelConfigurationCondition Lm=type M=type S=merge
        =QueuingConfiguration
        handSize 2 i a D=0
        queueLengthLimit 3 i a D=0
        queues 1 i a D=0
        =ResourcePolicyRule
        apiGroups 2 [s a r Ls
        clusterScope 4 b
        namespaces 5 [s a Ls
        resources 3 [s a r Ls
        verbs 1 [s a r Ls
        =ServiceAccountSubject
        name 2 s a r
        namespace 1 s a r
        =Subject
        group 3 .GroupSubject p
        kind 1 s a r
        serviceAccount 4 .ServiceAccountSubject p
        user 2 .UserSubject p
        =UserSubject
        name 1 s a r
        """
}
