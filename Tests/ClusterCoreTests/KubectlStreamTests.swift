import Glibc
import HTTP
import JSON
import Testing

@testable import ClusterCore

/// What passes through the server to a node, as the real client asks for it.
@Suite(.serialized) struct KubectlStreamTests {
    private static func apply(
        _ kubectl: @Sendable ([String]) async throws -> LoopbackCluster.Output, _ cluster: LoopbackCluster, port: Int
    ) async throws {
        let objects: JSONValue = [
            "apiVersion": "v1", "kind": "List",
            "items": [
                [
                    "apiVersion": "v1", "kind": "Node", "metadata": ["name": "n1"],
                    "status": [
                        "addresses": [["type": "InternalIP", "address": "127.0.0.1"]],
                        "daemonEndpoints": ["kubeletEndpoint": ["Port": .int(Int64(port))]],
                    ],
                ],
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web"],
                    "spec": [
                        "nodeName": "n1",
                        "containers": [["name": "main", "image": "x", "stdin": true, "ports": [["containerPort": 80]]]],
                    ],
                ],
            ],
        ]
        let path = cluster.directory + "/objects.json"
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        let bytes = JSONWriter.write(objects)
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
        var output = try await kubectl(["create", "-f", path])
        // The namespace's service account may be a moment late.
        for _ in 0..<600 where output.code != 0 {
            _ = await LoopbackCluster.shell("sleep 0.2")
            output = try await kubectl(["apply", "-f", path])
        }
        #expect(output.code == 0, "\(output.text)")
        let running = #"{"status":{"phase":"Running","podIP":"127.0.0.1","podIPs":[{"ip":"127.0.0.1"}]}}"#
        output = try await kubectl(["patch", "pod", "web", "--subresource=status", "--type=merge", "-p", running])
        #expect(output.code == 0, "\(output.text)")
    }

    @Test(.enabled(if: access("/usr/bin/kubectl", X_OK) == 0, "needs kubectl"))
    func `kubectl streams through the server to a node`() async throws {
        let cluster = try LoopbackCluster()
        try await FakeNode(cluster: cluster).run { port in
            try await cluster.run { kubectl in
                try await Self.apply(kubectl, cluster, port: port)
                var output = try await kubectl(["logs", "web", "--tail=7"])
                #expect(output.text == "one\ntwo 7\n")
                output = try await kubectl(["get", "--raw", "/api/v1/nodes/n1/proxy/healthz"])
                #expect(output.text == "ok")
                output = try await kubectl(["exec", "web", "--", "sh", "0"])
                #expect(output.code == 0 && output.text == "ready\n", "\(output.text)")
                output = try await kubectl(["exec", "web", "--", "sh", "3"])
                #expect(output.code == 3 && output.text.contains("exit code 3"), "\(output.code) \(output.text)")
                let plain = "env HOME=\(cluster.directory) /usr/bin/kubectl --kubeconfig \(cluster.directory)/kubeconfig"
                output = await LoopbackCluster.shell("printf hello | timeout 120 \(plain) exec -i web -- cat 0 2>&1")
                #expect(output.code == 0 && output.text == "ready\nhello", "\(output.text)")
                output = await LoopbackCluster.shell("printf hello | timeout 120 \(plain) attach -i web 2>&1")
                #expect(output.text.contains("ready\nhello"), "\(output.text)")
                for variable in ["", "KUBECTL_PORT_FORWARD_WEBSOCKETS=false KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false"] {
                    output = await LoopbackCluster.shell(
                        "\(variable) bash -c '\(Self.forwarding(plain, cluster.directory))' 2>&1")
                    #expect(output.text == "80 got hello\n80 got again\n", "\(variable): \(output.text)")
                    output = await LoopbackCluster.shell("\(variable) timeout 120 \(plain) exec web -- sh 5 2>&1")
                    #expect(output.code == 5, "\(variable): \(output.text)")
                }
            }
        }
    }

    /// Two connections through one port-forward.
    private static func forwarding(_ kubectl: String, _ directory: String) -> String {
        """
        timeout 300 \(kubectl) port-forward pod/web :80 > \(directory)/forward 2>&1 &
        job=$!
        for try in $(seq 1000); do port=$(sed -n "s/.*127.0.0.1:\\([0-9]*\\) -> 80/\\1/p" \(directory)/forward); [ "$port" ] && break; sleep 0.1; done
        for line in hello again; do
          exec 3<>/dev/tcp/127.0.0.1/$port; echo $line >&3; read -t 60 answer <&3; echo "$answer"; exec 3>&-
        done
        kill $job; wait $job 2>/dev/null; [ "$port" ] || cat \(directory)/forward
        """
    }
}
