import API

/// Values of a pod that it may show to its own containers.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/fieldpath/fieldpath.go`, `pkg/kubelet/kubelet_pods.go` (`podFieldSelectorRuntimeValue`).
struct DownwardFields: Sendable {
    var pod: Pod
    var podAddresses: [String]
    var nodeAddresses: [String]
    /// What a container without a limit may use: the node's allocatable.
    var nodeAllocatable: ResourceList = [:]

    /// Nil for a path that does not exist.
    func value(_ path: String) -> String? {
        switch path {
        case "metadata.name": return pod.metadata.name
        case "metadata.namespace": return pod.metadata.namespace
        case "metadata.uid": return pod.metadata.uid
        case "metadata.labels": return Self.lines(pod.metadata.labels)
        case "metadata.annotations": return Self.lines(pod.metadata.annotations)
        case "spec.nodeName": return pod.spec.nodeName
        case "spec.serviceAccountName": return pod.spec.serviceAccountName
        case "status.podIP": return podAddresses.first ?? ""
        case "status.podIPs": return podAddresses.joined(separator: ",")
        case "status.hostIP": return nodeAddresses.first ?? ""
        case "status.hostIPs": return nodeAddresses.joined(separator: ",")
        default: break
        }
        for (prefix, map) in [("metadata.labels['", pod.metadata.labels), ("metadata.annotations['", pod.metadata.annotations)]
        where path.hasPrefix(prefix) && path.hasSuffix("']") {
            return map[String(path.dropFirst(prefix.count).dropLast(2))] ?? ""
        }
        return nil
    }

    /// `limits.cpu`, `requests.memory`, ... divided by the divisor, rounded up; nil for an unknown resource or container.
    func resource(_ name: String, container: Container, divisor: Quantity?) -> String? {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let list = parts[0] == "limits" ? container.resources.limits : container.resources.requests
        let fallback = parts[0] == "limits" ? nodeAllocatable[parts[1]] : nil
        let amount = list[parts[1]] ?? container.resources.limits[parts[1]] ?? fallback ?? .zero
        let unit = divisor.flatMap { $0.isZero ? nil : $0 } ?? Quantity(1)
        let (quotient, remainder) = amount.nanos.quotientAndRemainder(dividingBy: unit.nanos)
        return "\(remainder > 0 ? quotient + 1 : quotient)"
    }

    /// `key="value"` per line in order of key, as upstream prints maps.
    private static func lines(_ map: [String: String]) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted($0.value))" }.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
