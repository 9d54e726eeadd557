import CLinux
import Glibc
import JSON
import NetworkTypes

@testable import Netlink

/// The built plugin, run as a container runtime runs it.
struct PluginBinary {
    /// In the folder that `SKIFF_BIN` names, else beside the test bundle; nil when it was not built.
    static let path: String? = {
        guard let folder = getenv("SKIFF_BIN").map({ String(cString: $0) }) ?? bundleFolder else { return nil }
        let path = folder + "/skiff-cni"
        return access(path, X_OK) == 0 ? path : nil
    }()

    private static var bundleFolder: String? {
        guard let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") }) else { return nil }
        let folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return folder.isEmpty ? "." : folder
    }

    static var isRunnable: Bool { path != nil && getuid() == 0 }

    struct Outcome: Sendable {
        var exitStatus: Int32
        var output: String
        var notice: String

        var json: JSONValue? { try? JSONParser.parse(output) }
        var code: Int64? { json?["code"]?.int }
    }

    /// The namespace that the plugin runs in.
    let host: NetworkNamespace
    /// What it is called as.
    var name = "skiff-cni"

    func run(_ environment: [String: String], _ input: String) throws -> Outcome {
        let name = name
        guard let path = Self.path else { throw POSIXFailure(call: "find skiff-cni", errno: ENOENT) }
        return try host.perform { try Self.spawn(path, name, environment, Array(input.utf8)) }
    }

    func run(_ command: String, _ namespace: String, _ input: String, id: String = "c1", interface: String = "eth0") throws
        -> Outcome
    {
        try run(
            [
                "CNI_COMMAND": command, "CNI_CONTAINERID": id, "CNI_NETNS": namespace, "CNI_IFNAME": interface,
                "CNI_PATH": "/opt/cni/bin",
            ], input)
    }

    /// Starts the plugin and kills it after so many microseconds, if it still runs then.
    func runAndKill(_ environment: [String: String], _ input: String, afterMicroseconds delay: UInt32) throws {
        let name = name
        guard let path = Self.path else { throw POSIXFailure(call: "find skiff-cni", errno: ENOENT) }
        try host.perform {
            let files = try Files(input: Array(input.utf8))
            let pid = try start(path, name, environment, files)
            usleep(delay)
            kill(pid, SIGKILL)
            _ = try wait(for: pid)
        }
    }

    private static func spawn(_ path: String, _ name: String, _ environment: [String: String], _ input: [UInt8]) throws -> Outcome
    {
        let files = try Files(input: input)
        let status = try wait(for: try start(path, name, environment, files))
        return Outcome(exitStatus: skiff_exit_code(status), output: files.text(files.output), notice: files.text(files.notice))
    }
}

struct POSIXFailure: Error {
    var call: String
    var errno: Int32
}

/// Standard streams as files without a name, so that nobody waits for anybody.
private final class Files {
    let input: Int32
    let output: Int32
    let notice: Int32

    init(input bytes: [UInt8]) throws {
        input = try Self.make()
        output = try Self.make()
        notice = try Self.make()
        guard write(input, bytes, bytes.count) == bytes.count, lseek(input, 0, SEEK_SET) == 0 else {
            throw POSIXFailure(call: "write", errno: errno)
        }
    }

    deinit { for file in [input, output, notice] { close(file) } }

    private static func make() throws -> Int32 {
        var template = Array("/tmp/skiff-cni-test-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw POSIXFailure(call: "mkstemp", errno: errno) }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return file
    }

    func text(_ file: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = pread(file, &buffer, buffer.count, 0)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }
}

private func start(_ path: String, _ name: String, _ environment: [String: String], _ files: Files) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (position, file) in [files.input, files.output, files.notice].enumerated() {
        posix_spawn_file_actions_adddup2(&actions, file, Int32(position))
    }
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup(name), nil]
    let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    // SAFETY: the texts live until after the spawn, which copies them.
    defer { for text in arguments + variables { free(text) } }
    var pid: pid_t = 0
    let refused = posix_spawn(&pid, path, &actions, nil, arguments, variables)
    guard refused == 0 else { throw POSIXFailure(call: "posix_spawn", errno: refused) }
    return pid
}

private func wait(for pid: pid_t) throws -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
        guard errno == EINTR else { throw POSIXFailure(call: "waitpid", errno: errno) }
    }
    return status
}
