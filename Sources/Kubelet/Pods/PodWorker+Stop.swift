import API
import CRI
import ControlLoop

extension PodWorker {
    /// A hook may use up the grace period, but a container always gets this long after its SIGTERM.
    private static let graceMin: Int64 = 2

    /// Ends every container at once, then stops the sandboxes and reports how it ended.
    func kill(graceSeconds: Int64) async throws {
        let observed = try await observe()
        try await writeStatus(observed)
        let definitions = Dictionary(
            pod.spec.everyContainer.map { ($0.name, $0) }
        ) { first, _ in first }
        let running = observed.running
        try await withThrowingTaskGroup(of: Void.self) { group in
            for container in running {
                let name = container.status.name
                let definition = definitions[name] ?? Container(name: name, image: container.status.image)
                context.event(pod, "Normal", "Killing", "Stopping container \(name)", container: name)
                group.addTask { try await self.stop(container.id, definition, graceSeconds: graceSeconds) }
            }
            try await group.waitForAll()
        }
        for sandbox in observed.sandboxes { try await context.runtime.stopPodSandbox(sandbox.id) }
        board.keep(only: [])
        try await writeStatus(try await observe())
    }

    /// preStop hook, SIGTERM, and SIGKILL when the time is over.
    func stop(_ id: String, _ container: Container, graceSeconds: Int64) async throws {
        var left = graceSeconds
        if let hook = container.preStop, graceSeconds > 0 {
            let started = context.now()
            let address = pod.status.podIP.isEmpty ? "127.0.0.1" : pod.status.podIP
            let (handlers, clock) = (context.handlers, context.clock)
            let result = await Deadline.run(.seconds(graceSeconds), clock: clock) {
                await handlers.run(hook, container: container, id: id, podAddress: address, timeout: .seconds(graceSeconds))
            }
            if case .success(let outcome) = result, outcome.result == .failure {
                context.event(
                    pod, "Warning", "FailedPreStopHook", "PreStopHook failed: \(outcome.message)", container: container.name)
            }
            left -= context.now().duration(since: started).components.seconds
        }
        do throws(RuntimeError) {
            try await context.runtime.stopContainer(id, graceSeconds: max(Self.graceMin, left))
        } catch {
            if error.code != .notFound { throw error }
        }
    }

    /// Takes down what the kubelet made for the pod. Containers stay for their logs unless `remove`.
    func cleanUp(remove: Bool) async throws {
        try VolumeMounter.unmountAll(paths)
        if remove {
            let observed = try await observe()
            for container in observed.containers { try await context.runtime.removeContainer(container.id) }
            for sandbox in observed.sandboxes {
                try await context.runtime.stopPodSandbox(sandbox.id)
                try await context.runtime.removePodSandbox(sandbox.id)
            }
            try NodeFiles.remove(paths.root)
            try NodeFiles.remove(paths.logs)
        }
        for path in PodCgroupPath.candidates(uid: uid) { context.cgroups.remove(path) }
    }
}
