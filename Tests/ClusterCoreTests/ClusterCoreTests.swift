import Glibc
import HTTP
import JSON
import Logging
import NetworkTypes
import PKI
import Store
import Testing

@testable import ClusterCore

/// A whole control plane on loopback, spoken to by the real client.
@Suite(.serialized) struct ClusterCoreTests {
    @Test(.enabled(if: access("/usr/bin/kubectl", X_OK) == 0, "needs kubectl"))
    func `kubectl creates, applies, scales, lists, explains itself and deletes`() async throws {
        let cluster = try LoopbackCluster()
        try await cluster.run { kubectl in
            var output = try await kubectl(["get", "namespaces", "-o", "name"])
            #expect(output.text.contains("namespace/kube-system"), "\(output.text)")
            output = try await kubectl(["create", "configmap", "one", "--from-literal=a=b"])
            #expect(output.text == "configmap/one created\n", "\(output.text)")
            output = try await kubectl(["create", "deployment", "web", "--image=busybox", "--replicas=2"])
            #expect(output.text == "deployment.apps/web created\n", "\(output.text)")
            output = try await kubectl(["apply", "-f", cluster.manifest])
            #expect(output.text == "service/front created\n", "\(output.text)")
            output = try await kubectl(["apply", "-f", cluster.manifest])
            #expect(output.text == "service/front unchanged\n", "\(output.text)")
            output = try await kubectl(["scale", "deployment", "web", "--replicas=3"])
            #expect(output.text == "deployment.apps/web scaled\n", "\(output.text)")
            output = try await kubectl(["get", "deployments,services"])
            #expect(output.text.contains("deployment.apps/web") && output.text.contains("10.96."), "\(output.text)")
            output = try await kubectl(["describe", "service", "front"])
            #expect(output.text.contains("Selector:") && output.code == 0, "\(output.text)")
            output = try await kubectl(["api-resources"])
            #expect(output.text.contains("deployments"), "\(output.text)")
            output = try await kubectl(["auth", "can-i", "delete", "pods"])
            #expect(output.text == "yes\n", "\(output.text)")
            output = try await kubectl(["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"])
            #expect(output.text == "admin", "\(output.text)")
            for _ in 0..<60 {
                output = try await kubectl(["get", "pods", "-w", "--request-timeout=2s"])
                if output.text.contains("web-") { break }
            }
            #expect(output.text.contains("web-"), "\(output.text)")
            output = try await kubectl(["delete", "deployment", "web", "--timeout=180s"])
            #expect(output.text.contains("deployment.apps \"web\" deleted"), "\(output.text)")
            output = try await kubectl(["auth", "can-i", "--list", "--as=bob"])
            #expect(output.text.contains("selfsubjectrulesreviews.authorization.k8s.io"), "\(output.text)")
            output = try await kubectl(["auth", "can-i", "create", "pods", "--as=bob"])
            #expect(output.text == "no\n" && output.code == 1, "\(output.text)")
            output = try await kubectl(["create", "rolebinding", "b", "--clusterrole=edit", "--user=bob"])
            #expect(output.code == 0, "\(output.text)")
            for _ in 0..<200 {
                output = try await kubectl(["auth", "can-i", "create", "pods", "--as=bob"])
                if output.text == "yes\n" { break }
            }
            #expect(output.text == "yes\n", "\(output.text)")
            output = try await kubectl(["create", "token", "default", "--duration=20m"])
            #expect(output.text.split(separator: ".").count == 3, "\(output.text)")
            output = try await kubectl(["get", "clusterroles", "-o", "name"])
            #expect(output.text.split(separator: "\n").count == 72, "\(output.text)")
            output = try await kubectl(["create", "-f", try cluster.certificateRequest(name: "bob")])
            #expect(output.text.contains("certificatesigningrequest.certificates.k8s.io/bob created"), "\(output.text)")
            output = try await kubectl(["certificate", "approve", "bob"])
            #expect(output.text == "certificatesigningrequest.certificates.k8s.io/bob approved\n", "\(output.text)")
            output = try await kubectl([
                "wait", "csr/bob", "--for=jsonpath={.status.certificate}", "--timeout=180s",
            ])
            #expect(output.code == 0, "\(output.text)")
            output = try await kubectl(["get", "csr", "bob", "-o", "jsonpath={.spec.username} {.status.conditions[*].type}"])
            #expect(output.text == "admin Approved", "\(output.text)")
            output = try await kubectl(["get", "--raw", "/metrics"])
            for name in [
                "workqueue_adds_total{name=\"replicaset-controller\"}", "process_resident_memory_bytes ",
                "apiserver_request_total{code=\"201\"", "etcd_request_duration_seconds_bucket{operation=\"create\"",
            ] {
                #expect(output.text.contains(name), "\(name)")
            }
            output = try await kubectl(["get", "--raw", "/readyz?verbose"])
            #expect(output.text.hasSuffix("readyz check passed\n"), "\(output.text)")
            output = try await kubectl(["get", "configmap", "none"])
            #expect(output.text.contains("Error from server (NotFound): configmaps \"none\" not found"), "\(output.text)")
        }
    }
}
