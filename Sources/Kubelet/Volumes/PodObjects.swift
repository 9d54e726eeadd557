import API
import ControlLoop
import JSON

/// ConfigMaps, Secrets and tokens that one pod uses. While the API server is away the last answers stand.
actor PodObjects {
    private struct Token {
        var text: String
        var refreshAt: Timestamp
    }

    private let writer: any ObjectWriter
    private var configMaps: [String: [String: [UInt8]]] = [:]
    private var secrets: [String: Secret] = [:]
    private var tokens: [String: Token] = [:]

    init(writer: any ObjectWriter) { self.writer = writer }

    /// Everything that the pod's volumes and containers refer to. What does not exist is left out.
    func fetch(for pod: Pod) async throws -> KeyedObjects {
        var (mapNames, secretNames) = (Set<String>(), Set<String>())
        Self.collect(pod, &mapNames, &secretNames)
        for name in mapNames { configMaps[name] = try await configMap(name, pod) }
        for name in secretNames { secrets[name] = try await secret(name, pod) }
        return KeyedObjects(
            configMaps: configMaps.filter { mapNames.contains($0.key) },
            secrets: secrets.filter { secretNames.contains($0.key) }.mapValues(\.data))
    }

    private func configMap(_ name: String, _ pod: Pod) async throws -> [String: [UInt8]]? {
        let key = NamespacedName(namespace: pod.metadata.namespace, name: name)
        do {
            return ConfigMap(json: try await writer.get(ConfigMap.resource, key)).bytes
        } catch let status as Status where status.isNotFound {
            return nil
        } catch {
            if let known = configMaps[name] { return known }
            throw error
        }
    }

    /// Nil: there is no such secret.
    func secret(_ name: String, _ pod: Pod) async throws -> Secret? {
        let key = NamespacedName(namespace: pod.metadata.namespace, name: name)
        do {
            return Secret(json: try await writer.get(Secret.resource, key))
        } catch let status as Status where status.isNotFound {
            return nil
        } catch {
            if let known = secrets[name] { return known }
            throw error
        }
    }

    /// Service account tokens for every audience that a volume asks for; renewed after four fifths of their life.
    func tokens(for pod: Pod, now: Timestamp) async throws -> [String: String] {
        var result: [String: String] = [:]
        for volume in pod.spec.volumes {
            guard case .projected(let sources, _) = volume.source else { continue }
            for case .serviceAccountToken(_, let audience, let seconds) in sources {
                result[audience] = try await token(audience, seconds, pod, now)
            }
        }
        return result
    }

    private func token(_ audience: String, _ seconds: Int64, _ pod: Pod, _ now: Timestamp) async throws -> String {
        let known = tokens[audience]
        if let known, now < known.refreshAt { return known.text }
        var spec: JSONValue = [
            "audiences": audience.isEmpty ? .array([]) : [.string(audience)], "expirationSeconds": .int(seconds),
        ]
        spec["boundObjectRef"] = [
            "kind": "Pod", "apiVersion": "v1", "name": .string(pod.metadata.name), "uid": .string(pod.metadata.uid),
        ]
        let account = pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        do {
            let answer = try await writer.create(
                ServiceAccount.resource, NamespacedName(namespace: pod.metadata.namespace, name: account), subresource: "token",
                ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec])
            let text = answer["status"]?["token"]?.string ?? ""
            let expires = answer["status"]?["expirationTimestamp"]?.string.flatMap(Timestamp.init(parsing:))
            let life = expires.map { $0.duration(since: now) } ?? .seconds(seconds)
            tokens[audience] = Token(text: text, refreshAt: now.adding(life * 4 / 5))
            return text
        } catch {
            if let known { return known.text }
            throw error
        }
    }

    private static func collect(_ pod: Pod, _ maps: inout Set<String>, _ secrets: inout Set<String>) {
        for volume in pod.spec.volumes {
            switch volume.source {
            case .configMap(let keyed, _): maps.insert(keyed.name)
            case .secret(let keyed, _): secrets.insert(keyed.name)
            case .projected(let sources, _):
                for source in sources {
                    if case .configMap(let keyed) = source { maps.insert(keyed.name) }
                    if case .secret(let keyed) = source { secrets.insert(keyed.name) }
                }
            default: break
            }
        }
        for container in pod.spec.everyContainer {
            for source in container.envFrom {
                if source.kind == .configMap { maps.insert(source.name) } else { secrets.insert(source.name) }
            }
            for variable in container.env {
                if case .configMapKey(let name, _, _) = variable.source { maps.insert(name) }
                if case .secretKey(let name, _, _) = variable.source { secrets.insert(name) }
            }
        }
    }
}
