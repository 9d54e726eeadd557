import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct QuotaTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func quota(_ hard: JSONValue, used: JSONValue? = nil, scopes: [String] = []) -> ResourceQuota {
        let zero = JSONValue(ResourceList(json: hard).mapValues { _ in "0" })
        return ResourceQuota(
            json: [
                "metadata": ["name": "q", "namespace": "team"], "spec": ["hard": hard, "scopes": JSONValue(scopes)],
                "status": ["hard": hard, "used": used ?? zero],
            ])
    }

    /// What the quota will have used, `-` when it does not care, else the refusal.
    private func charge(_ request: AdmissionRequest, _ quota: ResourceQuota) -> String {
        guard let charge = QuotaCharge(request, at: now) else { return "-" }
        do throws(Status) {
            guard let used = try charge.used(of: quota) else { return "-" }
            return used.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        } catch {
            return error.message
        }
    }

    private static let sized: JSONValue = [
        "resources": ["requests": ["cpu": "500m", "memory": "1Gi", "example.com/gpu": "2"], "limits": ["cpu": "1"]]
    ]

    @Test(
        arguments: [
            (["pods": "2"], "pods=1"), (["cpu": "1", "requests.cpu": "1"], "cpu=500m,requests.cpu=500m"),
            (["limits.cpu": "2", "count/pods": "5"], "count/pods=1,limits.cpu=1"),
            (["requests.example.com/gpu": "2"], "requests.example.com/gpu=2"), (["services": "1"], "-"),
            (
                ["requests.memory": "512Mi"],
                "pods \"p\" is forbidden: exceeded quota: q, requested: requests.memory=1Gi, used: requests.memory=0, "
                    + "limited: requests.memory=512Mi"
            ),
            (
                ["limits.memory": "1Gi"],
                "pods \"p\" is forbidden: failed quota: q: must specify limits.memory for: c"
            ),
        ] as [(JSONValue, String)])
    func `a pod costs what its containers ask for`(hard: JSONValue, expected: String) throws {
        #expect(charge(try makeRequest(Pod.resource, pod(container: Self.sized)), quota(hard)) == expected)
    }

    @Test(
        arguments: [
            ("BestEffort", [:], "pods=1"), ("NotBestEffort", [:], "-"), ("Terminating", ["activeDeadlineSeconds": 5], "pods=1"),
            ("Terminating", [:], "-"), ("NotTerminating", [:], "pods=1"),
            ("PriorityClass", ["priorityClassName": "high"], "pods=1"),
            ("PriorityClass", [:], "-"),
            (
                "CrossNamespacePodAffinity",
                [
                    "affinity": [
                        "podAffinity": [
                            "requiredDuringSchedulingIgnoredDuringExecution": [["topologyKey": "t", "namespaces": ["other"]]]
                        ]
                    ]
                ], "pods=1"
            ), ("CrossNamespacePodAffinity", [:], "-"),
        ] as [(String, JSONValue, String)])
    func `a scope narrows a quota`(scope: String, spec: JSONValue, expected: String) throws {
        #expect(charge(try makeRequest(Pod.resource, pod(spec)), quota(["pods": "2"], scopes: [scope])) == expected)
    }

    @Test func `a quota that nobody has counted yet refuses`() throws {
        #expect(
            charge(try makeRequest(Pod.resource, pod()), quota(["pods": "2"], used: [:]))
                == "pods \"p\" is forbidden: status unknown for quota: q, resources: pods")
    }

    private func service(_ type: String, ports: Int) -> JSONValue {
        [
            "metadata": ["name": "s", "namespace": "team"],
            "spec": [
                "type": .string(type), "ports": .array((0..<ports).map { ["port": .int(Int64($0 + 1))] }),
            ],
        ]
    }

    @Test func `services count with their ports, and an update costs the difference`() throws {
        let hard: JSONValue = ["services": "3", "services.nodeports": "2", "services.loadbalancers": "1"]
        #expect(
            charge(try makeRequest(Service.resource, service("NodePort", ports: 2)), quota(hard))
                == "services=1,services.loadbalancers=0,services.nodeports=2")
        #expect(
            charge(try makeRequest(Service.resource, service("LoadBalancer", ports: 3)), quota(hard))
                == "services \"s\" is forbidden: exceeded quota: q, requested: services.nodeports=3, "
                + "used: services.nodeports=0, limited: services.nodeports=2")
        let update = try makeRequest(
            .update, Service.resource, service("NodePort", ports: 2), old: service("NodePort", ports: 1))
        let used: JSONValue = ["services": "1", "services.nodeports": "1", "services.loadbalancers": "0"]
        #expect(charge(update, quota(hard, used: used)) == "services=1,services.loadbalancers=0,services.nodeports=2")
        let same = try makeRequest(
            .update, Service.resource, service("ClusterIP", ports: 1), old: service("NodePort", ports: 1))
        #expect(charge(same, quota(hard, used: used)) == "-")
    }

    @Test func `claims count by class, everything else by number`() throws {
        let claim: JSONValue = [
            "metadata": ["name": "c", "namespace": "team"],
            "spec": ["storageClassName": "gold", "resources": ["requests": ["storage": "3Gi"]]],
        ]
        let hard: JSONValue = [
            "requests.storage": "10Gi", "gold.storageclass.storage.k8s.io/requests.storage": "5Gi",
            "silver.storageclass.storage.k8s.io/persistentvolumeclaims": "1", "persistentvolumeclaims": "2",
        ]
        #expect(
            charge(try makeRequest(PersistentVolumeClaim.resource, claim), quota(hard))
                == "gold.storageclass.storage.k8s.io/requests.storage=3Gi,persistentvolumeclaims=1,requests.storage=3Gi,"
                + "silver.storageclass.storage.k8s.io/persistentvolumeclaims=0")
        let object: JSONValue = ["metadata": ["name": "x", "namespace": "team"]]
        #expect(
            charge(try makeRequest(resource("secrets"), object), quota(["secrets": "1", "count/secrets": "2"]))
                == "count/secrets=1,secrets=1")
        #expect(
            charge(try makeRequest(Deployment.resource, object), quota(["count/deployments.apps": "0"]))
                == "deployments.apps \"x\" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, "
                + "used: count/deployments.apps=0, limited: count/deployments.apps=0")
        #expect(charge(try makeRequest(resource("events"), object), quota(["count/events": "0"])) == "-")
    }

    @Test func `creates beside each other never exceed a quota`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(
            "/api/v1/namespaces/default/resourcequotas", ["metadata": ["name": "q"], "spec": ["hard": ["configmaps": "5"]]])
        let early = await server.post("/api/v1/namespaces/default/configmaps", ["metadata": ["name": "early"]])
        #expect(early.code == 201)
        let counted = await server.patch(
            "/api/v1/namespaces/default/resourcequotas/q/status",
            ["status": ["hard": ["configmaps": "5"], "used": ["configmaps": "1"]]])
        #expect(counted.code == 200, "\(counted.message)")
        let dry = await server.post("/api/v1/namespaces/default/configmaps?dryRun=All", ["metadata": ["name": "dry"]])
        #expect(dry.code == 201)
        let codes = await withTaskGroup(of: Int.self) { group in
            for number in 0..<12 {
                group.addTask {
                    await server.post(
                        "/api/v1/namespaces/default/configmaps", ["metadata": ["name": .string("c\(number)")]]
                    ).code
                }
            }
            return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(codes == [201: 4, 403: 8])
        let quota = await server.get("/api/v1/namespaces/default/resourcequotas/q")
        #expect(quota.json["status"]?["used"] == ["configmaps": "5"])
        // The server counts, so what is used is the server's field, not that of whoever made a ConfigMap.
        let books = quota.json["metadata"]?["managedFields"]?.array ?? []
        let owners = books.filter { $0["fieldsV1"]?["f:status"]?["f:used"]?["f:configmaps"] != nil }.map { $0["manager"] }
        #expect(owners == ["kube-apiserver"])
        let over = await server.post("/api/v1/namespaces/default/configmaps", ["metadata": ["generateName": "x-"]])
        #expect(over.code == 403 && over.reason == "Forbidden")
        #expect(
            over.message.hasSuffix(
                "is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=5, limited: configmaps=5"))
    }

    @Test func `warnings of steps reach the client`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.patch(
            "/api/v1/namespaces/default", ["metadata": ["labels": ["pod-security.kubernetes.io/warn": "baseline"]]])
        let created = await server.post(
            "/api/v1/namespaces/default/pods",
            ["metadata": ["name": "p"], "spec": ["hostPID": true, "containers": [["name": "c", "image": "i"]]]])
        #expect(created.code == 201, "\(created.message)")
        #expect(
            created.headers["warning"]
                == #"299 - "would violate PodSecurity \"baseline:latest\": host namespaces (hostPID=true)""#)
    }
}
