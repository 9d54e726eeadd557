import API
import CRI
import JSON

/// Finds the credentials for a registry in `imagePullSecrets`.
enum PullSecrets {
    /// Nil when no secret names the registry.
    static func credentials(for registry: String, in secrets: [Secret]) -> RegistryCredentials? {
        for secret in secrets {
            let whole = secret.data[".dockerconfigjson"].flatMap { try? JSONParser.parse($0) }?["auths"]
            let legacy = secret.data[".dockercfg"].flatMap { try? JSONParser.parse($0) }
            for member in (whole ?? legacy)?.object?.members ?? [] where host(member.key) == host(registry) {
                if let found = read(member.value, registry: registry) { return found }
            }
        }
        return nil
    }

    private static func read(_ entry: JSONValue, registry: String) -> RegistryCredentials? {
        if let user = entry["username"]?.string, let password = entry["password"]?.string {
            return RegistryCredentials(username: user, password: password, serverAddress: registry)
        }
        guard let auth = entry["auth"]?.string, let bytes = Base64.decode(auth) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        return RegistryCredentials(username: String(parts[0]), password: String(parts[1]), serverAddress: registry)
    }

    private static func host(_ text: String) -> String {
        var rest = Substring(text)
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let host = String(rest.prefix { $0 != "/" })
        return host == "index.docker.io" || host == "registry-1.docker.io" ? "docker.io" : host
    }
}
