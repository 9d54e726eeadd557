package import JSON

/// One entry of `env`: a value, or where it comes from.
package struct EnvVar: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case value(String)
        case field(path: String)
        /// `containerName` empty: the container itself.
        case resource(name: String, containerName: String, divisor: Quantity?)
        case configMapKey(name: String, key: String, optional: Bool)
        case secretKey(name: String, key: String, optional: Bool)
    }

    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }

    package init(json: JSONValue) {
        name = json["name"]?.string ?? ""
        source = .value(json["value"]?.string ?? "")
        guard let from = json["valueFrom"] else { return }
        if let field = from["fieldRef"] {
            source = .field(path: field["fieldPath"]?.string ?? "")
        } else if let resource = from["resourceFieldRef"] {
            source = .resource(
                name: resource["resource"]?.string ?? "", containerName: resource["containerName"]?.string ?? "",
                divisor: resource["divisor"].flatMap(Quantity.init(json:)))
        } else if let reference = from["configMapKeyRef"] {
            source = .configMapKey(
                name: reference["name"]?.string ?? "", key: reference["key"]?.string ?? "",
                optional: reference["optional"]?.bool ?? false)
        } else if let reference = from["secretKeyRef"] {
            source = .secretKey(
                name: reference["name"]?.string ?? "", key: reference["key"]?.string ?? "",
                optional: reference["optional"]?.bool ?? false)
        }
    }
}

/// One entry of `envFrom`: every key of a ConfigMap or Secret.
package struct EnvFromSource: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case configMap, secret }

    package var prefix: String
    package var kind: Kind
    package var name: String
    package var optional: Bool

    package init(json: JSONValue) {
        prefix = json["prefix"]?.string ?? ""
        let reference = json["configMapRef"] ?? json["secretRef"]
        kind = json["configMapRef"] != nil ? .configMap : .secret
        name = reference?["name"]?.string ?? ""
        optional = reference?["optional"]?.bool ?? false
    }
}

/// What a probe or a lifecycle hook does.
package enum LifecycleHandler: Hashable, Sendable {
    package struct HTTPGet: Hashable, Sendable {
        package var path: String
        package var port: IntOrString
        /// Empty: the pod's address.
        package var host: String
        /// `HTTP` or `HTTPS`.
        package var scheme: String
        package var headers: [Header]
    }

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    case exec(command: [String])
    case httpGet(HTTPGet)
    case tcpSocket(port: IntOrString, host: String)
    case grpc(port: Int, service: String)
    case sleep(seconds: Int64)

    /// Nil when no known action is named.
    package init?(json: JSONValue) {
        if let exec = json["exec"] {
            self = .exec(command: exec["command"]?.array?.compactMap(\.string) ?? [])
        } else if let get = json["httpGet"] {
            self = .httpGet(
                HTTPGet(
                    path: get["path"]?.string ?? "/", port: IntOrString(json: get["port"]) ?? .int(0),
                    host: get["host"]?.string ?? "",
                    scheme: get["scheme"]?.string ?? "HTTP",
                    headers: get["httpHeaders"]?.array?.map {
                        Header(name: $0["name"]?.string ?? "", value: $0["value"]?.string ?? "")
                    } ?? []))
        } else if let socket = json["tcpSocket"] {
            self = .tcpSocket(port: IntOrString(json: socket["port"]) ?? .int(0), host: socket["host"]?.string ?? "")
        } else if let grpc = json["grpc"] {
            self = .grpc(port: Int(clamping: grpc["port"]?.int ?? 0), service: grpc["service"]?.string ?? "")
        } else if let sleep = json["sleep"] {
            self = .sleep(seconds: sleep["seconds"]?.int ?? 0)
        } else {
            return nil
        }
    }
}

/// A periodic check of a container.
package struct Probe: Hashable, Sendable {
    package var handler: LifecycleHandler
    package var initialDelaySeconds: Int64 = 0
    package var timeoutSeconds: Int64 = 1
    package var periodSeconds: Int64 = 10
    package var successThreshold: Int64 = 1
    package var failureThreshold: Int64 = 3
    package var terminationGracePeriodSeconds: Int64?

    package init(handler: LifecycleHandler) { self.handler = handler }

    package init?(json: JSONValue) {
        guard let handler = LifecycleHandler(json: json) else { return nil }
        self.handler = handler
        initialDelaySeconds = json["initialDelaySeconds"]?.int ?? 0
        timeoutSeconds = max(1, json["timeoutSeconds"]?.int ?? 1)
        periodSeconds = max(1, json["periodSeconds"]?.int ?? 10)
        successThreshold = max(1, json["successThreshold"]?.int ?? 1)
        failureThreshold = max(1, json["failureThreshold"]?.int ?? 3)
        terminationGracePeriodSeconds = json["terminationGracePeriodSeconds"]?.int
    }
}
