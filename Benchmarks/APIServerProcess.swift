import ClusterCore
import Glibc
import HTTP
import Logging
import NetworkTypes
import PKI

/// A control plane in a process of its own, so that its CPU time and its memory can be told from its clients'.
final class APIServerProcess: Sendable {
    static let token = "benchmark"
    static let argument = "--serve-api"

    struct Failure: Error {
        var what: String
    }

    let apiPort: Int
    /// Answers `GET /?bytes=N` with N bytes from memory, over the same TLS: what a list of that size can cost at least.
    let bytesPort: Int
    private let pid: pid_t
    private let directory: String

    /// Starts this program again as a server and waits until it listens.
    init() throws {
        var template = Array("/var/tmp/skiff-benchmark-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        var ends: [Int32] = [-1, -1]
        guard !directory.isEmpty, pipe(&ends) == 0 else { throw Failure(what: "pipe: errno \(errno)") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        let words: [String] = ["Benchmarks", Self.argument, directory]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var child: pid_t = 0
        let status = posix_spawn(&child, "/proc/self/exe", &actions, nil, arguments, environ)
        for argument in arguments { free(argument) }
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        defer { close(ends[0]) }
        guard status == 0 else { throw Failure(what: "posix_spawn: errno \(status)") }
        pid = child
        let line = Self.readLine(from: ends[0])
        let ports = line.split(separator: " ").compactMap { Int($0) }
        guard ports.count == 2 else { throw Failure(what: "the server did not start: \(line)") }
        (apiPort, bytesPort) = (ports[0], ports[1])
    }

    func stop() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        removeTree(directory)
    }

    /// A client with the administrator's token; its connection is its own.
    func client(port: Int? = nil) throws -> HTTPClient {
        let authority = try Self.read("\(directory)/ca.crt")
        return HTTPClient(
            configuration: HTTPClientConfiguration(
                host: "127.0.0.1", port: port ?? apiPort, tls: HTTPClientConfiguration.TLS(caPEM: Array(authority.utf8))),
            logger: Logger(label: "client") { _ in SwiftLogNoOpLogHandler() })
    }

    /// CPU time of the server since it began, nanoseconds.
    var cpuNanoseconds: UInt64 {
        guard let text = try? Self.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = UInt64(fields[12]), let system = UInt64(fields[13]) else { return 0 }
        return (user + system) * 1_000_000_000 / UInt64(sysconf(Int32(_SC_CLK_TCK)))
    }

    var residentKilobytes: Int {
        guard let text = try? Self.read("/proc/\(pid)/statm"), let pages = Int(text.split(separator: " ").dropFirst().first ?? "")
        else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
    }

    private static func readLine(from descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(descriptor, &byte, 1) == 1, byte != 0x0a { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func read(_ path: String) throws -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw Failure(what: "open \(path): errno \(errno)") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private func removeTree(_ path: String) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            if entry.pointee.d_type == UInt8(DT_DIR) { removeTree("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }
}

/// The server's side of `APIServerProcess`.
enum APIServerMain {
    static func run(directory: String) async throws {
        let authority = try CertificateAuthority(commonName: "benchmark")
        let serving = try authority.issue(
            .server(commonName: "kube-apiserver", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"]))
        let kubelet = try authority.issue(.client(commonName: "kubelet-client", organizations: ["system:masters"]))
        guard let services = CIDR(parsing: "10.96.0.0/16"), let pods = CIDR(parsing: "10.244.0.0/16"),
            let address = IPAddress(parsing: "127.0.0.1")
        else { return }
        try write(authority.certificatePEM, to: "\(directory)/ca.crt")
        var logger = Logger(label: "server")
        logger.logLevel = .error
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let core = ClusterCore(
            ClusterCoreConfiguration(
                dataDirectory: directory + "/data", listeners: [.address(host: "127.0.0.1", port: 0)],
                servingCertificatePEM: serving.certificatePEM, servingKeyPEM: serving.privateKeyPEM,
                clientCAPEM: authority.certificatePEM, serviceAccountKeyPEM: TokenSigner.makePrivateKeyPEM(),
                kubeletClientCertificatePEM: kubelet.certificatePEM, kubeletClientKeyPEM: kubelet.privateKeyPEM,
                serviceCIDR: services, clusterCIDR: pods, advertiseAddress: address,
                staticTokens: [.init(token: APIServerProcess.token, user: "benchmark", groups: ["system:masters"])],
                logger: logger)
        ) { listeners in continuation.yield(listeners.first?.port ?? 0) }
        let bytes = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: [.address(host: "127.0.0.1", port: 0)],
                tls: .init(
                    certificateChainPEM: Array(serving.certificatePEM.utf8), privateKeyPEM: Array(serving.privateKeyPEM.utf8))),
            logger: logger, handler: memory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await core.run() }
            group.addTask { try await bytes.run() }
            group.addTask {
                var iterator = ports.makeAsyncIterator()
                let api = await iterator.next() ?? 0
                print("\(api) \(await bytes.boundAddresses.first?.port ?? 0)")
            }
            for try await _ in group {}
        }
    }

    private static let piece = [UInt8](repeating: 0x61, count: 3000)

    @Sendable private static func memory(_ request: HTTPRequest) async -> HTTPResponse {
        let count = request.query("bytes").flatMap { Int($0) } ?? 0
        return HTTPResponse(status: 200, body: .slices(Array(repeating: piece, count: count / piece.count)))
    }

    private static func write(_ text: String, to path: String) throws {
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard file >= 0 else { throw APIServerProcess.Failure(what: "open \(path): errno \(errno)") }
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(file, bytes.baseAddress, bytes.count) }
        close(file)
    }
}
