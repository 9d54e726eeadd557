import ArgumentParser
import EtcdStore
import GRPC
import Lab
import Logging
import Store

/// Where the cluster is kept, when that is an etcd cluster.
struct EtcdOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep everything in this etcd cluster instead of the data directory: one URL or several, with commas.",
            valueName: "urls"))
    var etcd: String?
    @Option(help: ArgumentHelp("Who signed the certificates of etcd, PEM.", valueName: "file"))
    var etcdCafile: String?
    @Option(help: ArgumentHelp("The certificate that etcd is shown, PEM.", valueName: "file"))
    var etcdCertfile: String?
    @Option(help: ArgumentHelp("The key of that certificate, PEM.", valueName: "file"))
    var etcdKeyfile: String?

    mutating func validate() throws {
        if etcd == nil, etcdCafile != nil || etcdCertfile != nil || etcdKeyfile != nil {
            throw ValidationError("--etcd-cafile, --etcd-certfile and --etcd-keyfile need --etcd")
        }
        if (etcdCertfile == nil) != (etcdKeyfile == nil) {
            throw ValidationError("--etcd-certfile and --etcd-keyfile go together")
        }
    }

    /// Nil: the store is in the data directory.
    func store(_ log: Logger) throws -> (@Sendable () async throws -> any Store)? {
        guard let etcd else { return nil }
        var tls: GRPCConfiguration.TLS?
        if etcdCafile != nil || etcdCertfile != nil {
            tls = GRPCConfiguration.TLS(
                authoritiesPEM: try Self.bytes(etcdCafile), certificatePEM: try Self.bytes(etcdCertfile),
                keyPEM: try Self.bytes(etcdKeyfile))
        }
        let configuration = try EtcdConfiguration(urls: etcd, tls: tls)
        return { try await EtcdStore.open(configuration, environment: .system, logger: log) }
    }

    private static func bytes(_ file: String?) throws -> [UInt8]? { try file.map { Array(try FileTree.text($0).utf8) } }
}

extension EtcdEnvironment {
    static let system: EtcdEnvironment = {
        let start = ContinuousClock.now
        return EtcdEnvironment(
            monotonic: { ContinuousClock.now - start }, sleep: { try await ContinuousClock().sleep(for: $0) })
    }()
}
