package import JSON
package import NetworkTypes

/// The configuration that stands on standard input. Keys that are not ours are left alone.
package struct NetworkConfiguration: Sendable {
    package var version: CNIVersion
    package var name: String
    package var type: String
    /// What may be given to pods, in the order of the configuration.
    package var ranges: [AddressRange]
    /// Bytes; nil leaves the kernel's default.
    package var mtu: UInt32?
    package var dns: JSONValue?
    package var previousResult: JSONValue?
    /// Addresses asked for by `runtimeConfig.ips` or `args.cni.ips`.
    package var requestedAddresses: [IPAddress]
    /// `runtimeConfig.mac`.
    package var requestedMAC: MACAddress?
    /// For GC: the attachments to keep. Nil when the runtime did not say, which is not the same as none.
    package var validAttachments: [Attachment]?

    package init(parsing input: [UInt8]) throws(CNIFailure) {
        let json: JSONValue
        do { json = try JSONParser.parse(input) } catch {
            throw CNIFailure(.notDecodable, "could not parse network configuration", details: error.description)
        }
        guard json.object != nil else {
            throw CNIFailure(.notDecodable, "could not parse network configuration", details: "it is not an object")
        }
        version = try Self.version(in: json)
        name = try Self.text(json, "name")
        guard !name.isEmpty else { throw CNIFailure(.invalidConfiguration, "missing network name") }
        guard CNIRequest.isIdentifier(name) else {
            throw CNIFailure(.invalidConfiguration, "invalid characters found in network name", details: name)
        }
        type = try Self.text(json, "type")
        mtu = try Self.mtu(in: json)
        ranges = try AddressRange.ranges(in: json)
        dns = json["dns"]
        previousResult = json["prevResult"].flatMap { $0.isNull ? nil : $0 }
        let runtime = CaseInsensitiveObject(json["runtimeConfig"])
        requestedAddresses = try Self.addresses(runtime["ips"] ?? json[path: ["args", "cni", "ips"]])
        requestedMAC = try Self.mac(runtime["mac"])
        // The first text of specification 1.1.0 had the shorter key, and runtimes send both.
        let attachments = json["cni.dev/valid-attachments"] ?? json["cni.dev/attachments"]
        validAttachments = try attachments.flatMap { $0.isNull ? nil : $0 }.map(Attachment.list)
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

    static func wrongType(_ key: String) -> CNIFailure {
        CNIFailure(.notDecodable, "could not parse network configuration", details: "\(key) has the wrong type")
    }

    private static func version(in json: JSONValue) throws(CNIFailure) -> CNIVersion {
        let text = try text(json, "cniVersion")
        if text.isEmpty { return .implied }
        guard let version = CNIVersion(rawValue: text) else {
            let supported = CNIVersion.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " ")
            throw CNIFailure(
                .incompatibleVersion, "incompatible CNI versions",
                details: "config is \"\(text)\", plugin supports [\(supported)]")
        }
        return version
    }

    private static func text(_ json: JSONValue, _ key: String) throws(CNIFailure) -> String {
        guard let value = json[key], !value.isNull else { return "" }
        guard let text = value.string else { throw wrongType(key) }
        return text
    }

    private static func mtu(in json: JSONValue) throws(CNIFailure) -> UInt32? {
        guard let value = json["mtu"], !value.isNull else { return nil }
        guard let number = value.int else { throw wrongType("mtu") }
        if number == 0 { return nil }
        guard (68...65535).contains(number) else {
            throw CNIFailure(.invalidConfiguration, "invalid MTU \(number)", details: "it must be 68 to 65535")
        }
        return UInt32(number)
    }

    private static func addresses(_ json: JSONValue?) throws(CNIFailure) -> [IPAddress] {
        guard let json, !json.isNull else { return [] }
        guard let entries = json.array else { throw wrongType("ips") }
        var result: [IPAddress] = []
        for entry in entries {
            guard let text = entry.string, let address = InterfaceAddress(parsing: text)?.address ?? IPAddress(parsing: text)
            else { throw CNIFailure(.invalidConfiguration, "invalid requested address", details: JSONWriter.text(entry)) }
            result.append(address)
        }
        return result
    }

    private static func mac(_ json: JSONValue?) throws(CNIFailure) -> MACAddress? {
        guard let json, !json.isNull, json != "" else { return nil }
        guard let text = json.string, let mac = MACAddress(parsing: text), !mac.isMulticast else {
            throw CNIFailure(.invalidConfiguration, "invalid requested MAC address", details: JSONWriter.text(json))
        }
        return mac
    }
}
