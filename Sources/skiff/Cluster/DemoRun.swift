import API
import APIClient
import HTTP
import JSON
import Lab
import YAML

/// Applies the example, waits for its pods, sends requests from a pod through the Service, and counts who answered.
struct DemoRun: Sendable {
    let client: APIClient
    let console: Console
    let requests: Int
    let timeout: Duration

    private static let namespace = "default"
    private static let clientPod = "hello-client"

    func run(manifest: String) async throws {
        for object in try Self.documents(try FileTree.read(manifest), manifest) { try await create(object) }
        console.step("applied \(manifest): Deployment hello, Service hello")
        let pods = try await waitForPods()
        var table = TextTable(["POD", "NODE", "ADDRESS"])
        for pod in pods { table.rows.append([pod.name, pod.node, pod.address]) }
        console.step("\(pods.count) pods are ready on \(Set(pods.map(\.node)).count) nodes")
        let service = try await client.perform("GET", "/api/v1/namespaces/\(Self.namespace)/services/hello")
        let address = service["spec"]?["clusterIP"]?.string ?? ""
        let port = service["spec"]?["ports"]?[0]?["port"]?.int ?? 80
        let target = "\(address.contains(":") ? "[\(address)]" : address):\(port)"
        let counts = try await sendRequests(to: target)
        console.step("sent \(requests) requests from pod \(Self.clientPod) to \(target)")
        report(pods, counts)
        let silent = pods.filter { counts[$0.name] == nil }.map(\.name)
        guard silent.isEmpty, counts.values.reduce(0, +) == requests else {
            throw Refusal(
                silent.isEmpty
                    ? "only \(counts.values.reduce(0, +)) of \(requests) requests were answered"
                    : "no answer came from \(silent.joined(separator: ", "))",
                remedy: "skiff status, and kubectl get events")
        }
    }

    struct Pod: Hashable, Sendable {
        var name: String
        var node: String
        var address: String
        var isReady: Bool

        init(json: JSONValue) {
            name = json["metadata"]?["name"]?.string ?? ""
            node = json["spec"]?["nodeName"]?.string ?? ""
            address = json["status"]?["podIP"]?.string ?? ""
            let conditions = json["status"]?["conditions"]?.array ?? []
            isReady =
                conditions.contains { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" }
                && json["metadata"]?["deletionTimestamp"] == nil
        }
    }

    /// YAML documents of a file, divided by `---` lines.
    static func documents(_ bytes: [UInt8], _ file: String) throws -> [JSONValue] {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return try lines.split { $0.hasPrefix("---") }.compactMap { part in
            let json = try YAMLDecoder.decode(Array(part.joined(separator: "\n").utf8))
            return json.object == nil ? nil : json
        }
    }

    private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

    /// Creates the object; one that is there is replaced by a merge, so that the demo can run again. Leaves the annotation that
    /// `kubectl apply` compares with.
    private func create(_ given: JSONValue) async throws {
        var object = given
        object[path: ["metadata", "annotations", Self.lastApplied]] = .string(
            String(decoding: JSONWriter.write(given), as: UTF8.self) + "\n")
        let kind = object["kind"]?.string ?? ""
        let group = object["apiVersion"]?.string ?? "v1"
        let root = group == "v1" ? "/api/v1" : "/apis/\(group)"
        let collection = "\(root)/namespaces/\(Self.namespace)/\(kind.lowercased())s"
        do {
            _ = try await client.perform("POST", collection, body: object)
        } catch let status as Status where status.isAlreadyExists {
            let name = object["metadata"]?["name"]?.string ?? ""
            _ = try await client.perform(
                "PATCH", "\(collection)/\(name)", body: object, contentType: "application/merge-patch+json")
        }
    }

    private func waitForPods() async throws -> [Pod] {
        let deployment = "/apis/apps/v1/namespaces/\(Self.namespace)/deployments/hello"
        let deadline = ContinuousClock.now + timeout
        var last = 0
        while ContinuousClock.now < deadline {
            let wanted = try await client.perform("GET", deployment)["spec"]?["replicas"]?.int ?? 0
            let list = try await client.perform("GET", "/api/v1/namespaces/\(Self.namespace)/pods?labelSelector=app%3Dhello")
            let ready = (list["items"]?.array ?? []).map(Pod.init(json:)).filter(\.isReady)
            if ready.count >= wanted, wanted > 0 { return ready.sorted { ($0.node, $0.name) < ($1.node, $1.name) } }
            if ready.count > last {
                console.step("\(ready.count) of \(wanted) pods are ready")
                last = ready.count
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw Refusal("the pods of Deployment hello did not become ready in time", remedy: "kubectl describe pods -l app=hello")
    }

    /// Runs the requests in a pod of its own and reads the answers from its log.
    private func sendRequests(to address: String) async throws -> [String: Int] {
        let pods = "/api/v1/namespaces/\(Self.namespace)/pods"
        _ = try? await client.perform("DELETE", "\(pods)/\(Self.clientPod)?gracePeriodSeconds=0")
        let script =
            "i=0; while [ $i -lt \(requests) ]; do timeout 5 wget -q -O - http://\(address)/ || echo lost; i=$((i+1)); done"
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(Self.clientPod)],
            "spec": [
                "restartPolicy": "Never",
                "containers": [
                    [
                        "name": "client", "image": "skiff.local/busybox:latest", "imagePullPolicy": "IfNotPresent",
                        "command": ["sh", "-c", .string(script)],
                    ]
                ],
            ],
        ]
        let deadline = ContinuousClock.now + timeout
        while true {
            do {
                _ = try await client.perform("POST", pods, body: pod)
                break
            } catch let status as Status where status.isAlreadyExists && ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        while ContinuousClock.now < deadline {
            let phase = try await client.perform("GET", "\(pods)/\(Self.clientPod)")["status"]?["phase"]?.string
            if phase == "Succeeded" || phase == "Failed" { return try await count("\(pods)/\(Self.clientPod)") }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw Refusal("pod \(Self.clientPod) did not finish in time", remedy: "kubectl describe pod \(Self.clientPod)")
    }

    private func count(_ pod: String) async throws -> [String: Int] {
        let response = try await client.open("GET", "\(pod)/log")
        var bytes: [UInt8] = []
        for try await chunk in response.body { bytes += chunk }
        _ = try? await client.perform("DELETE", "\(pod)?gracePeriodSeconds=0")
        var counts: [String: Int] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line != "lost" {
            counts[String(line), default: 0] += 1
        }
        return counts
    }

    private func report(_ pods: [Pod], _ counts: [String: Int]) {
        var table = TextTable(["POD", "NODE", "ADDRESS", "ANSWERS"])
        for pod in pods { table.rows.append([pod.name, pod.node, pod.address, "\(counts[pod.name] ?? 0)"]) }
        console.line()
        for line in table.text.split(separator: "\n") { console.line("  \(line)") }
        console.line()
    }
}
