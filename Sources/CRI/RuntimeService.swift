/// Runs sandboxes and containers: the part of the Container Runtime Interface, version 1, that the kubelet uses.
///
/// Every call may be repeated: stopping what is stopped and removing what is gone succeed.
package protocol RuntimeService: Sendable {
    func version() async throws(RuntimeError) -> RuntimeVersion
    /// `RuntimeReady` and `NetworkReady`.
    func status() async throws(RuntimeError) -> [RuntimeCondition]

    /// Creates the sandbox with its namespaces and network; returns its id.
    func runPodSandbox(_ config: PodSandboxConfig, handler: String) async throws(RuntimeError) -> String
    func stopPodSandbox(_ id: String) async throws(RuntimeError)
    func removePodSandbox(_ id: String) async throws(RuntimeError)
    func podSandboxStatus(_ id: String) async throws(RuntimeError) -> PodSandboxStatus
    func listPodSandboxes(labels: [String: String]) async throws(RuntimeError) -> [PodSandbox]

    func createContainer(_ config: ContainerConfig, in sandbox: String, sandboxConfig: PodSandboxConfig)
        async throws(RuntimeError) -> String
    func startContainer(_ id: String) async throws(RuntimeError)
    /// SIGTERM (or the image's stop signal), then SIGKILL after `graceSeconds`.
    func stopContainer(_ id: String, graceSeconds: Int64) async throws(RuntimeError)
    func removeContainer(_ id: String) async throws(RuntimeError)
    func listContainers(labels: [String: String]) async throws(RuntimeError) -> [RuntimeContainer]
    func containerStatus(_ id: String) async throws(RuntimeError) -> RuntimeContainerStatus
    func updateResources(_ id: String, _ resources: LinuxResources) async throws(RuntimeError)

    /// Runs a command to its end; a command that outlives the timeout is killed and reported as `.deadlineExceeded`.
    func execSync(_ id: String, command: [String], timeout: Duration) async throws(RuntimeError) -> ExecResult
    /// Where to stream an exec: a URL of the runtime's streaming server, good for one use.
    func exec(_ id: String, command: [String], streams: StreamOptions) async throws(RuntimeError) -> String
    func attach(_ id: String, streams: StreamOptions) async throws(RuntimeError) -> String
    func portForward(sandbox: String, ports: [Int32]) async throws(RuntimeError) -> String

    /// Something happened to a container; which one is found by listing. The sequence ends with an error when the runtime
    /// goes away or has no such stream.
    func wakeups() async throws(RuntimeError) -> AsyncThrowingStream<Void, any Error>
}

/// Fetches and describes images.
package protocol ImageService: Sendable {
    /// Nil when the image is not on this node.
    func imageStatus(_ image: String) async throws(RuntimeError) -> ImageRecord?
    /// Returns a reference to use in `ContainerConfig.image`.
    func pullImage(_ image: String, credentials: RegistryCredentials?) async throws(RuntimeError) -> String
    func listImages() async throws(RuntimeError) -> [ImageRecord]
    func removeImage(_ image: String) async throws(RuntimeError)
    func imageFilesystems() async throws(RuntimeError) -> [FilesystemUsage]
}

/// A refused or failed call to the runtime.
package struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The gRPC status that the runtime gave.
    package enum Code: Int, Hashable, Sendable {
        case cancelled = 1
        case unknown
        case invalidArgument
        case deadlineExceeded
        case notFound
        case alreadyExists
        case permissionDenied
        case resourceExhausted
        case failedPrecondition
        case aborted
        case outOfRange
        case unimplemented
        case `internal`
        case unavailable
        case dataLoss
        case unauthenticated
    }

    package var code: Code
    /// The runtime's own words; they go into events and statuses.
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// As Go's gRPC library prints it, which is how users know these errors.
    package var description: String { "rpc error: code = \(code.name) desc = \(message)" }
}

extension RuntimeError.Code {
    fileprivate var name: String {
        switch self {
        case .cancelled: "Canceled"
        case .unknown: "Unknown"
        case .invalidArgument: "InvalidArgument"
        case .deadlineExceeded: "DeadlineExceeded"
        case .notFound: "NotFound"
        case .alreadyExists: "AlreadyExists"
        case .permissionDenied: "PermissionDenied"
        case .resourceExhausted: "ResourceExhausted"
        case .failedPrecondition: "FailedPrecondition"
        case .aborted: "Aborted"
        case .outOfRange: "OutOfRange"
        case .unimplemented: "Unimplemented"
        case .internal: "Internal"
        case .unavailable: "Unavailable"
        case .dataLoss: "DataLoss"
        case .unauthenticated: "Unauthenticated"
        }
    }
}
