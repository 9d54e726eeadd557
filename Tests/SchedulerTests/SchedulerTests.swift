import API
import ControlLoop
import JSON
import Logging
import Scheduler
import Testing

/// The whole scheduler, on tasks, against a cluster in memory.
@Suite struct SchedulerTests {
    @Test(.timeLimit(.minutes(5))) func `binds pending pods, tells why others wait, and places them when room appears`()
        async throws
    {
        let cluster = MemoryCluster(now: WallClock.now())
        func putNode(_ name: String, cpu: String) {
            cluster.put(
                Node.resource,
                [
                    "metadata": ["name": .string(name)],
                    "status": ["allocatable": ["cpu": .string(cpu), "memory": "8Gi", "pods": "110"]],
                ])
        }
        for name in ["a", "b", "c"] { putNode(name, cpu: "2") }
        for number in 0..<90 {
            cluster.put(
                Pod.resource,
                [
                    "metadata": [
                        "name": .string("p\(number)"), "namespace": "default", "labels": ["app": "web"],
                        "ownerReferences": [
                            ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "rs", "controller": true]
                        ],
                    ],
                    "spec": ["schedulerName": "default-scheduler", "containers": [["name": "c", "image": "i"]]],
                ])
        }
        cluster.put(
            Pod.resource,
            [
                "metadata": ["name": "big", "namespace": "default"],
                "spec": ["containers": [["name": "c", "image": "i", "resources": ["requests": ["cpu": "8"]]]]],
            ])
        let scheduler = Scheduler(listWatch: cluster, writer: cluster, logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            func big() -> Pod? { cluster.all(Pod.self).first { $0.metadata.name == "big" } }
            while cluster.all(Pod.self).count(where: { !$0.spec.nodeName.isEmpty }) < 90 {
                try await Task.sleep(for: .milliseconds(5))
            }
            let counts = Dictionary(grouping: cluster.all(Pod.self).filter { !$0.spec.nodeName.isEmpty }, by: \.spec.nodeName)
            #expect(counts.mapValues(\.count) == ["a": 30, "b": 30, "c": 30])
            while big()?.status.conditions["PodScheduled"] == nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(big()?.status.conditions["PodScheduled"]?.message == "0/3 nodes are available: 3 Insufficient cpu.")
            putNode("d", cpu: "16")
            while big()?.spec.nodeName != "d" { try await Task.sleep(for: .milliseconds(5)) }
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }
}
