import API
import CRI
import ControlLoop

extension PodWorker {
    /// Pulls, creates and starts one container; false when it has to wait.
    func start(_ start: PodActions.Start, _ observed: PodObservation) async throws -> Bool {
        let container = start.container
        guard let image = await ensureImage(container) else { return false }
        let config: ContainerConfig
        do {
            config = try await self.config(start, image, observed)
        } catch {
            let message = (error as? ContainerConfigError)?.message ?? "\(error)"
            hold(container, "CreateContainerConfigError", message)
            context.event(pod, "Warning", "Failed", "Error: \(message)", container: container.name)
            return false
        }
        guard let sandbox = observed.readySandbox else { return false }
        // What the container before this one did counts against it.
        if observed.latest(container.name)?.hasEnded ?? false { backoff.tried(container.name, at: context.now()) }
        let sandboxConfig = SandboxConfigBuilder(configuration: context.configuration, dns: context.dns)
            .build(pod, attempt: sandbox.metadata.attempt)
        let id: String
        do throws(RuntimeError) {
            id = try await context.runtime.createContainer(config, in: sandbox.id, sandboxConfig: sandboxConfig)
        } catch {
            hold(container, "CreateContainerError", error.message)
            context.event(pod, "Warning", "Failed", "Error: \(error.message)", container: container.name)
            return false
        }
        context.event(pod, "Normal", "Created", "Container created", container: container.name)
        do throws(RuntimeError) {
            try await context.runtime.startContainer(id)
        } catch {
            hold(container, "RunContainerError", error.message)
            context.event(pod, "Warning", "Failed", "Error: \(error.message)", container: container.name)
            return false
        }
        context.event(pod, "Normal", "Started", "Container started", container: container.name)
        waiting[container.name] = nil
        isNoted.remove(container.name)
        await runPostStart(container, id, observed)
        return true
    }

    private func hold(_ container: Container, _ reason: String, _ message: String) {
        waiting[container.name] = WaitingReason(reason: reason, message: message)
    }

    private func config(
        _ start: PodActions.Start, _ image: (ref: String, record: ImageRecord?), _ observed: PodObservation
    ) async throws -> ContainerConfig {
        let container = start.container
        let services = ServiceEnvironment.variables(
            context.services.list(), namespace: pod.metadata.namespace, links: pod.spec.enableServiceLinks)
        let environment = try EnvironmentBuilder(
            container: container, fields: fields(observed), services: services, objects: try await objects.fetch(for: pod)
        ).build()
        let builder = ContainerConfigBuilder(
            configuration: context.configuration, pod: pod, container: container, attempt: start.attempt, imageRef: image.ref,
            image: image.record, environment: environment, volumes: volumePaths, nodeMemoryBytes: context.machine.memoryBytes,
            target: try target(of: container, observed))
        let config = try builder.build()
        try writeHosts(observed)
        if !container.terminationMessagePath.isEmpty {
            let path = paths.terminationLog(container.name, attempt: start.attempt)
            try NodeFiles.makeDirectories("\(paths.root)/containers/\(container.name)")
            try NodeFiles.write(path, [], mode: 0o666)
        }
        for mount in config.mounts where !NodeFiles.exists(mount.hostPath) {
            // A subPath that is not there yet, or a hostPath without a type: a directory, as upstream makes it.
            try NodeFiles.makeDirectories(mount.hostPath)
        }
        return config
    }

    /// The running container whose processes an ephemeral one sees.
    private func target(of container: Container, _ observed: PodObservation) throws(ContainerConfigError) -> String? {
        let name = container.targetContainerName
        guard !name.isEmpty else { return nil }
        guard let latest = observed.latest(name) else {
            throw ContainerConfigError(message: "unable to find target container \"\(name)\"")
        }
        guard latest.isRunning else {
            throw ContainerConfigError(message: "target container \"\(name)\" is not running")
        }
        return latest.id
    }

    private func writeHosts(_ observed: PodObservation) throws {
        let nodeFile = NodeFiles.text("/etc/hosts") ?? "127.0.0.1\tlocalhost\n"
        let text = HostsFile.text(
            pod, addresses: observed.addresses, hostname: HostsFile.hostname(pod),
            domain: HostsFile.domain(pod, clusterDomain: context.configuration.clusterDomain), nodeFile: nodeFile)
        let bytes = Array(text.utf8)
        if NodeFiles.read(paths.hosts) != bytes { try NodeFiles.write(paths.hosts, bytes) }
    }

