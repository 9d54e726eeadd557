import API
import APIClient
import ArgumentParser
import Glibc
import JSON
import Lab
import PolicyLab

struct NetpolFromCluster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "from-cluster",
        abstract:
            "Write what a cluster holds (pods, services, namespaces, policies) to standard output, for every other subcommand.",
        discussion: """
              skiff netpol from-cluster --context ci > snapshot.json
              skiff netpol matrix -f snapshot.json

            Reads only. Pods keep their addresses. Environment variables, volumes, images and other parts that say nothing about
            reachability are left out.
            """)

    @Option(help: "How to reach the cluster; without it KUBECONFIG, else ~/.kube/config.") var kubeconfig: String?
    @Option(help: "The context to use instead of the current one.") var context: String?
    @Option(name: .shortAndLong, help: "Only pods, Services and NetworkPolicies of this namespace. Repeatable.") var namespace:
        [String] = []

    private static let pageSize = 500

    func run() async throws {
        do {
            guard let path = kubeconfig ?? Kubeconfig.paths(environment: NetpolShell.environment).first else {
                throw Refusal("neither KUBECONFIG nor HOME is set", remedy: "name a file with --kubeconfig")
            }
            let client = try ClusterAccess.client(kubeconfig: path, context: context, logger: ClusterAccess.quiet)
            var items: [JSONValue] = []
            items += try await list(client, "/api/v1/namespaces", "v1", "Namespace")
            for (prefix, resource, version, kind) in [
                ("/api/v1", "pods", "v1", "Pod"), ("/api/v1", "services", "v1", "Service"),
                ("/apis/networking.k8s.io/v1", "networkpolicies", "networking.k8s.io/v1", "NetworkPolicy"),
            ] {
                let paths =
                    namespace.isEmpty ? ["\(prefix)/\(resource)"] : namespace.map { "\(prefix)/namespaces/\($0)/\(resource)" }
                for path in paths { items += try await list(client, path, version, kind) }
            }
            let group = "/apis/policy.networking.k8s.io/v1alpha2"
            do {
                items += try await list(
                    client, "\(group)/clusternetworkpolicies", "policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy")
            } catch let refusal as Status where refusal.code == 404 {
                // A cluster need not have the kind.
            } catch {
                Console.write(
                    "note: ClusterNetworkPolicies cannot be read, answers leave them out: \(error)\n", to: STDERR_FILENO)
            }
            await client.shutdown()
            Console.output(JSONWriter.text(["apiVersion": "v1", "kind": "List", "items": .array(items)]))
        } catch {
            Console.error(
                "\(error)\n  → name the cluster with --kubeconfig FILE and --context NAME; it must let you list pods, services, "
                    + "namespaces and networkpolicies")
            throw ExitCode(NetpolExit.badInput)
        }
    }

    private func list(_ client: APIClient, _ path: String, _ version: String, _ kind: String) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var token = ""
        repeat {
            let reply = try await client.perform(
                "GET", "\(path)?limit=\(Self.pageSize)" + (token.isEmpty ? "" : "&continue=\(token)"))
            items += (reply["items"]?.array ?? []).map { SnapshotObject.reduced($0, apiVersion: version, kind: kind) }
            token = reply["metadata"]?["continue"]?.string ?? ""
        } while !token.isEmpty
        return items
    }
}
