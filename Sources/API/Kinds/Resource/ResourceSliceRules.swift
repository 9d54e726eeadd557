package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/resource/resourceslice/strategy.go`, `ValidateResourceSlice`.
package struct ResourceSliceRules: KindRules {
    package let countsGenerations = true
    package let selectableFields = ["spec.nodeName", "spec.driver"]
    private static let devicesMax = 128
    private static let richDevicesMax = 64
    private static let counterSetsMax = 8
    private static let countersMax = 32
    private let path = FieldPath("spec")

    /// A taint counts from when it is first seen.
    package func prepareForCreate(_ object: inout JSONValue) {
        StatusSeparation.create(&object, self)
        let created = object["metadata"]?["creationTimestamp"] ?? .null
        object.edit("spec") { spec in
            spec.editEach("devices") { device in device.editEach("taints") { $0.setDefault("timeAdded", created) } }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        var errors = DomainChecks.driver(spec.text("driver"), path("driver")) + pool(spec["pool"] ?? [:], path("pool"))
        errors += nodes(spec)
        if spec.has("sharedCounters"), spec.has("devices") {
            errors.append(.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed"))
        }
        let devices = spec.elements("devices")
        let isRich = devices.contains { !$0.elements("taints").isEmpty || !$0.elements("consumesCounters").isEmpty }
        let isPerDevice = spec["perDeviceNodeSelection"]?.bool ?? false
        errors += DeviceChecks.list(
            devices, max: isRich ? Self.richDevicesMax : Self.devicesMax, path("devices"), key: { $0["name"] ?? "" }
        ) { SliceDeviceChecks.device($0, $1, isPerDevice: isPerDevice) }
        return errors
            + DeviceChecks.list(
                spec.elements("sharedCounters"), max: Self.counterSetsMax, path("sharedCounters"), key: { $0["name"] ?? "" }
            ) { set, path in
                FieldCheck.required(set, "name", path, "", NameValidation.dns1123Label)
                    + SliceDeviceChecks.counters(set["counters"], max: Self.countersMax, path("counters"))
            }
    }

    private func pool(_ pool: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = DeviceChecks.poolName(pool.text("name"), path("name"))
        let count = pool["resourceSliceCount"]?.int ?? 0
        if count <= 0 { errors.append(.invalid(path("resourceSliceCount"), .int(count), "must be greater than zero")) }
        let generation = pool["generation"]?.int ?? 0
        if generation < 0 {
            errors.append(
                .invalid(path("generation"), .int(generation), "must be greater than or equal to zero"))
        }
        return errors
    }

    /// Which nodes reach the devices is said in exactly one way.
    private func nodes(_ spec: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        var given: [String] = []
        if let name = spec["nodeName"]?.string {
            if name.isEmpty {
                errors.append(
                    .invalid(path("nodeName"), "", "must be either unset or set to a non-empty string"))
            } else {
                given.append("`nodeName`")
                errors += FieldCheck.invalid(path("nodeName"), name, NameValidation.dns1123Subdomain(name))
            }
        }
        if let selector = spec["nodeSelector"], !selector.isNull {
            given.append("`nodeSelector`")
            errors += DeviceChecks.nodeSelector(selector, path("nodeSelector"))
            if selector.elements("nodeSelectorTerms").count != 1 {
                errors.append(
                    .invalid(
                        path("nodeSelector")("nodeSelectorTerms"), selector["nodeSelectorTerms"] ?? .null,
                        "must have exactly one node selector term"))
            }
        }
        for name in ["allNodes", "perDeviceNodeSelection"] {
            guard let flag = spec[name]?.bool else { continue }
            if flag {
                given.append("`\(name)`")
            } else {
                errors.append(.invalid(path(name), false, "must be either unset or set to true"))
            }
        }
        let all = "`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection`"
        if given.isEmpty { errors.append(.required(path, "exactly one of \(all) is required")) }
        if given.count > 1 {
            errors.append(
                .invalid(
                    path, .string("{\(given.joined(separator: ", "))}"),
                    "exactly one of \(all) is required, but multiple fields are set"))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new)
            + FieldCheck.unchanged(
                new["spec"]?["pool"]?["name"], old["spec"]?["pool"]?["name"], path("pool")("name"))
            + FieldCheck.unchanged(new["spec"], old["spec"], fields: ["driver", "nodeName"], path)
    }

    package let columns: [Column] = [
        .objectName, Column("Node", "The node that has the devices."), Column("Driver", "Who offers them."),
        Column("Pool", "Which devices belong together."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        return [
            Cells.name(object), spec["nodeName"] ?? "<unset>", .string(spec.text("driver")),
            .string(spec["pool"]?.text("name") ?? ""), Cells.age(object, now: now),
        ]
    }
}

/// One device of a slice.
enum SliceDeviceChecks {
    private static let attributesMax = 32
    private static let valueBytesMax = 64
    private static let taintsMax = 16
    private static let consumptionsMax = 2
    private static let countersMax = 32

    static func device(_ device: JSONValue, _ path: FieldPath, isPerDevice: Bool) -> [FieldError] {
        let attributes = device["attributes"]?.object?.members ?? []
        let capacities = device["capacity"]?.object?.members ?? []
        let total = attributes.count + capacities.count
        var errors = DeviceChecks.label(device.text("name"), path("name"))
        if total > attributesMax {
            errors.append(
                .invalid(
                    path, .int(Int64(total)),
                    "the total number of attributes and capacities must not exceed \(attributesMax)"))
        }
        for member in attributes {
            errors += DeviceChecks.qualified(member.key, path("attributes"))
            errors += attribute(member.value, path("attributes").key(member.key))
        }
        let isShared = device["allowMultipleAllocations"]?.bool ?? false
        for member in capacities {
            errors += DeviceChecks.qualified(member.key, path("capacity"))
            errors += capacity(member.value, path("capacity").key(member.key), isShared: isShared)
        }
        errors += DeviceChecks.list(device.elements("taints"), max: taintsMax, path("taints"), DeviceChecks.taint)
        errors += DeviceChecks.list(
            device.elements("consumesCounters"), max: consumptionsMax, path("consumesCounters"),
            key: { $0["counterSet"] ?? "" }
        ) { consumption, path in
            FieldCheck.required(consumption, "counterSet", path, "", NameValidation.dns1123Label)
                + counters(consumption["counters"], max: countersMax, path("counters"))
        }
        return errors + nodes(device, path, isPerDevice: isPerDevice) + DeviceChecks.binding(device, path)
    }

    static func counters(_ counters: JSONValue?, max: Int, _ path: FieldPath) -> [FieldError] {
        let members = counters?.object?.members ?? []
        if members.isEmpty { return [.required(path)] }
        if members.count > max { return [.tooMany(path, count: members.count, max: max)] }
        return members.flatMap { DeviceChecks.label($0.key, path) }
    }

    private static func attribute(_ attribute: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let kinds = ["bool", "int", "string", "version", "bools", "ints", "strings", "versions"].filter(attribute.has)
        if let text = attribute["string"]?.string, text.utf8.count > valueBytesMax {
            errors.append(.tooLong(path("string"), bytesMax: valueBytesMax))
        }
        if let text = attribute["version"]?.string {
            if !SemanticVersion.isValid(text) {
                errors.append(
                    .invalid(
                        path("version"), .string(text), "must be a string compatible with semver.org spec 2.0.0"))
            }
            if text.utf8.count > valueBytesMax { errors.append(.tooLong(path("version"), bytesMax: valueBytesMax)) }
        }
        if kinds.count == 1 { return errors }
        return errors + [.invalid(path, kinds.isEmpty ? "" : attribute, "exactly one value must be specified")]
    }

    private static func capacity(_ capacity: JSONValue, _ path: FieldPath, isShared: Bool) -> [FieldError] {
        guard let policy = capacity["requestPolicy"], !policy.isNull else { return [] }
        let at = path("requestPolicy")
        if !isShared { return [.forbidden(at, "allowMultipleAllocations must be true")] }
        if !policy.elements("validValues").isEmpty, policy.has("validRange") {
            return [
                .forbidden(
                    at,
                    "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time")
            ]
        }
        let kind = !policy.elements("validValues").isEmpty ? "validValues" : policy.has("validRange") ? "validRange" : nil
        guard let kind else { return [] }
        guard let standard = policy["default"].flatMap(Quantity.init(json:)) else {
            return [.required(at("default"), "required when \(kind) is defined")]
        }
        let whole = capacity["value"].flatMap(Quantity.init(json:)) ?? .zero
        if kind == "validRange" {
            return RequestRangeChecks.validate(policy["validRange"] ?? [:], standard, whole, at(kind))
        }
        return values(policy.elements("validValues"), standard, whole, at(kind))
    }

    private static func values(
        _ values: [JSONValue], _ standard: Quantity, _ whole: Quantity, _ path: FieldPath
    ) -> [FieldError] {
        let amounts = values.compactMap(Quantity.init(json:))
        var errors: [FieldError] = []
        for index in amounts.indices.dropFirst() where amounts[index - 1] > amounts[index] {
            errors.append(
                .invalid(
                    path[index], .string(amounts[index].description), "values must be sorted in ascending order"))
        }
        for (index, amount) in amounts.enumerated() where amount > whole {
            errors.append(
                .invalid(
                    path[index], .string(amount.description), "option is larger than capacity value: \(whole)"))
        }
        if !amounts.contains(standard) {
            errors.append(
                .invalid(
                    path, .string(standard.description), "default value is not valid according to the requestPolicy"))
        }
        return errors
    }

    private static func nodes(_ device: JSONValue, _ path: FieldPath, isPerDevice: Bool) -> [FieldError] {
        let names = ["nodeName", "nodeSelector", "allNodes"].filter(device.has)
        guard isPerDevice else {
            if names.isEmpty { return [] }
            return [
                .invalid(
                    path, "null",
                    "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the "
                        + "ResourceSlice spec")
            ]
        }
        var errors: [FieldError] = []
        if let name = device["nodeName"]?.string {
            errors +=
                name.isEmpty
                ? [.invalid(path("nodeName"), "", "must not be empty")]
                : FieldCheck.invalid(path("nodeName"), name, NameValidation.dns1123Subdomain(name))
        }
        if let selector = device["nodeSelector"], !selector.isNull {
            errors += DeviceChecks.nodeSelector(selector, path("nodeSelector"))
        }
        if device["allNodes"]?.bool == false {
            errors.append(.invalid(path("allNodes"), false, "must be either unset or set to true"))
        }
        let detail =
            "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in "
            + "the ResourceSlice spec"
        if names.isEmpty { errors.append(.required(path, detail)) }
        if names.count > 1 {
            let list = names.map { "`\($0)`" }.joined(separator: ", ")
            errors.append(.invalid(path, .string("{\(list)}"), detail))
        }
        return errors
    }
}

/// How much of a shared capacity one request may take.
private enum RequestRangeChecks {
    static func validate(_ range: JSONValue, _ standard: Quantity, _ whole: Quantity, _ path: FieldPath) -> [FieldError] {
        guard let low = range["min"].flatMap(Quantity.init(json:)) else {
            return [.required(path("min"), "required when validRange is defined")]
        }
        var errors: [FieldError] = []
        func refuse(_ name: String, _ value: Quantity, _ detail: String) {
            errors.append(.invalid(path(name), .string(value.description), detail))
        }
        if low > whole { refuse("min", low, "min is larger than capacity value: \(whole)") }
        if standard < low { refuse("default", standard, "default is less than min: \(low)") }
        let high = range["max"].flatMap(Quantity.init(json:))
        if let high {
            if low > high { refuse("max", low, "min is larger than max: \(high)") }
            if high > whole { refuse("max", high, "max is larger than capacity value: \(whole)") }
            if standard > high { refuse("default", standard, "default is more than max: \(high)") }
        }
        guard let step = range["step"].flatMap(Quantity.init(json:)) else { return errors }
        if step <= .zero {
            refuse("step", step, "must be greater than zero")
            return errors
        }
        if low + step > whole { refuse("step", step, "one step \(low + step) is larger than capacity value: \(whole)") }
        for value in [standard] + (high.map { [$0] } ?? []) where (value.nanos - low.nanos) % step.nanos != 0 {
            refuse("step", value, "value is not a multiple of a given step (\(step)) from (\(low))")
        }
        return errors
    }
}

/// `1.2.3-rc.1+build`.
enum SemanticVersion {
    static func isValid(_ text: String) -> Bool {
        var rest = Substring(text)
        if let plus = rest.firstIndex(of: "+") {
            let build = rest[rest.index(after: plus)...].split(separator: ".", omittingEmptySubsequences: false)
            guard build.allSatisfy({ isWord($0) }) else { return false }
            rest = rest[..<plus]
        }
        if let dash = rest.firstIndex(of: "-") {
            let release = rest[rest.index(after: dash)...].split(separator: ".", omittingEmptySubsequences: false)
            guard release.allSatisfy({ isWord($0) && (!$0.allSatisfy(\.isNumber) || isNumber($0)) }) else { return false }
            rest = rest[..<dash]
        }
        let numbers = rest.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers.allSatisfy(isNumber)
    }

    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 == 0x2d || (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) }
    }

    /// Without a zero in front.
    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } && (text == "0" || !text.hasPrefix("0"))
    }
}
