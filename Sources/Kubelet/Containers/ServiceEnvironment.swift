import API
import NetworkTypes

/// The `{NAME}_SERVICE_HOST` variables and their docker-link cousins.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/envvars/envvars.go`.
enum ServiceEnvironment {
    /// Every service of the pod's namespace when `links`, and always the `kubernetes` service of `default`.
    static func variables(_ services: [Service], namespace: String, links: Bool) -> [String: String] {
        var chosen: [String: Service] = [:]
        for service in services where service.hasClusterIP {
            let name = service.metadata.name
            if links, service.metadata.namespace == namespace {
                chosen[name] = service
            } else if service.metadata.namespace == "default", name == "kubernetes", chosen[name] == nil {
                chosen[name] = service
            }
        }
        var result: [String: String] = [:]
        for (name, service) in chosen {
            let prefix = variableName(name)
            let ip = service.spec.clusterIP
            result["\(prefix)_SERVICE_HOST"] = ip
            guard let first = service.spec.ports.first else { continue }
            result["\(prefix)_SERVICE_PORT"] = String(first.port)
            for port in service.spec.ports where !port.name.isEmpty {
                result["\(prefix)_SERVICE_PORT_\(variableName(port.name))"] = String(port.port)
            }
            let host = ip.contains(":") ? "[\(ip)]" : ip
            for (index, port) in service.spec.ports.enumerated() {
                let scheme = port.transport.lowercased()
                let url = "\(scheme)://\(host):\(port.port)"
                if index == 0 { result["\(prefix)_PORT"] = url }
                let link = "\(prefix)_PORT_\(port.port)_\(scheme.uppercased())"
                result[link] = url
                result["\(link)_PROTO"] = scheme
                result["\(link)_PORT"] = String(port.port)
                result["\(link)_ADDR"] = ip
            }
        }
        return result
    }

    private static func variableName(_ name: String) -> String {
        String(name.map { $0 == "-" ? "_" : $0 }).uppercased()
    }
}
