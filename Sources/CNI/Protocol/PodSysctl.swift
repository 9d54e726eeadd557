import JSON

/// A kernel setting of the pod's network namespace, from `sysctl` of the configuration.
package struct PodSysctl: Hashable, Sendable {
    /// Parts of the path below `/proc/sys`; `IFNAME` stands for the pod's interface.
    private var parts: [String]
    package var value: String

    /// Reads `{"net.core.somaxconn": "500"}`. A key whose first separator is a slash may hold dots, as for sysctl(8).
    static func list(_ json: JSONValue?) throws(CNIFailure) -> [PodSysctl] {
        guard let json, !json.isNull else { return [] }
        guard let object = json.object else { throw NetworkConfiguration.wrongType("sysctl") }
        var result: [PodSysctl] = []
        for member in object {
            guard let value = member.value.string ?? member.value.int.map(String.init) else {
                throw NetworkConfiguration.wrongType("sysctl \(member.key)")
            }
            let separator = member.key.first { $0 == "." || $0 == "/" } ?? "."
            let parts = member.key.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
            let leavesFolder = parts.contains { ["", ".", ".."].contains($0) || $0.contains("/") }
            guard parts.count > 1, parts[0] == "net", !leavesFolder
            else {
                throw CNIFailure(
                    .invalidConfiguration, "sysctl \(member.key) is not a setting of a network namespace",
                    details: "only keys that begin with net are")
            }
            result.append(PodSysctl(parts: parts, value: value))
        }
        return result
    }

    /// The path below `/proc/sys`.
    package func path(interface: String) -> String {
        parts.map { $0 == "IFNAME" ? interface : $0 }.joined(separator: "/")
    }
}
