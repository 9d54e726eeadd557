import EtcdStore
import Glibc
import JSON
import Logging
import Store
import Testing

@testable import ClusterCore

/// Two control planes over one etcd, spoken to by the real client.
@Suite(.serialized) struct SharedServersTests {
    @Test(
        .enabled(
            if: access("/usr/bin/kubectl", X_OK) == 0 && access("/usr/bin/etcd", X_OK) == 0, "needs kubectl and etcd"))
    func `what is written through one server is read through the other, and addresses are given once`() async throws {
        let etcd = try LoopbackEtcd()
        defer { etcd.stop() }
        let first = try LoopbackCluster(etcd: etcd.url)
        let second = try LoopbackCluster(etcd: etcd.url)
        try await first.run { one in
            try await second.run { other in
                var output = try await one(["create", "configmap", "shared", "--from-literal=a=b"])
                #expect(output.text == "configmap/shared created\n", "\(output.text)")
                output = try await other(["get", "configmap", "shared", "-o", "jsonpath={.data.a}"])
                #expect(output.text == "b", "\(output.text)")
                output = try await other(["annotate", "configmap", "shared", "note=1"])
                #expect(output.text == "configmap/shared annotated\n", "\(output.text)")
                output = try await one(["get", "configmap", "shared", "-o", "jsonpath={.metadata.annotations.note}"])
                #expect(output.text == "1", "\(output.text)")
                for number in 0..<4 {
                    let kubectl = number % 2 == 0 ? one : other
                    output = try await kubectl(["create", "service", "nodeport", "s\(number)", "--tcp=80"])
                    #expect(output.code == 0, "\(output.text)")
                }
                output = try await one(["get", "services", "-o", "jsonpath={.items[*].spec.clusterIP}"])
                let addresses = output.text.split(separator: " ")
                #expect(addresses.count == 5 && Set(addresses).count == 5, "\(output.text)")
                output = try await other(["get", "services", "-o", "jsonpath={.items[*].spec.ports[*].nodePort}"])
                let ports = output.text.split(separator: " ")
                #expect(ports.count == 4 && Set(ports).count == 4, "\(output.text)")
                // The one leader's controllers work for both.
                output = try await one(["create", "deployment", "web", "--image=busybox", "--replicas=2"])
                #expect(output.code == 0, "\(output.text)")
                output = try await other([
                    "wait", "deployment/web", "--for=jsonpath={.status.updatedReplicas}=2", "--timeout=180s",
                ])
                #expect(output.code == 0, "\(output.text)")
                output = try await other(["get", "leases", "-n", "kube-system", "-o", "name"])
                #expect(
                    output.text.contains("kube-controller-manager") && output.text.contains("kube-scheduler"), "\(output.text)")
                output = try await other(["delete", "configmap", "shared"])
                #expect(output.code == 0, "\(output.text)")
                output = try await one(["get", "configmap", "shared"])
                #expect(output.text.contains("NotFound"), "\(output.text)")
            }
        }
        // As upstream lays it out: protobuf in its envelope, below its keys.
        let keys = etcd.control(["get", "/registry/", "--prefix", "--keys-only"])
        for key in [
            "/registry/ranges/servicenodeports", "/registry/services/specs/default/s0", "/registry/deployments/default/web",
            "/registry/namespaces/default",
        ] {
            #expect(keys.contains(key + "\n"), "\(key) in \(keys)")
        }
        #expect(etcd.control(["get", "/registry/namespaces/default", "--print-value-only"]).hasPrefix("k8s\u{0}"))
    }
}

/// A one-member etcd on loopback.
final class LoopbackEtcd: Sendable {
    struct Failure: Error {}

    let url: String
    private let directory: String
    private let child: pid_t

    init() throws {
        var template = Array("/tmp/skiff-etcd-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        let (client, peer) = (try Self.freePort(), try Self.freePort())
        url = "http://127.0.0.1:\(client)"
        let words = [
            "/usr/bin/etcd", "--name=t", "--data-dir=\(directory)/data", "--listen-client-urls=\(url)",
            "--advertise-client-urls=\(url)", "--listen-peer-urls=http://127.0.0.1:\(peer)",
            "--initial-cluster=t=http://127.0.0.1:\(peer)", "--initial-advertise-peer-urls=http://127.0.0.1:\(peer)",
            "--log-level=fatal", "--logger=zap",
        ]
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var started = pid_t()
        guard posix_spawn(&started, words[0], &actions, nil, &pointers, environ) == 0 else { throw Failure() }
        child = started
    }

    func stop() {
        kill(child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        _ = output("rm -rf \(directory)")
    }

    func control(_ arguments: [String]) -> String {
        output("ETCDCTL_API=3 etcdctl --endpoints=\(url) \(arguments.joined(separator: " "))")
    }

    private func output(_ command: String) -> String {
        guard let pipe = popen(command, "re") else { return "" }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure() }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else { throw Failure() }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
