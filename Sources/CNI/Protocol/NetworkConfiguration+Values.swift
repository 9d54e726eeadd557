import JSON
import NetworkTypes

/// Single members of the configuration.
extension NetworkConfiguration {
    static func wrongType(_ key: String) -> CNIFailure {
        CNIFailure(.notDecodable, "could not parse network configuration", details: "\(key) has the wrong type")
    }

    static func version(in json: JSONValue) throws(CNIFailure) -> CNIVersion {
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

    static func text(_ json: JSONValue, _ key: String) throws(CNIFailure) -> String {
        guard let value = json[key], !value.isNull else { return "" }
        guard let text = value.string else { throw wrongType(key) }
        return text
    }

    static func flag(_ json: JSONValue, _ key: String) throws(CNIFailure) -> Bool? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let flag = value.bool else { throw wrongType(key) }
        return flag
    }

    static func mtu(in json: JSONValue) throws(CNIFailure) -> UInt32? {
        guard let value = json["mtu"], !value.isNull else { return nil }
        guard let number = value.int else { throw wrongType("mtu") }
        if number == 0 { return nil }
        guard (68...65535).contains(number) else {
            throw CNIFailure(.invalidConfiguration, "invalid MTU \(number)", details: "it must be 68 to 65535")
        }
        return UInt32(number)
    }

    /// Prefixes and single addresses, in text.
    static func prefixes(_ json: JSONValue?, _ key: String) throws(CNIFailure) -> [CIDR] {
        guard let json, !json.isNull else { return [] }
        guard let entries = json.array else { throw wrongType(key) }
        var result: [CIDR] = []
        for entry in entries {
            guard let text = entry.string else { throw wrongType(key) }
            guard let prefix = CIDR(parsing: text) ?? IPAddress(parsing: text).map({ CIDR(host: $0) }) else {
                throw CNIFailure(.invalidConfiguration, "invalid \(key) \"\(text)\"", details: "it is no address and no prefix")
            }
            result.append(prefix)
        }
        return result
    }

    static func addresses(_ json: JSONValue?) throws(CNIFailure) -> [IPAddress] {
        guard let json, !json.isNull else { return [] }
        guard let entries = json.array else { throw wrongType("ips") }
        var result: [IPAddress] = []
        for entry in entries {
            guard let text = entry.string, let address = InterfaceAddress(parsing: text)?.address ?? IPAddress(parsing: text)
            else { throw CNIFailure(.invalidConfiguration, "invalid requested address", details: JSONWriter.text(entry)) }
            if !result.contains(address) { result.append(address) }
        }
        return result
    }

    static func mac(_ json: JSONValue?) throws(CNIFailure) -> MACAddress? {
        guard let json, !json.isNull, json != "" else { return nil }
        guard let text = json.string, let mac = MACAddress(parsing: text), !mac.isMulticast, mac != MACAddress(0) else {
            throw CNIFailure(.invalidConfiguration, "invalid requested MAC address", details: JSONWriter.text(json))
        }
        return mac
    }

    /// `routes`, each with a `dst`. The next hop is always the pod's gateway.
    static func destinations(_ json: JSONValue?) throws(CNIFailure) -> [CIDR]? {
        guard let json, !json.isNull else { return nil }
        guard let entries = json.array else { throw wrongType("routes") }
        var result: [CIDR] = []
        for entry in entries {
            guard let text = entry["dst"]?.string else { throw wrongType("routes") }
            guard let prefix = CIDR(parsing: text) else {
                throw CNIFailure(.invalidConfiguration, "invalid route \"\(text)\"", details: "dst is no prefix")
            }
            if let gateway = entry["gw"]?.string, !gateway.isEmpty {
                throw CNIFailure(
                    .unsupportedField, "unsupported field routes.gw: \(gateway)",
                    details: "every route of a pod goes through the link-local gateway")
            }
            if !result.contains(prefix) { result.append(prefix) }
        }
        return result
    }

    /// What the runtime says wins over what the network says.
    static func dns(_ json: JSONValue, _ runtime: CaseInsensitiveObject) -> JSONValue? {
        let given = CaseInsensitiveObject(runtime["dns"])
        var result: JSONValue = json["dns"]?.object == nil ? [:] : (json["dns"] ?? [:])
        for (key, name) in [("servers", "nameservers"), ("searches", "search"), ("options", "options")] {
            if let list = given[key]?.array, !list.isEmpty { result[name] = .array(list) }
        }
        guard result != [:] else { return nil }
        return result
    }
}
