package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/resource/deviceclass/strategy.go`, `ValidateDeviceClass`.
package struct DeviceClassRules: KindRules {
    package let countsGenerations = true

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }
    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { check(new, old: old) }

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        let keepsConfig = old != nil && old?["spec"]?["config"] == spec["config"]
        var errors = DeviceClaimChecks.selectors(spec.elements("selectors"), path("selectors"))
        errors += DeviceChecks.list(spec.elements("config"), max: DeviceClaimChecks.listMax, path("config")) {
            DeviceClaimChecks.configuration($0, $1, isStored: keepsConfig)
        }
        if let name = spec["extendedResourceName"]?.string, !isExtendedResource(name) {
            errors.append(
                .invalid(path("extendedResourceName"), .string(name), "must be a valid extended resource name"))
        }
        return errors
    }

    private func isExtendedResource(_ name: String) -> Bool {
        guard name.contains("/"), !name.contains("kubernetes.io/"), !name.hasPrefix("requests.") else { return false }
        return NameValidation.qualifiedName("requests." + name).isEmpty
    }

    package let columns: [Column] = [.objectName, .age]
}