    /// The reference to run, or nil when the container has to wait for its image.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/images/image_manager.go`, `EnsureImageExists`.
    private func ensureImage(_ container: Container) async -> (ref: String, record: ImageRecord?)? {
        guard let image = ImageReference(parsing: container.image) else {
            let message =
                "Failed to apply default image tag \"\(container.image)\": couldn't parse image name \"\(container.image)\": "
                + "invalid reference format"
            hold(container, "InvalidImageName", message)
            if isNoted.insert("image:\(container.name)").inserted {
                context.event(pod, "Warning", "InspectFailed", message, container: container.name)
                context.event(pod, "Warning", "Failed", "Error: InvalidImageName", container: container.name)
            }
            return nil
        }
        let present: ImageRecord?
        do throws(RuntimeError) {
            present = try await context.images.imageStatus(image.name)
        } catch {
            hold(container, "ImageInspectError", "Failed to inspect image \"\(container.image)\": \(error)")
            context.event(
                pod, "Warning", "InspectFailed", "Failed to inspect image \"\(container.image)\": \(error)",
                container: container.name)
            return nil
        }
        let policy = PullPolicy(container, image)
        if !policy.needsPull(isPresent: present != nil) {
            if let present {
                context.event(
                    pod, "Normal", "Pulled", "Container image \"\(container.image)\" already present on machine",
                    container: container.name)
                pullErrors[image.name] = nil
                return (present.id, present)
            }
            let message = "Container image \"\(container.image)\" is not present with pull policy of Never"
            hold(container, "ErrImageNeverPull", message)
            if isNoted.insert("image:\(container.name)").inserted {
                context.event(pod, "Warning", "ErrImageNeverPull", message, container: container.name)
                context.event(pod, "Warning", "Failed", "Error: ErrImageNeverPull", container: container.name)
            }
            return nil
        }
        return await pull(container, image)
    }

    private func pull(_ container: Container, _ image: ImageReference) async -> (ref: String, record: ImageRecord?)? {
        if let before = pullErrors[image.name], pullBackoff.blockedSinceLastTry(image.name, now: context.now()) != nil {
            hold(
                container, "ImagePullBackOff",
                "Back-off pulling image \"\(container.image)\": \(before.reason): \(before.message)")
            if isNoted.insert("pull:\(container.name)").inserted {
                context.event(
                    pod, "Normal", "BackOff", "Back-off pulling image \"\(container.image)\"", container: container.name)
                context.event(pod, "Warning", "Failed", "Error: ImagePullBackOff", container: container.name)
            }
            return nil
        }
        context.event(pod, "Normal", "Pulling", "Pulling image \"\(container.image)\"", container: container.name)
        let started = context.now()
        var secrets: [Secret] = []
        for name in pod.spec.imagePullSecrets {
            if let secret = try? await objects.secret(name, pod) { secrets.append(secret) }
        }
        do throws(RuntimeError) {
            let credentials = PullSecrets.credentials(for: image.registry, in: secrets)
            let ref = try await context.puller.pull(image.name, credentials: credentials)
            let record = try await context.images.imageStatus(ref)
            let took = context.now().duration(since: started)
            let milliseconds = took.components.seconds * 1000 + took.components.attoseconds / 1_000_000_000_000_000
            context.event(
                pod, "Normal", "Pulled",
                "Successfully pulled image \"\(container.image)\" in \(milliseconds)ms. "
                    + "Image size: \(record?.sizeBytes ?? 0) bytes.", container: container.name)
            pullErrors[image.name] = nil
            pullBackoff.forget(image.name)
            isNoted.remove("pull:\(container.name)")
            return (record?.id ?? ref, record)
        } catch {
            pullBackoff.tried(image.name, at: context.now())
            isNoted.remove("pull:\(container.name)")
            let reason = WaitingReason(reason: "ErrImagePull", message: "\(error)")
            pullErrors[image.name] = reason
            waiting[container.name] = reason
            context.event(
                pod, "Warning", "Failed", "Failed to pull image \"\(container.image)\": \(error)", container: container.name)
            context.event(pod, "Warning", "Failed", "Error: ErrImagePull", container: container.name)
            return nil
        }
    }

    private func runPostStart(_ container: Container, _ id: String, _ observed: PodObservation) async {
        guard let hook = container.postStart else { return }
        let outcome = await context.handlers.run(
            hook, container: container, id: id, podAddress: observed.addresses.first ?? "127.0.0.1", timeout: .seconds(120))
        guard outcome.result == .failure else { return }
        context.event(
            pod, "Warning", "FailedPostStartHook", "PostStartHook failed: \(outcome.message)", container: container.name)
        context.event(pod, "Normal", "Killing", "FailedPostStartHook", container: container.name)
        try? await context.runtime.stopContainer(id, graceSeconds: pod.spec.terminationGracePeriodSeconds)
    }
}
