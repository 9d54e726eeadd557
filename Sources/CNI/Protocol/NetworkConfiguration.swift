package import JSON
package import NetworkTypes

/// The configuration that stands on standard input. Keys that are not ours are left alone.
package struct NetworkConfiguration: Sendable {
    package var version: CNIVersion
    package var name: String
    package var type: String
    /// What may be given to pods.
    package var pool: SlotPool
    /// Bytes; nil takes the MTU of the interface that leads out of the host.
    package var mtu: UInt32?
    /// What the result says about names.
    package var dns: JSONValue?
    package var previousResult: JSONValue?
    /// Addresses asked for by `runtimeConfig.ips` or `args.cni.ips`.
    package var requestedAddresses: [IPAddress]
    /// `runtimeConfig.mac` or `args.cni.mac`.
    package var requestedMAC: MACAddress?
    package var portMappings: [PortMapping]
    package var bandwidth: BandwidthLimits?
    package var sysctls: [PodSysctl]
    package var masquerade: Masquerade?
    /// Destinations that the pod reaches through this network; nil: all.
    package var destinations: [CIDR]?
    /// `forwarding`: whether ADD lets the host pass packets on when it does not.
    package var enablesForwarding: Bool
    /// For GC: the attachments to keep. Nil when the runtime did not say, which is not the same as none.
    package var validAttachments: [Attachment]?

    /// - Parameter isLenient: Takes what cannot be read for absent, so that nothing keeps a DEL from its work.
    package init(parsing input: [UInt8], isLenient: Bool = false) throws(CNIFailure) {
        let json: JSONValue
        do { json = try JSONParser.parse(input) } catch {
            throw CNIFailure(.notDecodable, "could not parse network configuration", details: error.description)
        }
        guard json.object != nil else {
            throw CNIFailure(.notDecodable, "could not parse network configuration", details: "it is not an object")
        }
        let version = try Self.version(in: json)
        do throws(CNIFailure) { try self.init(json, version, isLenient: isLenient) } catch {
            var failure = error
            failure.version = version
            throw failure
        }
    }

    private init(_ json: JSONValue, _ version: CNIVersion, isLenient: Bool) throws(CNIFailure) {
        self.version = version
        name = try Self.text(json, "name")
        guard !name.isEmpty else { throw CNIFailure(.invalidConfiguration, "missing network name") }
        guard CNIRequest.isIdentifier(name) else {
            throw CNIFailure(.invalidConfiguration, "invalid characters found in network name", details: name)
        }
        func part<Part>(_ fallback: Part, _ read: () throws(CNIFailure) -> Part) throws(CNIFailure) -> Part {
            do throws(CNIFailure) { return try read() } catch {
                guard isLenient else { throw error }
                return fallback
            }
        }
        type = try part("") { () throws(CNIFailure) in try Self.text(json, "type") }
        mtu = try part(nil) { () throws(CNIFailure) in try Self.mtu(in: json) }
        let runtime = CaseInsensitiveObject(json["runtimeConfig"])
        pool = try part(SlotPool([])) { () throws(CNIFailure) in try SlotPool(json, runtime: runtime) }
        dns = Self.dns(json, runtime)
        previousResult = json["prevResult"]?.present
        let convention = json[path: ["args", "cni"]]
        requestedAddresses = try part([]) { () throws(CNIFailure) in
            try Self.addresses(runtime["ips"] ?? convention?["ips"])
        }
        requestedMAC = try part(nil) { () throws(CNIFailure) in try Self.mac(runtime["mac"] ?? convention?["mac"]) }
        portMappings = try part([]) { () throws(CNIFailure) in try PortMapping.list(runtime["portMappings"]) }
        bandwidth = try part(nil) { () throws(CNIFailure) in
            try BandwidthLimits(runtime: runtime["bandwidth"], configuration: json)
        }
        sysctls = try part([]) { () throws(CNIFailure) in try PodSysctl.list(json["sysctl"]) }
        masquerade = try part(nil) { () throws(CNIFailure) in try Masquerade(json) }
        destinations = try part(nil) { () throws(CNIFailure) in try Self.destinations(json["routes"]) }
        enablesForwarding = try part(true) { () throws(CNIFailure) in try Self.flag(json, "forwarding") ?? true }
        // The first text of specification 1.1.0 had the shorter key, and runtimes send both.
        let attachments = json["cni.dev/valid-attachments"]?.present ?? json["cni.dev/attachments"]?.present
        validAttachments = try attachments.map(Attachment.list)
    }

    /// One interface of one container.
    package struct Attachment: Hashable, Sendable {
        package var containerID: String
        package var interfaceName: String

        package init(containerID: String, interfaceName: String) {
            self.containerID = containerID
            self.interfaceName = interfaceName
        }

        static func list(_ json: JSONValue) throws(CNIFailure) -> [Attachment] {
            guard let entries = json.array else { throw NetworkConfiguration.wrongType("cni.dev/valid-attachments") }
            var result: [Attachment] = []
            for entry in entries {
                guard let container = entry["containerID"]?.string, let interface = entry["ifname"]?.string else {
                    throw NetworkConfiguration.wrongType("cni.dev/valid-attachments")
                }
                result.append(Attachment(containerID: container, interfaceName: interface))
            }
            return result
        }
    }
}
