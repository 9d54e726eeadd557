import Glibc

/// Three etcd members on loopback with etcd's own timing, for as long as the value lives; a member can be killed and started again.
final class EtcdMembers {
    struct Failure: Error {
        var what: String
    }

    private static let program = "/usr/bin/etcd"
    static var isInstalled: Bool { access(program, X_OK) == 0 }

    let ports: [Int]
    private let peerPorts: [Int]
    private let directory: String
    private var children: [pid_t?] = [nil, nil, nil]

    init() throws {
        var template = Array("/var/tmp/skiff-etcd-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        guard !directory.isEmpty else { throw Failure(what: "mkdtemp: errno \(errno)") }
        // Below the ports that the kernel gives to clients.
        let first = 21_000 + Int(getpid()) % 1000 * 6
        ports = (0..<3).map { first + $0 }
        peerPorts = (0..<3).map { first + 3 + $0 }
        for index in 0..<3 { try start(index) }
    }

    deinit {
        for index in 0..<3 { kill(index) }
        if let remover = try? spawn("/bin/rm", ["-rf", directory]) { wait(remover) }
    }

    var urls: String { ports.map { "http://127.0.0.1:\($0)" }.joined(separator: ",") }

    func start(_ index: Int) throws {
        let cluster = peerPorts.enumerated().map { "m\($0.offset)=http://127.0.0.1:\($0.element)" }.joined(separator: ",")
        let client = "http://127.0.0.1:\(ports[index])"
        let peer = "http://127.0.0.1:\(peerPorts[index])"
        children[index] = try spawn(
            Self.program,
            [
                "--name=m\(index)", "--data-dir=\(directory)/m\(index)", "--listen-client-urls=\(client)",
                "--advertise-client-urls=\(client)", "--listen-peer-urls=\(peer)", "--initial-advertise-peer-urls=\(peer)",
                "--initial-cluster=\(cluster)", "--log-level=fatal", "--logger=zap",
            ])
    }

    func kill(_ index: Int) {
        guard let child = children[index] else { return }
        children[index] = nil
        Glibc.kill(child, SIGKILL)
        wait(child)
    }

    private func wait(_ child: pid_t) {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    private func spawn(_ program: String, _ words: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var pointers = ([program] + words).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child = pid_t()
        let status = posix_spawn(&child, program, &actions, nil, &pointers, environ)
        guard status == 0 else { throw Failure(what: "\(program): errno \(status)") }
        return child
    }
}
