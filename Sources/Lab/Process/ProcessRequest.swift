import CLinux
import Glibc

/// A program to start, with the namespaces and control groups it starts in.
package struct ProcessRequest: Sendable {
    package var path: String
    /// All of argv: the first word is what process listings show.
    package var arguments: [String]
    package var environment: [String: String]
    /// Standard output and error are appended here; nil: they are the caller's.
    package var logFile: String?
    /// Descriptors that become 3, 4, ... in the program.
    package var passedDescriptors: [Int32] = []
    /// `cgroup.procs` files to join first.
    package var cgroups: [String] = []
    /// `cgroup.procs` file to join after the program has a cgroup namespace of its own.
    package var cgroupLeaf: String?
    /// An open network namespace to enter.
    package var networkNamespace: Int32?
    package var namespaces: NamespaceFlags = []
    /// Starts a session of its own, out of reach of a terminal's Ctrl-C.
    package var startsSession = false

    package init(path: String, arguments: [String], environment: [String: String], logFile: String? = nil) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.logFile = logFile
    }

    /// A log that grew beyond this is set aside as `.old` when its program starts again.
    package static let logBytesMax = 32 << 20
}

/// Namespaces that a program gets for itself.
package struct NamespaceFlags: OptionSet, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let mount = NamespaceFlags(rawValue: SKIFF_CLONE_NEWNS)
    package static let process = NamespaceFlags(rawValue: SKIFF_CLONE_NEWPID)
    package static let hostname = NamespaceFlags(rawValue: SKIFF_CLONE_NEWUTS)
    package static let interprocess = NamespaceFlags(rawValue: SKIFF_CLONE_NEWIPC)
    package static let cgroup = NamespaceFlags(rawValue: SKIFF_CLONE_NEWCGROUP)
    /// Everything that makes a machine of its own but the network, which is made beforehand.
    package static let machine: NamespaceFlags = [.mount, .process, .hostname, .interprocess, .cgroup]
}

extension ProcessRequest {
    /// Starts the program as a child of this process and returns its pid once it was executed.
    ///
    /// Safe in a threaded program: the child runs nothing but C until it becomes the program.
    package func start() throws(SystemError) -> Int32 {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        func openFile(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
            let descriptor = open(path, flags | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw SystemError("open \(path)", errno: errno) }
            opened.append(descriptor)
            return descriptor
        }
        let input = try openFile("/dev/null", O_RDONLY)
        var output: Int32 = STDOUT_FILENO
        var errors: Int32 = STDERR_FILENO
        if let logFile {
            Self.setAside(logFile)
            output = try openFile(logFile, O_WRONLY | O_CREAT | O_APPEND)
            errors = output
        }
        let descriptors = [input, output, errors] + passedDescriptors
        var groups: [Int32] = []
        for group in cgroups { groups.append(try openFile(group, O_WRONLY)) }
        let leaf = try cgroupLeaf.map { path throws(SystemError) in try openFile(path, O_WRONLY) } ?? -1
        var step: Int32 = 0
        let pid = withStrings(arguments) { argv in
            withStrings(environment.map { "\($0.key)=\($0.value)" }.sorted()) { envp in
                // SAFETY: every pointer in the request outlives the call, which returns after the child has executed.
                path.withCString { path in
                    var request = skiff_spawn_request()
                    request.path = path
                    request.argv = argv
                    request.envp = envp
                    request.cgroup_leaf = leaf
                    request.network_namespace = networkNamespace ?? -1
                    request.unshare_flags = namespaces.rawValue
                    request.new_session = startsSession ? 1 : 0
                    return descriptors.withUnsafeBufferPointer { descriptors in
                        groups.withUnsafeBufferPointer { groups in
                            request.descriptors = descriptors.baseAddress
                            request.descriptor_count = Int32(descriptors.count)
                            request.cgroups = groups.baseAddress
                            request.cgroup_count = Int32(groups.count)
                            return skiff_spawn(&request, &step)
                        }
                    }
                }
            }
        }
        guard pid > 0 else { throw SystemError("start \(self.path) (\(Self.name(step)))", errno: -pid) }
        return pid
    }

    private static func setAside(_ logFile: String) {
        var status = stat()
        if stat(logFile, &status) == 0, status.st_size > logBytesMax { rename(logFile, "\(logFile).old") }
    }

    private static func name(_ step: Int32) -> String {
        switch step {
        case SKIFF_SPAWN_FORK: "fork"
        case SKIFF_SPAWN_CGROUP: "joining its control group"
        case SKIFF_SPAWN_NETWORK: "entering its network namespace"
        case SKIFF_SPAWN_UNSHARE: "making its namespaces"
        case SKIFF_SPAWN_DESCRIPTORS: "arranging its descriptors"
        default: "executing it"
        }
    }
}

/// Lends `strings` as the null-terminated array of C strings that exec takes.
private func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    // SAFETY: the copies are freed after `body` returned, and `pointers` ends with nil.
    return pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array holds at least its terminator") }
        return body(base)
    }
}

/// How a child ended.
package enum ProcessExit: Hashable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    package init(waitStatus: Int32) {
        let value = skiff_exit_code(waitStatus)
        self = value >= 256 ? .signal(value - 256) : .code(value)
    }

    package var isSuccess: Bool { self == .code(0) }
    package var description: String {
        switch self {
        case .code(let code): "exit status \(code)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}

extension ProcessRequest {
    /// Starts the program and waits for its end. Blocks.
    package func run() throws(SystemError) -> ProcessExit {
        let pid = try start()
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError("wait for \(path)", errno: errno) }
        }
        return ProcessExit(waitStatus: status)
    }
}
