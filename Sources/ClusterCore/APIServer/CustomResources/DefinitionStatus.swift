import API
import JSON
import Machinery

/// Decides what the status of a CustomResourceDefinition must say. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/controller/status/naming_controller.go`,
///   `establish/establishing_controller.go`, `apiapproval/apiapproval_controller.go`.
enum DefinitionStatus {
    /// The definition with its names and conditions settled.
    ///
    /// - Parameter others: Every other definition of the server; those of the same group hold names.
    static func settled(_ definition: JSONValue, among others: [JSONValue], now: Timestamp) -> JSONValue {
        var result = definition
        let wanted = definition["spec"]?["names"] ?? [:]
        let accepted = definition["status"]?["acceptedNames"] ?? [:]
        if wanted != accepted || condition(definition, "NamesAccepted") == nil {
            let (names, finding) = settleNames(definition, among: others)
            result[path: ["status", "acceptedNames"]] = names
            set(&result, finding, now)
        }
        let isAccepted = condition(result, "NamesAccepted")?["status"]?.string == "True"
        if condition(result, "Established")?["status"]?.string != "True" {
            set(
                &result,
                isAccepted
                    ? Finding("Established", "True", "InitialNamesAccepted", "the initial names have been accepted")
                    : Finding("Established", "False", "NotAccepted", "not all names are accepted"), now)
        }
        if DefinitionApproval.isProtected(definition["spec"]?["group"]?.string ?? "") { approve(&result, now) }
        return result
    }

    struct Finding {
        var type: String
        var status: String
        var reason: String
        var message: String

        init(_ type: String, _ status: String, _ reason: String, _ message: String) {
            self.type = type
            self.status = status
            self.reason = reason
            self.message = message
        }
    }

    static func condition(_ definition: JSONValue, _ type: String) -> JSONValue? {
        definition["status"]?["conditions"]?.array?.first { $0["type"]?.string == type }
    }

    /// Writes a condition; its time moves when its status does.
    static func set(_ definition: inout JSONValue, _ finding: Finding, _ now: Timestamp) {
        var conditions = definition["status"]?["conditions"]?.array ?? []
        let old = conditions.firstIndex { $0["type"]?.string == finding.type }
        let isSame = old.map { conditions[$0]["status"]?.string == finding.status } ?? false
        let time = isSame ? old.flatMap { conditions[$0]["lastTransitionTime"] } : nil
        let new: JSONValue = [
            "type": .string(finding.type), "status": .string(finding.status),
            "lastTransitionTime": time ?? .string(now.description), "reason": .string(finding.reason),
            "message": .string(finding.message),
        ]
        if let old { conditions[old] = new } else { conditions.append(new) }
        definition[path: ["status", "conditions"]] = .array(conditions)
    }

    private static func settleNames(_ definition: JSONValue, among others: [JSONValue]) -> (JSONValue, Finding) {
        let group = definition["spec"]?["group"]
        let wanted = definition["spec"]?["names"] ?? [:]
        let accepted = definition["status"]?["acceptedNames"] ?? [:]
        var resources: Set<String> = []
        var kinds: Set<String> = []
        for other in others + [definition] where other["spec"]?["group"] == group {
            let names = other["status"]?["acceptedNames"] ?? [:]
            for name in ["plural", "singular"] { resources.insert(names[name]?.string ?? "") }
            resources.formUnion(names["shortNames"]?.array?.compactMap(\.string) ?? [])
            for name in ["kind", "listKind"] { kinds.insert(names[name]?.string ?? "") }
        }
        var result = accepted
        var finding = Finding("NamesAccepted", "True", "NoConflicts", "no conflicts found")
        func settle(_ name: String, _ used: Set<String>, _ reason: String) {
            let text = wanted[name]?.string ?? ""
            if text == accepted[name]?.string ?? "" || !used.contains(text) {
                result[name] = wanted[name]
            } else {
                finding = Finding("NamesAccepted", "False", reason, "\"\(text)\" is already in use")
            }
        }
        settle("plural", resources, "PluralConflict")
        settle("singular", resources, "SingularConflict")
        let mine = Set(accepted["shortNames"]?.array?.compactMap(\.string) ?? []).union(
            [accepted["plural"]?.string, accepted["singular"]?.string].compactMap { $0 })
        let taken = (wanted["shortNames"]?.array?.compactMap(\.string) ?? []).filter {
            !mine.contains($0) && resources.contains($0)
        }
        if taken.isEmpty {
            result["shortNames"] = wanted["shortNames"]
        } else {
            let all = taken.map { "\"\($0)\" is already in use" }
            finding = Finding(
                "NamesAccepted", "False", "ShortNamesConflict",
                all.count == 1 ? all[0] : "[\(all.joined(separator: ", "))]")
        }
        settle("kind", kinds, "KindConflict")
        settle("listKind", kinds, "ListKindConflict")
        result["categories"] = wanted["categories"]
        return (result, finding)
    }

    private static func approve(_ definition: inout JSONValue, _ now: Timestamp) {
        let text = definition["metadata"]?["annotations"]?[DefinitionApproval.annotation]?.string ?? ""
        let type = "KubernetesAPIApprovalPolicyConformant"
        let finding: Finding
        if text.isEmpty {
            finding = Finding(
                type, "False", "MissingAnnotation",
                "protected groups must have approval annotation \"\(DefinitionApproval.annotation)\", see "
                    + "https://github.com/kubernetes/enhancements/pull/1111")
        } else if text.hasPrefix("unapproved") {
            finding = Finding(type, "False", "UnapprovedAnnotation", "not approved: \"\(text)\"")
        } else {
            finding = Finding(type, "True", "ApprovedAnnotation", "approved in \(text)")
        }
        if let old = condition(definition, type), old["reason"]?.string == finding.reason { return }
        set(&definition, finding, now)
    }

    // MARK: - Deletion

    /// The definition as its delete begins: it waits until its objects are gone.
    static func terminating(_ definition: JSONValue, now: Timestamp) -> JSONValue {
        guard definition["metadata"]?["deletionTimestamp"]?.string == nil else { return definition }
        var result = definition
        var finalizers = definition["metadata"]?["finalizers"]?.array ?? []
        if !finalizers.contains(.string(CustomKinds.finalizer)) { finalizers.append(.string(CustomKinds.finalizer)) }
        result[path: ["metadata", "finalizers"]] = .array(finalizers)
        set(
            &result,
            Finding(
                "Terminating", "True", "InstanceDeletionPending",
                "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"), now)
        return result
    }

    static let deletionInProgress = Finding(
        "Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
    static let deletionCompleted = Finding(
        "Terminating", "False", "InstanceDeletionCompleted", "removed all instances")
}
