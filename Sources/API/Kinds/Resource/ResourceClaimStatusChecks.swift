import JSON
import NetworkTypes

/// What becomes of a claim: devices set aside, pods that use them.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/resource/validation/validation.go`, `validateResourceClaimStatusUpdate`.
enum ResourceClaimStatusChecks {
    private static let reservedForMax = 256
    private static let resultsMax = 32
    private static let conditionsMax = 8
    private static let addressesMax = 16

    static func validate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        let (status, before) = (new["status"] ?? [:], old["status"] ?? [:])
        let users = status.elements("reservedFor")
        let allocation = status["allocation"] ?? .null
        var errors = DeviceChecks.list(
            users, max: reservedForMax, path("reservedFor"), key: { $0["uid"] ?? "" }
        ) { user, path in
            ["resource", "name", "uid"].flatMap { FieldCheck.required(user, $0, path) }
        }
        let allocated = Set((allocation["devices"]?.elements("results") ?? []).map(identity))
        errors += DeviceChecks.list(status.elements("devices"), max: nil, path("devices"), key: identity) {
            device($0, $1, allocated)
        }
        if !users.isEmpty {
            if allocation.isNull {
                errors.append(
                    .forbidden(path("reservedFor"), "may not be specified when `allocated` is not set"))
            } else if new["metadata"]?.has("deletionTimestamp") ?? false,
                !Set(users).isSubset(of: before.elements("reservedFor"))
            {
                errors.append(
                    .forbidden(
                        path("reservedFor"),
                        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"))
            }
        }
        if allocation.isNull { return errors }
        let at = path("allocation")
        if before.has("allocation") { return errors + FieldCheck.unchanged(allocation, before["allocation"], at) }
        return errors + self.allocation(allocation, at, RequestNames(new["spec"]?["devices"] ?? [:]))
    }

    /// A device by driver, pool, name and share.
    private static func identity(_ device: JSONValue) -> JSONValue {
        let share = device.text("shareID")
        let name = [device.text("driver"), device.text("pool"), device.text("device")].joined(separator: "/")
        return .string(share.isEmpty ? name : name + "/" + share)
    }

    private static func allocation(_ allocation: JSONValue, _ path: FieldPath, _ names: RequestNames) -> [FieldError] {
        let devices = allocation["devices"] ?? [:]
        let at = path("devices")
        var errors = DeviceChecks.list(devices.elements("results"), max: resultsMax, at("results")) { result, path in
            var errors = names.reference(result.text("request"), path("request")) + place(result, path)
            errors += DeviceChecks.binding(result, path)
            for (index, toleration) in result.elements("tolerations").enumerated() {
                errors += DeviceChecks.toleration(toleration, path("tolerations")[index])
            }
            return errors
        }
        errors += DeviceChecks.list(devices.elements("config"), max: 2 * DeviceClaimChecks.listMax, at("config")) {
            config, path in
            FieldCheck.requiredOneOf(config, "source", ["FromClaim", "FromClass"], path)
                + names.references(config.elements("requests"), path("requests"))
                + DeviceClaimChecks.configuration(config, path, isStored: false)
        }
        if let selector = allocation["nodeSelector"], !selector.isNull {
            errors += DeviceChecks.nodeSelector(selector, path("nodeSelector"))
        }
        return errors
    }

    private static func place(_ device: JSONValue, _ path: FieldPath) -> [FieldError] {
        DomainChecks.driver(device.text("driver"), path("driver")) + DeviceChecks.poolName(device.text("pool"), path("pool"))
            + DeviceChecks.label(device.text("device"), path("device")) + share(device, path("shareID"))
    }

    private static func share(_ device: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let text = device["shareID"]?.string else { return [] }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) || $0 == 0x2d }
        guard parts.map(\.count) == [8, 4, 4, 4, 12], isHex else {
            return [.invalid(path, .string(text), "error validating uid: invalid UUID length: \(text.utf8.count)")]
        }
        if text == text.lowercased() { return [] }
        return [
            .invalid(
                path, .string(text),
                "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal "
                    + "characters")
        ]
    }

    private static func device(_ device: JSONValue, _ path: FieldPath, _ allocated: Set<JSONValue>) -> [FieldError] {
        var errors = place(device, path)
        if !allocated.contains(identity(device)) {
            errors.append(.invalid(path, identity(device), "must be an allocated device in the claim"))
        }
        let conditions = device.elements("conditions")
        if conditions.count > conditionsMax {
            errors.append(.tooMany(path("conditions"), count: conditions.count, max: conditionsMax))
        }
        errors += ConditionChecks.validate(conditions, path("conditions"))
        if device.has("data") { errors += DeviceChecks.raw(device["data"], path("data")) }
        if let network = device["networkData"], !network.isNull { errors += self.network(network, path("networkData")) }
        return errors
    }

    private static func network(_ network: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (name, max) in [("interfaceName", 256), ("hardwareAddress", 128)] where network.text(name).utf8.count > max {
            errors.append(.tooLong(path(name), bytesMax: max))
        }
        return errors
            + DeviceChecks.list(network.elements("ips"), max: addressesMax, path("ips"), key: { $0 }) { value, path in
                let text = value.string ?? ""
                let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, let address = IPAddress(parsing: parts[0]), CIDR(parsing: text) != nil else {
                    return [
                        .invalid(
                            path, value, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")
                    ]
                }
                let canonical = "\(address)/\(parts[1])"
                return canonical == text ? [] : [.invalid(path, value, "must be in canonical form (\"\(canonical)\")")]
            }
    }
}
