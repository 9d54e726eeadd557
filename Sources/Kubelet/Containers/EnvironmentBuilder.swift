import API
import CRI

/// Why a container cannot be configured; becomes `CreateContainerConfigError`.
struct ContainerConfigError: Error, Hashable, Sendable {
    var message: String
}

/// What ConfigMaps and Secrets of the pod's namespace say, fetched beforehand; nil entries do not exist.
struct KeyedObjects: Hashable, Sendable {
    var configMaps: [String: [String: [UInt8]]] = [:]
    var secrets: [String: [String: [UInt8]]] = [:]
}

/// Builds the environment of one container, in upstream's order: services, `envFrom`, `env`.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kubelet_pods.go`, `makeEnvironmentVariables`.
struct EnvironmentBuilder: Sendable {
    var container: Container
    var fields: DownwardFields
    var services: [String: String]
    var objects: KeyedObjects

    func build() throws(ContainerConfigError) -> [ContainerConfig.Variable] {
        var result: [ContainerConfig.Variable] = []
        var known: [String: String] = [:]
        for source in container.envFrom {
            for (key, value) in try all(source).sorted(by: { $0.key < $1.key }) {
                known[source.prefix + key] = value
            }
        }
        for (name, value) in known.sorted(by: { $0.key < $1.key }) {
            result.append(ContainerConfig.Variable(name: name, value: value))
        }
        for variable in container.env {
            guard let value = try value(variable, known) else { continue }
            known[variable.name] = value
            result.removeAll { $0.name == variable.name }
            result.append(ContainerConfig.Variable(name: variable.name, value: value))
        }
        let own = Set(result.map(\.name))
        for (name, value) in services.sorted(by: { $0.key < $1.key }) where !own.contains(name) {
            result.append(ContainerConfig.Variable(name: name, value: value))
        }
        return result
    }

    private func all(_ source: EnvFromSource) throws(ContainerConfigError) -> [String: String] {
        let found = source.kind == .configMap ? objects.configMaps[source.name] : objects.secrets[source.name]
        guard let found else {
            if source.optional { return [:] }
            let kind = source.kind == .configMap ? "configmap" : "secret"
            throw ContainerConfigError(message: "\(kind) \"\(source.name)\" not found")
        }
        return found.mapValues { String(decoding: $0, as: UTF8.self) }
    }

    /// Nil for an optional value that is not there.
    private func value(_ variable: EnvVar, _ known: [String: String]) throws(ContainerConfigError) -> String? {
        switch variable.source {
        case .value(let text): return VariableExpansion.expand(text) { known[$0] ?? services[$0] }
        case .field(let path):
            guard let value = fields.value(path) else {
                throw ContainerConfigError(message: "unsupported fieldPath: \(path)")
            }
            return value
        case .resource(let name, let containerName, let divisor):
            let all = fields.pod.spec.containers + fields.pod.spec.initContainers
            let target = containerName.isEmpty ? container : all.first { $0.name == containerName }
            guard let target, let value = fields.resource(name, container: target, divisor: divisor) else {
                throw ContainerConfigError(message: "Unsupported container resource : \(name)")
            }
            return value
        case .configMapKey(let name, let key, let optional):
            return try keyed(objects.configMaps[name], "configmap", "ConfigMap", name, key, optional)
        case .secretKey(let name, let key, let optional):
            return try keyed(objects.secrets[name], "secret", "Secret", name, key, optional)
        }
    }

    private func keyed(
        _ found: [String: [UInt8]]?, _ resource: String, _ kind: String, _ name: String, _ key: String, _ optional: Bool
    ) throws(ContainerConfigError) -> String? {
        guard let found else {
            if optional { return nil }
            throw ContainerConfigError(message: "\(resource) \"\(name)\" not found")
        }
        guard let bytes = found[key] else {
            if optional { return nil }
            throw ContainerConfigError(message: "couldn't find key \(key) in \(kind) \(fields.pod.metadata.namespace)/\(name)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
