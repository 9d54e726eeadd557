import JSON

/// What the writer of a kind with a pod template should know although it is valid.
///
/// - SeeAlso: Kubernetes 1.36 `WarningsOnCreate` of `pkg/registry/{apps,batch}/*/strategy.go`, `pkg/api/job/warnings.go`.
enum WorkloadWarnings {
    private static let manyCompletions: Int64 = 100_000
    private static let highParallelism: Int64 = 10_000

    /// Pods are named after the object.
    static func name(_ object: JSONValue) -> [String] {
        let messages = NameValidation.dns1123Label(object["metadata"]?.text("name") ?? "")
        if messages.isEmpty { return [] }
        return [
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is "
                + "recommended: [\(messages.joined(separator: " "))]"
        ]
    }

    static func template(_ object: JSONValue) -> [String] {
        PodWarnings.template(object["spec"]?["template"], FieldPath("spec")("template"))
    }

    static func job(_ spec: JSONValue, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        if JobValidation.isIndexed(spec), spec["completions"]?.int ?? 0 > manyCompletions,
            spec["parallelism"]?.int ?? 0 > highParallelism
        {
            warnings.append(
                "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes "
                    + "might not be able to track completedIndexes when a big number of indexes fail")
        }
        return warnings + PodWarnings.template(spec["template"], path("template"))
    }
}
