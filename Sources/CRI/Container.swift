/// What a container may use. Zero: not limited, or left to the runtime.
package struct LinuxResources: Hashable, Sendable {
    /// Microseconds.
    package var cpuPeriod: Int64 = 0
    /// Microseconds of processor time per period.
    package var cpuQuota: Int64 = 0
    package var cpuShares: Int64 = 0
    package var memoryLimitBytes: Int64 = 0
    package var oomScoreAdjust: Int64 = 0
    /// cgroup v2 files by name.
    package var unified: [String: String] = [:]

    package init() {}
}

package struct ContainerMount: Hashable, Sendable {
    package enum Propagation: Hashable, Sendable { case `private`, hostToContainer, bidirectional }

    package var containerPath: String
    package var hostPath: String
    package var readOnly: Bool
    package var propagation: Propagation

    package init(containerPath: String, hostPath: String, readOnly: Bool = false, propagation: Propagation = .private) {
        self.containerPath = containerPath
        self.hostPath = hostPath
        self.readOnly = readOnly
        self.propagation = propagation
    }
}

package struct LinuxSecurity: Hashable, Sendable {
    package var privileged = false
    package var namespaces = NamespaceOptions()
    package var runAsUser: Int64?
    package var runAsUsername = ""
    package var runAsGroup: Int64?
    package var supplementalGroups: [Int64] = []
    package var readOnlyRootFilesystem = false
    package var noNewPrivileges = false
    package var addCapabilities: [String] = []
    package var dropCapabilities: [String] = []
    package var maskedPaths: [String] = []
    package var readOnlyPaths: [String] = []
    package var seccomp: SeccompMode = .unconfined

    package init() {}
}

/// What a container is made from.
package struct ContainerConfig: Hashable, Sendable {
    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var name: String
    /// How many containers of this name the sandbox's pod had before.
    package var attempt: UInt32
    package var image: String
    package var command: [String] = []
    package var args: [String] = []
    package var workingDir = ""
    package var environment: [Variable] = []
    package var mounts: [ContainerMount] = []
    package var labels: [String: String] = [:]
    package var annotations: [String: String] = [:]
    /// Below the sandbox's log directory.
    package var logPath = ""
    package var stdin = false
    package var stdinOnce = false
    package var tty = false
    package var resources = LinuxResources()
    package var security = LinuxSecurity()

    package init(name: String, attempt: UInt32, image: String) {
        self.name = name
        self.attempt = attempt
        self.image = image
    }
}

package enum RuntimeContainerState: Hashable, Sendable { case created, running, exited, unknown }

/// A container in a listing.
package struct RuntimeContainer: Hashable, Sendable {
    package var id: String
    package var sandbox: String
    package var name: String
    package var attempt: UInt32
    package var image: String
    package var imageRef: String
    package var state: RuntimeContainerState
    /// Nanoseconds since the epoch.
    package var createdAt: Int64
    package var labels: [String: String]
    package var annotations: [String: String]

    package init(
        id: String, sandbox: String, name: String, attempt: UInt32, image: String = "", imageRef: String = "",
        state: RuntimeContainerState, createdAt: Int64 = 0, labels: [String: String] = [:], annotations: [String: String] = [:]
    ) {
        self.id = id
        self.sandbox = sandbox
        self.name = name
        self.attempt = attempt
        self.image = image
        self.imageRef = imageRef
        self.state = state
        self.createdAt = createdAt
        self.labels = labels
        self.annotations = annotations
    }
}

/// All that the runtime knows of a container. Times are nanoseconds since the epoch, zero: not yet.
package struct RuntimeContainerStatus: Hashable, Sendable {
    package var id: String
    package var name: String
    package var attempt: UInt32
    package var state: RuntimeContainerState
    package var createdAt: Int64
    package var startedAt: Int64 = 0
    package var finishedAt: Int64 = 0
    package var exitCode: Int32 = 0
    package var image: String = ""
    package var imageRef: String = ""
    /// `Completed`, `Error`, `OOMKilled`, ...
    package var reason = ""
    package var message = ""
    package var labels: [String: String] = [:]
    package var annotations: [String: String] = [:]
    package var logPath = ""

    package init(id: String, name: String, attempt: UInt32, state: RuntimeContainerState, createdAt: Int64) {
        self.id = id
        self.name = name
        self.attempt = attempt
        self.state = state
        self.createdAt = createdAt
    }
}
