import API
import ControlLoop
import Controllers
import JSON
import Logging
import NetworkTypes
import Testing

/// All controllers together, on tasks, against a cluster in memory.
@Suite struct ControllerSetTests {
    @Test(.timeLimit(.minutes(5))) func `a deployment becomes pods and endpoints, and leaves nothing when deleted`() async throws
    {
        let cluster = MemoryCluster(now: WallClock.now())
        let range = try #require(CIDR(parsing: "10.244.0.0/16"))
        let set = ControllerSet(
            listWatch: cluster, writer: cluster,
            configuration: ControllerSetConfiguration(clusterCIDRs: [range], rootCACertificate: "PEM", kinds: Harness.kinds),
            logger: Logger(label: "test"))
        cluster.put(
            Namespace.resource,
            ["metadata": ["name": "default"], "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"]])
        cluster.put(Node.resource, node("node1", at: WallClock.now()))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await set.run() }
            cluster.put(
                Service.resource,
                [
                    "metadata": ["name": "web", "namespace": "default"],
                    "spec": ["selector": ["app": "web"], "ports": [["port": 80]]],
                ])
            cluster.put(Deployment.resource, deployment("web", replicas: 6))
            try await wait { cluster.all(Pod.self).count == 6 }
            for (index, pod) in cluster.all(Pod.self).enumerated() {
                try await cluster.patch(Pod.resource, pod.key, .merge, ["spec": ["nodeName": "node1"]], subresource: nil)
                try await cluster.patch(
                    Pod.resource, pod.key, .merge,
                    [
                        "status": [
                            "phase": "Running", "podIP": .string("10.244.0.\(index + 2)"),
                            "conditions": [Condition(type: "Ready", status: "True", lastTransitionTime: WallClock.now()).json],
                        ]
                    ], subresource: "status")
            }
            try await wait { cluster.all(EndpointSlice.self).first?.endpoints.count { $0.isReady } == 6 }
            try await wait {
                cluster.all(Deployment.self)[0].status.conditions["Progressing"]?.reason == "NewReplicaSetAvailable"
            }
            #expect(cluster.all(Pod.self).count == 6)
            #expect(cluster.all(Node.self)[0].podCIDR == "10.244.0.0/24")
            #expect(cluster.all(ServiceAccount.self).map(\.key) == [key("default")])
            try await cluster.delete(Deployment.resource, key("web"), DeletionOptions(propagation: .background))
            try await wait { cluster.all(Pod.self).allSatisfy(\.metadata.isBeingDeleted) && cluster.all(ReplicaSet.self).isEmpty }
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }

    /// Until the state is there; the test's time limit is the only clock.
    private func wait(_ isThere: () -> Bool) async throws {
        while !isThere() { try await Task.sleep(for: .milliseconds(5)) }
    }
}
