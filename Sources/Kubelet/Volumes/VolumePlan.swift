import API

/// Why a volume cannot be made; becomes the event `FailedMount`.
struct VolumeError: Error, Hashable, Sendable, CustomStringConvertible {
    var volume: String
    var message: String

    var description: String { "MountVolume.SetUp failed for volume \"\(volume)\" : \(message)" }
}

/// What one volume of a pod is made of. Pure: everything that comes from the API is handed in.
enum VolumePlan: Hashable, Sendable {
    struct File: Hashable, Sendable {
        /// Below the volume, without `..`.
        var path: String
        var bytes: [UInt8]
        var mode: Int
    }

    /// An empty directory; `tmpfs` keeps it in memory.
    case directory(path: String, tmpfs: Bool, sizeBytes: Int64?)
    case host(path: String, type: String)
    /// Files that are replaced all at once when they change.
    case files(path: String, tmpfs: Bool, [File])

    var path: String {
        switch self {
        case .directory(let path, _, _), .host(let path, _), .files(let path, _, _): path
        }
    }

    /// - Parameter tokens: Service account tokens by audience.
    static func plan(
        _ volume: Volume, paths: PodPaths, fields: DownwardFields, objects: KeyedObjects, tokens: [String: String]
    ) throws(VolumeError) -> VolumePlan {
        let source = Source(volume: volume.name, fields: fields, objects: objects, tokens: tokens)
        switch volume.source {
        case .emptyDir(let medium, let sizeLimit):
            return .directory(
                path: paths.volume("empty-dir", volume.name), tmpfs: medium == "Memory", sizeBytes: sizeLimit?.value)
        case .hostPath(let path, let type): return .host(path: path, type: type)
        case .configMap(let keyed, let mode):
            return .files(path: paths.volume("configmap", volume.name), tmpfs: false, try source.configMap(keyed, mode))
        case .secret(let keyed, let mode):
            return .files(path: paths.volume("secret", volume.name), tmpfs: true, try source.secret(keyed, mode))
        case .downwardAPI(let items, let mode):
            return .files(path: paths.volume("downward-api", volume.name), tmpfs: true, try source.downward(items, mode))
        case .projected(let sources, let mode):
            var files: [File] = []
            for one in sources { files += try source.projection(one, mode) }
            return .files(path: paths.volume("projected", volume.name), tmpfs: true, files)
        case .persistentVolumeClaim(let name, _):
            throw VolumeError(volume: volume.name, message: "persistentvolumeclaim \"\(name)\" is not bound")
        case .other(let kind):
            throw VolumeError(volume: volume.name, message: "no volume plugin matched: \(kind)")
        }
    }
}

/// Turns references into files.
private struct Source {
    var volume: String
    var fields: DownwardFields
    var objects: KeyedObjects
    var tokens: [String: String]

    func projection(_ projection: VolumeProjection, _ mode: Int) throws(VolumeError) -> [VolumePlan.File] {
        switch projection {
        case .configMap(let keyed): return try configMap(keyed, mode)
        case .secret(let keyed): return try secret(keyed, mode)
        case .downwardAPI(let items): return try downward(items, mode)
        case .serviceAccountToken(let path, let audience, _):
            guard let token = tokens[audience] else {
                throw VolumeError(volume: volume, message: "failed to fetch token for audience \"\(audience)\"")
            }
            return [VolumePlan.File(path: path, bytes: Array(token.utf8), mode: mode)]
        }
    }

    func configMap(_ keyed: VolumeProjection.Keyed, _ mode: Int) throws(VolumeError) -> [VolumePlan.File] {
        try files(keyed, objects.configMaps[keyed.name], "configmap", mode)
    }

    func secret(_ keyed: VolumeProjection.Keyed, _ mode: Int) throws(VolumeError) -> [VolumePlan.File] {
        try files(keyed, objects.secrets[keyed.name], "secret", mode)
    }

    private func files(
        _ keyed: VolumeProjection.Keyed, _ found: [String: [UInt8]]?, _ resource: String, _ mode: Int
    ) throws(VolumeError) -> [VolumePlan.File] {
        guard let found else {
            if keyed.optional { return [] }
            throw VolumeError(volume: volume, message: "\(resource) \"\(keyed.name)\" not found")
        }
        if keyed.items.isEmpty {
            return found.sorted { $0.key < $1.key }.map { VolumePlan.File(path: $0.key, bytes: $0.value, mode: mode) }
        }
        var result: [VolumePlan.File] = []
        for item in keyed.items {
            guard let bytes = found[item.key] else {
                if keyed.optional { continue }
                throw VolumeError(
                    volume: volume, message: "\(resource) references non-existent config key: \(item.key)")
            }
            result.append(VolumePlan.File(path: try safe(item.path), bytes: bytes, mode: item.mode ?? mode))
        }
        return result
    }

    func downward(_ items: [VolumeProjection.DownwardItem], _ mode: Int) throws(VolumeError) -> [VolumePlan.File] {
        var result: [VolumePlan.File] = []
        for item in items {
            let value: String?
            switch item.source {
            case .field(let path): value = fields.value(path)
            case .resource(let name, let containerName, let divisor):
                let all = fields.pod.spec.containers + fields.pod.spec.initContainers
                value = all.first { $0.name == containerName }.flatMap {
                    fields.resource(name, container: $0, divisor: divisor)
                }
            default: value = nil
            }
            guard let value else {
                throw VolumeError(volume: volume, message: "unable to resolve downward API item \(item.path)")
            }
            result.append(VolumePlan.File(path: try safe(item.path), bytes: Array(value.utf8), mode: item.mode ?? mode))
        }
        return result
    }

    private func safe(_ path: String) throws(VolumeError) -> String {
        if path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            throw VolumeError(volume: volume, message: "invalid path \(path)")
        }
        return path
    }
}
