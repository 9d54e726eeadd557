import EtcdStore
import GRPC
import Glibc
import Logging
import Store
import Synchronization
import Testing

/// Three members that ask for certificates.
@Suite(.serialized, .enabled(if: EtcdProcess.isInstalled, "needs etcd")) struct EtcdClusterTests {
    @Test func `every acknowledged write is read again whichever member dies`() async throws {
        let certificates = try Certificates()
        let members = try (0..<3).map { _ in try EtcdProcess() }
        let children = Mutex(
            try members.indices.map { try members[$0].start(scheme: "https", more: arguments($0, members, certificates)) })
        defer {
            for (member, child) in zip(members, children.withLock(\.self)) {
                member.stop(child)
                member.remove()
            }
        }
        let urls = members.map { "https://127.0.0.1:\($0.port)" }.joined(separator: ",")
        try await EtcdProcess.running(try await EtcdProcess.open(urls, tls: certificates.client)) { store in
            var acknowledged: [String: Revision] = [:]
            for dying in members.indices {
                for number in 0..<10 { acknowledged["/\(dying)/\(number)"] = try await made("/\(dying)/\(number)", in: store) }
                members[dying].stop(children.withLock { $0[dying] })
                for number in 10..<20 { acknowledged["/\(dying)/\(number)"] = try await made("/\(dying)/\(number)", in: store) }
                for (key, revision) in acknowledged {
                    let found = try await insisting { try await store.get(key) }
                    #expect(found?.revision == revision)
                }
                let again = try members[dying].start(scheme: "https", more: arguments(dying, members, certificates))
                children.withLock { $0[dying] = again }
                let alone = "https://127.0.0.1:\(members[dying].port)"
                try await EtcdProcess.running(try await EtcdProcess.open(alone, tls: certificates.client)) { back in
                    let found = try await insisting { try await back.get("/0/0") }
                    #expect(found != nil)
                }
            }
            #expect(acknowledged.count == 60)
        }
    }

    @Test func `whoever shows no certificate is refused, and so is a server of another authority`() async throws {
        let certificates = try Certificates()
        let member = try EtcdProcess()
        let child = try member.start(scheme: "https", more: arguments(0, [member], certificates))
        defer {
            member.stop(child)
            member.remove()
        }
        let ready = try await member.open(tls: certificates.client, scheme: "https")
        await ready.close()
        let configuration = try EtcdConfiguration(
            urls: "https://127.0.0.1:\(member.port)", tls: .init(authoritiesPEM: certificates.client.authoritiesPEM))
        await #expect(throws: StoreError.self) {
            try await EtcdStore.open(configuration, environment: EtcdProcess.environment, logger: .init(label: "etcd"))
        }
        let stranger = try EtcdConfiguration(
            urls: "https://127.0.0.1:\(member.port)", tls: try Certificates().client)
        await #expect(throws: StoreError.self) {
            try await EtcdStore.open(stranger, environment: EtcdProcess.environment, logger: .init(label: "etcd"))
        }
    }

    private func arguments(_ index: Int, _ members: [EtcdProcess], _ certificates: Certificates) -> [String] {
        let cluster = members.enumerated().map { "m\($0.offset)=http://127.0.0.1:\($0.element.peerPort)" }
        return [
            "--name=m\(index)", "--initial-cluster=\(cluster.joined(separator: ","))", "--client-cert-auth",
            "--trusted-ca-file=\(certificates.path)/ca.crt", "--cert-file=\(certificates.path)/peer.crt",
            "--key-file=\(certificates.path)/peer.key",
        ]
    }

    /// A write that was cut off may have been made: then its key exists.
    private func made(_ key: String, in store: EtcdStore) async throws -> Revision {
        do {
            return try await insisting { try await store.create(key, [1]) }
        } catch StoreError.keyExists {
            let found = try await insisting { try await store.get(key) }
            return try #require(found).revision
        }
    }

    /// Tries again while there is no leader or the member asked is the one that died.
    private func insisting<Result>(_ body: () async throws -> Result) async throws -> Result {
        for _ in 0..<2000 {
            do {
                return try await body()
            } catch StoreError.unavailable {
                try await ContinuousClock().sleep(for: .milliseconds(50))
            }
        }
        return try await body()
    }
}

/// An authority, and a certificate of its making that serves for both sides.
private final class Certificates: Sendable {
    private let directory = TemporaryDirectory()
    let client: GRPCConfiguration.TLS

    var path: String { directory.path }

    init() throws {
        let ca = "\(directory.path)/ca"
        let peer = "\(directory.path)/peer"
        let extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost"
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        let commands = [
            ["req", "-x509", "-subj", "/CN=ca", "-days", "2", "-keyout", "\(ca).key", "-out", "\(ca).crt"] + key,
            ["req", "-subj", "/CN=peer", "-addext", extensions, "-keyout", "\(peer).key", "-out", "\(peer).csr"] + key,
            [
                "x509", "-req", "-in", "\(peer).csr", "-CA", "\(ca).crt", "-CAkey", "\(ca).key", "-CAcreateserial", "-days", "2",
                "-copy_extensions", "copy", "-out", "\(peer).crt",
            ],
        ]
        for command in commands where EtcdProcess.run(["/usr/bin/openssl"] + command) != 0 { throw EtcdProcess.Failure() }
        client = GRPCConfiguration.TLS(
            authoritiesPEM: try Self.read("\(ca).crt"), certificatePEM: try Self.read("\(peer).crt"),
            keyPEM: try Self.read("\(peer).key"))
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw EtcdProcess.Failure() }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0 else { throw EtcdProcess.Failure() }
        return Array(bytes.prefix(count))
    }
}
