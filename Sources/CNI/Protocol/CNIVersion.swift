/// A version of the CNI specification that the plugin speaks; the config's own version decides the shape of the result.
package enum CNIVersion: String, Hashable, Sendable, CaseIterable, Comparable {
    case v010 = "0.1.0"
    case v020 = "0.2.0"
    case v030 = "0.3.0"
    case v031 = "0.3.1"
    case v040 = "0.4.0"
    case v100 = "1.0.0"
    case v110 = "1.1.0"

    package static let newest = v110
    /// What a config without `cniVersion` means to every runtime's library.
    package static let implied = v010

    /// Where the version stands in the history of the specification, from zero.
    private var age: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: CNIVersion, right: CNIVersion) -> Bool { left.age < right.age }

    /// The first version that has the command.
    package static func introducing(_ command: CNICommand) -> CNIVersion {
        switch command {
        case .add, .delete, .version: v010
        case .check: v040
        case .garbageCollect, .status: v110
        }
    }
}

/// `CNI_COMMAND`.
package enum CNICommand: String, Hashable, Sendable, CaseIterable {
    case add = "ADD"
    case delete = "DEL"
    case check = "CHECK"
    case garbageCollect = "GC"
    case status = "STATUS"
    case version = "VERSION"

    /// Variables that must be set and not empty, as the specification's own library asks for them.
    ///
    /// - SeeAlso: containernetworking/cni 1.3 `pkg/skel/skel.go`.
    package var requiredVariables: [String] {
        switch self {
        case .add, .check: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"]
        case .delete: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"]
        case .garbageCollect, .status: ["CNI_PATH"]
        case .version: []
        }
    }
}
