/// One call of the plugin, validated: nothing here has touched the system yet.
package struct CNIRequest: Sendable {
    package var command: CNICommand
    /// Empty for commands without a container.
    package var containerID: String
    /// Path of the pod's network namespace; empty when DEL comes without one.
    package var namespacePath: String
    /// The interface's name inside the pod.
    package var interfaceName: String
    package var arguments: CNIArguments
    /// `CNI_NETNS_OVERRIDE`: the host's own namespace is really meant.
    package var allowsHostNamespace: Bool
    package var configuration: NetworkConfiguration

    /// Every variable that is read.
    package static let variables = [
        "CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH", "CNI_NETNS_OVERRIDE",
    ]

    /// - Parameters:
    ///   - environment: `CNI_*` variables.
    ///   - input: Gives what stands on standard input, the network's configuration; called when the environment is valid.
    package init(environment: [String: String], input: () throws(CNIFailure) -> [UInt8]) throws(CNIFailure) {
        let command = try Self.command(in: environment)
        self.command = command
        containerID = environment["CNI_CONTAINERID"] ?? ""
        namespacePath = environment["CNI_NETNS"] ?? ""
        interfaceName = environment["CNI_IFNAME"] ?? ""
        allowsHostNamespace = ["1", "true"].contains((environment["CNI_NETNS_OVERRIDE"] ?? "").lowercased())
        if command.requiredVariables.contains("CNI_CONTAINERID") {
            guard Self.isIdentifier(containerID) else {
                throw CNIFailure(
                    .invalidEnvironment, "invalid characters in containerID", details: "CNI_CONTAINERID=\(containerID)")
            }
            guard Self.isInterfaceName(interfaceName) else {
                throw CNIFailure(.invalidEnvironment, "invalid interface name", details: "CNI_IFNAME=\(interfaceName)")
            }
        }
        let configuration = try NetworkConfiguration(
            parsing: try input(), isLenient: command == .delete || command == .garbageCollect)
        self.configuration = configuration
        guard configuration.version >= CNIVersion.introducing(command) else {
            throw CNIFailure(
                .incompatibleVersion, "config version does not allow \(command.rawValue)",
                details: "config is \(configuration.version.rawValue), \(command.rawValue) exists since "
                    + CNIVersion.introducing(command).rawValue)
        }
        // DEL succeeds whatever the arguments say: it needs none of them.
        arguments = command == .delete ? try CNIArguments(parsing: "") : try CNIArguments(parsing: environment["CNI_ARGS"] ?? "")
    }

    /// The command, once every variable that it needs is there.
    private static func command(in environment: [String: String]) throws(CNIFailure) -> CNICommand {
        let text = environment["CNI_COMMAND"] ?? ""
        guard let command = CNICommand(rawValue: text) else {
            throw CNIFailure(.invalidEnvironment, "unknown CNI_COMMAND: \(text)")
        }
        let missing = command.requiredVariables.filter { (environment[$0] ?? "").isEmpty }
        guard missing.isEmpty else {
            throw CNIFailure(.invalidEnvironment, "required env variables [\(missing.joined(separator: ","))] missing")
        }
        return command
    }

    /// A letter or digit, then letters, digits, `_`, `.`, `-`.
    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || [0x2d, 0x2e, 0x5f].contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    /// What Linux accepts as the name of an interface.
    static func isInterfaceName(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    }
}
