// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.admissionregistration.v1`.
    static let admissionregistrationV1: StaticString = """
        =ApplyConfiguration
        expression 1 s
        =AuditAnnotation
        key 1 s a r
        valueExpression 2 s a r
        =ExpressionWarning
        fieldRef 2 s a r
        warning 3 s a r
        =JSONPatch
        expression 1 s
        =MatchCondition
        expression 2 s a r
        name 1 s a r
        =MatchResources A
        excludeResourceRules 4 [.NamedRuleWithOperations La
        matchPolicy 7 s p
        namespaceSelector 1 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        objectSelector 2 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        resourceRules 3 [.NamedRuleWithOperations La
        =MutatingAdmissionPolicy K=admissionregistration.k8s.io/v1/MutatingAdmissionPolicy
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .MutatingAdmissionPolicySpec
        =MutatingAdmissionPolicyBinding K=admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .MutatingAdmissionPolicyBindingSpec
        =MutatingAdmissionPolicyBindingList K=admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBindingList
        apiVersion 0 s
        items 2 [.MutatingAdmissionPolicyBinding a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =MutatingAdmissionPolicyBindingSpec
        matchResources 3 .MatchResources p
        paramRef 2 .ParamRef p
        policyName 1 s
        =MutatingAdmissionPolicyList K=admissionregistration.k8s.io/v1/MutatingAdmissionPolicyList
        apiVersion 0 s
        items 2 [.MutatingAdmissionPolicy a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =MutatingAdmissionPolicySpec
        failurePolicy 5 s p
        matchConditions 6 [.MatchCondition Lm=name M=name S=merge
        matchConstraints 2 .MatchResources p
        mutations 4 [.Mutation La
        paramKind 1 .ParamKind p
        reinvocationPolicy 7 s
        variables 3 [.Variable La
        =MutatingWebhook
        admissionReviewVersions 8 [s a r La
        clientConfig 2 .WebhookClientConfig a r
        failurePolicy 4 s p
        matchConditions 12 [.MatchCondition Lm=name M=name S=merge
        matchPolicy 9 s p
        name 1 s a r
        namespaceSelector 5 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        objectSelector 11 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        reinvocationPolicy 10 s p
        rules 3 [.RuleWithOperations La
        sideEffects 6 s p a r
        timeoutSeconds 7 i p
        =MutatingWebhookConfiguration K=admissionregistration.k8s.io/v1/MutatingWebhookConfiguration
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        webhooks 2 [.MutatingWebhook Lm=name M=name S=merge
        =MutatingWebhookConfigurationList K=admissionregistration.k8s.io/v1/MutatingWebhookConfigurationList
        apiVersion 0 s
        items 2 [.MutatingWebhookConfiguration a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =Mutation
        applyConfiguration 3 .ApplyConfiguration p
        jsonPatch 4 .JSONPatch p
        patchType 2 s a r
        =NamedRuleWithOperations A
        apiGroups 0 [s La
        apiVersions 0 [s La
        operations 0 [s La
        resourceNames 1 [s La
        resources 0 [s La
        scope 0 s
        ~2 .RuleWithOperations
        =ParamKind A
        apiVersion 1 s
        kind 2 s
        =ParamRef A
        name 1 s
        namespace 2 s
        parameterNotFoundAction 4 s p
        selector 3 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        =RuleWithOperations
        apiGroups 0 [s La
        apiVersions 0 [s La
        operations 1 [s La
        resources 0 [s La
        scope 0 s p
        ~2 .Rule
        =ServiceReference
        name 2 s a r
        namespace 1 s a r
        path 3 s p
        port 4 i p
        =TypeChecking
        expressionWarnings 1 [.ExpressionWarning La
        =ValidatingAdmissionPolicy K=admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ValidatingAdmissionPolicySpec
        status 3 .ValidatingAdmissionPolicyStatus
        =ValidatingAdmissionPolicyBinding K=admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .ValidatingAdmissionPolicyBindingSpec r
        =ValidatingAdmissionPolicyBindingList K=admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBindingList
        apiVersion 0 s
        items 2 [.ValidatingAdmissionPolicyBinding a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ValidatingAdmissionPolicyBindingSpec
        matchResources 3 .MatchResources p
        paramRef 2 .ParamRef p
        policyName 1 s r
        validationActions 4 [s r Ls
        =ValidatingAdmissionPolicyList K=admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyList
        apiVersion 0 s
        items 2 [.ValidatingAdmissionPolicy a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =ValidatingAdmissionPolicySpec
        auditAnnotations 5 [.AuditAnnotation La
        failurePolicy 4 s p
        matchConditions 6 [.MatchCondition Lm=name M=name S=merge
        matchConstraints 2 .MatchResources p
        paramKind 1 .ParamKind p
        validations 3 [.Validation La
        variables 7 [.Variable Lm=name M=name S=merge
        =ValidatingAdmissionPolicyStatus
        conditions 3 [:apimachinery.pkg.apis.meta.v1.Condition Lm=type
        observedGeneration 1 l
        typeChecking 2 .TypeChecking p
        =ValidatingWebhook
        admissionReviewVersions 8 [s a r La
        clientConfig 2 .WebhookClientConfig a r
        failurePolicy 4 s p
        matchConditions 11 [.MatchCondition Lm=name M=name S=merge
        matchPolicy 9 s p
        name 1 s a r
        namespaceSelector 5 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        objectSelector 10 :apimachinery.pkg.apis.meta.v1.LabelSelector p
        rules 3 [.RuleWithOperations La
        sideEffects 6 s p a r
        timeoutSeconds 7 i p
        =ValidatingWebhookConfiguration K=admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        webhooks 2 [.ValidatingWebhook Lm=name M=name S=merge
        =ValidatingWebhookConfigurationList K=admissionregistration.k8s.io/v1/ValidatingWebhookConfigurationList
        apiVersion 0 s
        items 2 [.ValidatingWebhookConfiguration a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =Validation
        expression 1 s a r
        message 2 s
        messageExpression 4 s
        reason 3 s p
        =Variable A
        expression 2 s a r
        name 1 s a r
        =WebhookClientConfig
        caBundle 2 B
        service 1 .ServiceReference p
        url 3 s p
        =Rule
        apiGroups 1 [s La
        apiVersions 2 [s La
        resources 3 [s La
        scope 4 s p
        """
}
