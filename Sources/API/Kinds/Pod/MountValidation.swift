import JSON

/// `volumeMounts` and `volumeDevices` of a container.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateVolumeMounts`, `ValidateVolumeDevices`.
enum MountValidation {
    /// - Parameter volumes: The pod's volumes that are fine, by name.
    static func mounts(_ container: JSONValue, _ path: FieldPath, _ volumes: [String: JSONValue]) -> [FieldError] {
        var errors: [FieldError] = []
        var places: Set<String> = []
        let devices = container.elements("volumeDevices")
        for (index, mount) in container.elements("volumeMounts").enumerated() {
            let at = path[index]
            let (name, place) = (mount.text("name"), mount.text("mountPath"))
            if name.isEmpty { errors.append(.required(at("name"))) }
            if volumes[name] == nil { errors.append(.notFound(at("name"), .string(name))) }
            if place.isEmpty { errors.append(.required(at("mountPath"))) }
            if !places.insert(place).inserted { errors.append(.invalid(at("mountPath"), .string(place), "must be unique")) }
            if devices.contains(where: { $0.text("name") == name }) {
                errors.append(.invalid(at("name"), .string(name), "must not already exist in volumeDevices"))
            }
            if devices.contains(where: { $0.text("devicePath") == place }) {
                errors.append(.invalid(at("mountPath"), .string(place), "must not already exist as a path in volumeDevices"))
            }
            errors += subPaths(mount, path, at, isImage: volumes[name]?.has("image") ?? false)
            errors += propagation(mount, container, path("mountPropagation"))
            errors += recursion(mount, path("recursiveReadOnly"))
        }
        return errors
    }

    private static func subPaths(_ mount: JSONValue, _ path: FieldPath, _ at: FieldPath, isImage: Bool) -> [FieldError] {
        let (plain, expanded) = (mount.text("subPath"), mount.text("subPathExpr"))
        var errors: [FieldError] = []
        if isImage, !expanded.isEmpty {
            errors.append(.invalid(at("subPathExpr"), .string(expanded), "not allowed in image volume sources"))
        }
        if !plain.isEmpty { errors += PathValidation.localDescending(plain, path("subPath")) }
        if expanded.isEmpty { return errors }
        if !plain.isEmpty {
            errors.append(
                .invalid(at("subPathExpr"), .string(expanded), "subPathExpr and subPath are mutually exclusive"))
        }
        return errors + PathValidation.localDescending(expanded, path("subPathExpr"))
    }

    private static func propagation(_ mount: JSONValue, _ container: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let mode = mount["mountPropagation"]?.string else { return [] }
        var errors = FieldCheck.optionalChoice(mode, ["Bidirectional", "HostToContainer", "None"], path)
        if mode == "Bidirectional", !(container["securityContext"]?["privileged"]?.bool ?? false) {
            errors.append(
                .forbidden(path, "Bidirectional mount propagation is available only to privileged containers"))
        }
        return errors
    }

    private static func recursion(_ mount: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let mode = mount["recursiveReadOnly"]?.string, mode != "Disabled" else { return [] }
        guard ["Enabled", "IfPossible"].contains(mode) else {
            return [.notSupported(path, .string(mode), inOrder: ["Disabled", "Enabled", "IfPossible"])]
        }
        var errors: [FieldError] = []
        if !(mount["readOnly"]?.bool ?? false) {
            errors.append(.forbidden(path, "may only be specified when readOnly is true"))
        }
        if let propagation = mount["mountPropagation"]?.string, propagation != "None" {
            errors.append(.forbidden(path, "may only be specified when mountPropagation is None or not specified"))
        }
        return errors
    }

    static func devices(_ container: JSONValue, _ path: FieldPath, _ volumes: [String: JSONValue]) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        var places: Set<String> = []
        let mounts = container.elements("volumeMounts")
        for (index, device) in container.elements("volumeDevices").enumerated() {
            let at = path[index]
            let (name, place) = (device.text("name"), device.text("devicePath"))
            func refuse(_ field: String, _ why: String) {
                errors.append(.invalid(at(field), .string(field == "name" ? name : place), why))
            }
            if name.isEmpty { errors.append(.required(at("name"))) }
            if names.contains(name) { refuse("name", "must be unique") }
            if let volume = volumes[name] {
                if !volume.has("persistentVolumeClaim"), !volume.has("ephemeral") {
                    refuse("name", "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
                }
            } else {
                errors.append(.notFound(at("name"), .string(name)))
            }
            if place.isEmpty { errors.append(.required(at("devicePath"))) }
            if places.contains(place) { refuse("devicePath", "must be unique") }
            if !PathValidation.noBacksteps(place, path).isEmpty {
                refuse("devicePath", "can not contain backsteps ('..')")
            } else {
                places.insert(place)
            }
            if mounts.contains(where: { $0.text("name") == name }) { refuse("name", "must not already exist in volumeMounts") }
            if mounts.contains(where: { $0.text("mountPath") == place }) {
                refuse("devicePath", "must not already exist as a path in volumeMounts")
            }
            if !name.isEmpty { names.insert(name) }
        }
        return errors
    }
}
