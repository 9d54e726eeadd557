import API
import EtcdStore
import Glibc
import HTTP
import JSON
import Logging
import NetworkTypes
import PKI
import Store
import Synchronization

@testable import ClusterCore

/// A control plane with certificates of its own below a temporary directory.
struct LoopbackCluster {
    struct Output {
        var code: Int32
        var text: String
    }

    struct Failure: Error {}

    let directory: String
    let authority: CertificateAuthority
    /// The etcd that the cluster is kept in; nil: its own file.
    private let etcd: String?
    var manifest: String { directory + "/front.yaml" }

    init(etcd: String? = nil) throws {
        self.etcd = etcd
        var template = Array("/tmp/skiff-core-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        authority = try CertificateAuthority(commonName: "test-ca")
        write(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: front
            spec:
              selector:
                app: web
              ports:
              - port: 80
                targetPort: 8080
            """, to: "front.yaml")
    }

    private func write(_ text: String, to name: String) {
        let file = open(directory + "/" + name, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(file, bytes.baseAddress, bytes.count) }
        close(file)
    }

    /// A file with a request for a client certificate.
    func certificateRequest(name: String) throws -> String {
        let made = try SigningRequest.make(commonName: name, organizations: ["devs"])
        let file = "\(name)-request.json"
        write(
            JSONWriter.text(
                [
                    "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
                    "metadata": ["name": .string(name)],
                    "spec": [
                        "request": .string(Base64.encode(Array(made.requestPEM.utf8))),
                        "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["digital signature", "client auth"],
                        "expirationSeconds": 3600,
                    ],
                ]), to: file)
        return directory + "/" + file
    }

    private func configuration() throws -> ClusterCoreConfiguration {
        let serving = try authority.issue(
            .server(commonName: "kube-apiserver", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"]))
        let kubeletClient = try authority.issue(
            .client(commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"]))
        guard let services = CIDR(parsing: "10.96.0.0/16"), let pods = CIDR(parsing: "10.244.0.0/16"),
            let address = IPAddress(parsing: "127.0.0.1")
        else { throw Failure() }
        var logger = Logger(label: "test")
        logger.logLevel = .error
        var configuration = ClusterCoreConfiguration(
            dataDirectory: directory + "/data", listeners: [.address(host: "127.0.0.1", port: 0)],
            servingCertificatePEM: serving.certificatePEM, servingKeyPEM: serving.privateKeyPEM,
            clientCAPEM: authority.certificatePEM, serviceAccountKeyPEM: TokenSigner.makePrivateKeyPEM(),
            kubeletClientCertificatePEM: kubeletClient.certificatePEM, kubeletClientKeyPEM: kubeletClient.privateKeyPEM,
            serviceCIDR: services, clusterCIDR: pods, advertiseAddress: address, logger: logger)
        configuration.clientCAKeyPEM = authority.privateKeyPEM
        if let etcd {
            configuration.openStore = { [logger] in try await Self.openStore(etcd, logger: logger) }
        }
        return configuration
    }

    /// Opens as soon as the server answers.
    private static func openStore(_ urls: String, logger: Logger) async throws -> any Store {
        let start = ContinuousClock.now
        let environment = EtcdEnvironment(
            monotonic: { ContinuousClock.now - start }, sleep: { try await ContinuousClock().sleep(for: $0) })
        let settings = try EtcdConfiguration(urls: urls)
        while true {
            do throws(StoreError) {
                return try await EtcdStore.open(settings, environment: environment, logger: logger)
            } catch {
                guard case .unavailable = error, ContinuousClock.now - start < .seconds(120) else { throw error }
            }
            try await environment.sleep(.milliseconds(50))
        }
    }

    /// Runs `body` against the running server and then removes everything.
    func run(_ body: @Sendable (_ kubectl: @Sendable ([String]) async throws -> Output) async throws -> Void) async throws {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let core = ClusterCore(try configuration()) { listeners in
            if case .address(_, let port)? = listeners.first { continuation.yield(port) }
            continuation.finish()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await core.run()
            }
            var iterator = ports.makeAsyncIterator()
            if let port = await iterator.next() {
                try writeKubeconfig(port: port)
                let directory = directory
                try await body { arguments in await Self.kubectl(arguments, directory: directory) }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        _ = await Self.shell("rm -rf \(directory)")
    }

    /// Runs `body` against the running server until it ends by itself, and then removes everything.
    func run(
        shutdownDelay: Duration, _ body: @Sendable (_ core: ClusterCore, _ client: HTTPClient) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        var settings = try configuration()
        settings.shutdownDelay = shutdownDelay
        let core = ClusterCore(settings) { listeners in
            if case .address(_, let port)? = listeners.first { continuation.yield(port) }
            continuation.finish()
        }
        let admin = try authority.issue(.client(commonName: "admin", organizations: ["system:masters"]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await core.run()
            }
            var iterator = ports.makeAsyncIterator()
            if let port = await iterator.next() {
                let tls = HTTPClientConfiguration.TLS(
                    caPEM: Array(authority.certificatePEM.utf8), clientCertificatePEM: Array(admin.certificatePEM.utf8),
                    clientKeyPEM: Array(admin.privateKeyPEM.utf8))
                try await body(
                    core,
                    HTTPClient(
                        configuration: .init(host: "127.0.0.1", port: port, tls: tls), logger: Logger(label: "test")))
            }
            try await group.waitForAll()
        }
        _ = await Self.shell("rm -rf \(directory)")
    }

    private func writeKubeconfig(port: Int) throws {
        let admin = try authority.issue(.client(commonName: "admin", organizations: ["system:masters"]))
        write(authority.certificatePEM, to: "ca.crt")
        write(admin.certificatePEM, to: "admin.crt")
        write(admin.privateKeyPEM, to: "admin.key")
        write(
            JSONWriter.text(
                [
                    "apiVersion": "v1", "kind": "Config", "current-context": "t",
                    "clusters": [
                        [
                            "name": "t",
                            "cluster": ["server": "https://127.0.0.1:\(port)", "certificate-authority": "ca.crt"],
                        ]
                    ],
                    "users": [["name": "t", "user": ["client-certificate": "admin.crt", "client-key": "admin.key"]]],
                    "contexts": [["name": "t", "context": ["cluster": "t", "user": "t"]]],
                ]), to: "kubeconfig")
    }

    private static func kubectl(_ arguments: [String], directory: String) async -> Output {
        let words = arguments.map { "'\($0)'" }.joined(separator: " ")
        return await shell(
            "HOME=\(directory) timeout 300 /usr/bin/kubectl --kubeconfig \(directory)/kubeconfig \(words) 2>&1")
    }

    /// Runs a command on a thread of its own: waiting for it must not hold up the server's tasks.
    static func shell(_ command: String) async -> Output {
        await withCheckedContinuation { continuation in
            let box = Unmanaged.passRetained(Job(command, continuation))
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    // SAFETY: the pointer is the job retained above, consumed once.
                    Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, box.toOpaque())
            pthread_detach(thread)
        }
    }

    private final class Job {
        private let command: String
        private let continuation: CheckedContinuation<Output, Never>

        init(_ command: String, _ continuation: CheckedContinuation<Output, Never>) {
            self.command = command
            self.continuation = continuation
        }

        func run() {
            guard let pipe = popen(command, "re") else {
                continuation.resume(returning: Output(code: -1, text: "popen failed"))
                return
            }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { bytes += buffer[..<count] }
            let status = pclose(pipe)
            continuation.resume(
                returning: Output(code: status >> 8, text: String(decoding: bytes, as: UTF8.self)))
        }
    }
}
