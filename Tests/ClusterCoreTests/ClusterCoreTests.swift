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
            output = try await kubectl(["get", "pods", "-w", "--request-timeout=2s"])
            #expect(output.text.contains("web-"), "\(output.text)")
            output = try await kubectl(["delete", "deployment", "web", "--timeout=20s"])
            #expect(output.text.contains("deployment.apps \"web\" deleted"), "\(output.text)")
            output = try await kubectl(["get", "configmap", "none"])
            #expect(output.text.contains("Error from server (NotFound): configmaps \"none\" not found"), "\(output.text)")
        }
    }
}
