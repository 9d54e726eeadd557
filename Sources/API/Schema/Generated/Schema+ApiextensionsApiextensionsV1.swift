// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `apiextensions-apiserver.pkg.apis.apiextensions.v1`.
    static let apiextensionsApiextensionsV1: StaticString = """
        =CustomResourceColumnDefinition
        description 4 s
        format 3 s
        jsonPath 6 s a r
        name 1 s a r
        priority 5 i
        type 2 s a r
        =CustomResourceConversion
        strategy 1 s a r
        webhook 2 .WebhookConversion p
        =CustomResourceDefinition K=apiextensions.k8s.io/v1/CustomResourceDefinition
        apiVersion 0 s
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        spec 2 .CustomResourceDefinitionSpec a r
        status 3 .CustomResourceDefinitionStatus
        =CustomResourceDefinitionCondition
        lastTransitionTime 3 t
        message 5 s
        observedGeneration 6 l
        reason 4 s
        status 2 s a r
        type 1 s a r
        =CustomResourceDefinitionList K=apiextensions.k8s.io/v1/CustomResourceDefinitionList
        apiVersion 0 s
        items 2 [.CustomResourceDefinition a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =CustomResourceDefinitionNames
        categories 6 [s La
        kind 4 s a r
        listKind 5 s
        plural 1 s a r
        shortNames 3 [s La
        singular 2 s
        =CustomResourceDefinitionSpec
        conversion 9 .CustomResourceConversion p
        group 1 s a r
        names 3 .CustomResourceDefinitionNames a r
        preserveUnknownFields 10 b
        scope 4 s a r
        versions 7 [.CustomResourceDefinitionVersion a r La
        =CustomResourceDefinitionStatus
        acceptedNames 2 .CustomResourceDefinitionNames a
        conditions 1 [.CustomResourceDefinitionCondition a Lm=type
        observedGeneration 4 l
        storedVersions 3 [s a La
        =CustomResourceDefinitionVersion
        additionalPrinterColumns 6 [.CustomResourceColumnDefinition La
        deprecated 7 b
        deprecationWarning 8 s p
        name 1 s a r
        schema 4 .CustomResourceValidation p
        selectableFields 9 [.SelectableField La
        served 2 b a r D=false
        storage 3 b a r D=false
        subresources 5 .CustomResourceSubresources p
        =CustomResourceSubresourceScale
        labelSelectorPath 3 s p
        specReplicasPath 1 s a r
        statusReplicasPath 2 s a r
        =CustomResourceSubresources
        scale 2 .CustomResourceSubresourceScale p
        status 1 J p
        =CustomResourceValidation
        openAPIV3Schema 1 .JSONSchemaProps p
        =ExternalDocumentation
        description 1 s
        url 2 s
        =JSONSchemaProps
        $ref 3 s p
        $schema 2 s
        additionalItems 33 P p
        additionalProperties 30 P p
        allOf 25 [.JSONSchemaProps La
        anyOf 27 [.JSONSchemaProps La
        default 8 J p
        definitions 34 {.JSONSchemaProps
        dependencies 32 {S
        description 4 s
        enum 20 [J La
        example 36 J p
        exclusiveMaximum 10 b
        exclusiveMinimum 12 b
        externalDocs 35 .ExternalDocumentation p
        format 6 s
        id 1 s
        items 24 O p
        maxItems 16 l p
        maxLength 13 l p
        maxProperties 21 l p
        maximum 9 d p
        minItems 17 l p
        minLength 14 l p
        minProperties 22 l p
        minimum 11 d p
        multipleOf 19 d p
        not 28 .JSONSchemaProps p
        nullable 37 b
        oneOf 26 [.JSONSchemaProps La
        pattern 15 s
        patternProperties 31 {.JSONSchemaProps
        properties 29 {.JSONSchemaProps
        required 23 [s La
        title 7 s
        type 5 s
        uniqueItems 18 b
        x-kubernetes-embedded-resource 39 b
        x-kubernetes-int-or-string 40 b
        x-kubernetes-list-map-keys 41 [s La
        x-kubernetes-list-type 42 s p
        x-kubernetes-map-type 43 s p
        x-kubernetes-preserve-unknown-fields 38 b p
        x-kubernetes-validations 44 [.ValidationRule Lm=rule M=rule S=merge
        =SelectableField
        jsonPath 1 s a r
        =ServiceReference
        name 2 s a r
        namespace 1 s a r
        path 3 s p
        port 4 i p
        =ValidationRule
        fieldPath 5 s
        message 2 s
        messageExpression 3 s
        optionalOldSelf 6 b p
        reason 4 s p
        rule 1 s a r
        =WebhookClientConfig
        caBundle 2 B
        service 1 .ServiceReference p
        url 3 s p
        =WebhookConversion
        clientConfig 2 .WebhookClientConfig p
        conversionReviewVersions 3 [s a r La
        =ConversionRequest
        uid 1 s
        desiredAPIVersion 2 s
        objects 3 [R
        =ConversionResponse
        uid 1 s
        convertedObjects 2 [R
        result 3 :apimachinery.pkg.apis.meta.v1.Status
        =ConversionReview
        request 1 .ConversionRequest
        response 2 .ConversionResponse
        """
}
