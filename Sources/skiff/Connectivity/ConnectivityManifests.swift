import JSON
import NetworkTypes
import NodeNetwork

/// The objects of the connectivity test.
struct ConnectivityManifests {
    let namespace: String
    let image: String

    static let service = "servers"
    static let nodePortService = "servers-outside"
    static let policy = "only-allowed"
    static let server = "server"

    /// Gone at once when deleted: there is nothing to save.
    func pod(
        _ name: String, node: String, labels: [String: String], script: String, hostNetwork: Bool = false,
        isServer: Bool = false, hostPort: Port? = nil
    ) -> JSONValue {
        var container: JSONValue = [
            "name": "main", "image": .string(image), "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", .string(script)],
        ]
        if isServer {
            var port: JSONValue = ["containerPort": .int(Int64(ConnectivityScene.serverPort.rawValue)), "name": "http"]
            if let hostPort { port["hostPort"] = .int(Int64(hostPort.rawValue)) }
            container["ports"] = [port]
            container["readinessProbe"] = [
                "tcpSocket": ["port": "http"], "periodSeconds": 1, "failureThreshold": 30,
            ]
        }
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": .string(namespace), "labels": JSONValue(labels)],
            "spec": [
                "nodeName": .string(node), "restartPolicy": "Never", "terminationGracePeriodSeconds": 0,
                "hostNetwork": .bool(hostNetwork), "enableServiceLinks": false, "automountServiceAccountToken": false,
                "containers": [container],
            ],
        ]
    }

    /// Tells everybody its name and the address that it saw.
    static let serverScript = """
        mkdir -p /tmp/www/cgi-bin && cd /tmp/www && head -c \(ConnectivityScene.largeBytes) /dev/zero > large
        printf '#!/bin/sh\\na=${REMOTE_ADDR#[}; a=${a%%]}; echo "Content-Type: text/plain"; echo; echo "$(hostname) ${a#::ffff:}"\\n' > cgi-bin/who
        chmod +x cgi-bin/who
        exec httpd -f -p \(ConnectivityScene.serverPort) -h /tmp/www
        """

    func service(_ name: String, type: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "spec": [
                "type": .string(type), "selector": ["app": .string(Self.server)], "ipFamilyPolicy": "PreferDualStack",
                "ports": [
                    [
                        "port": .int(Int64(ConnectivityScene.servicePort.rawValue)),
                        "targetPort": .int(Int64(ConnectivityScene.serverPort.rawValue)),
                    ]
                ],
            ],
        ]
    }

    func networkPolicy() -> JSONValue {
        [
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": ["name": .string(Self.policy), "namespace": .string(namespace)],
            "spec": [
                "podSelector": ["matchLabels": ["app": .string(Self.server)]], "policyTypes": ["Ingress"],
                "ingress": [["from": [["podSelector": ["matchLabels": ["role": "allowed"]]]]]],
            ],
        ]
    }
}
