import API
import ControlLoop
import JSON
import Testing

@testable import Controllers

@Suite struct CertificateControllersTests {
    /// Reads requests that are a subject's name and signs by writing the times down.
    private struct Issuer: CertificateIssuer {
        var subjects: [String: CertificateSubject] = [
            "node": CertificateSubject(commonName: "system:node:n1", organizations: ["system:nodes"]),
            "serving": CertificateSubject(
                commonName: "system:node:n1", organizations: ["system:nodes"], dnsNames: ["n1"]),
            "bob": CertificateSubject(commonName: "bob", organizations: ["devs"]),
        ]
        var allowed: Set<String> = []
        var refuses = false

        func subject(of request: [UInt8]) -> CertificateSubject? { subjects[String(decoding: request, as: UTF8.self)] }

        func sign(
            _ request: [UInt8], usages: [String], notBefore: Int64, notAfter: Int64
        ) throws(SigningRefusal) -> [UInt8] {
            if refuses { throw SigningRefusal("no key") }
            return Array("\(notBefore) \(notAfter) \(usages.joined(separator: ","))".utf8)
        }

        func end(of certificate: [UInt8]) -> Int64? { Int64(String(decoding: certificate, as: UTF8.self)) }
        func mayCreate(_ subresource: String, _ request: CertificateSigningRequest) -> Bool { allowed.contains(subresource) }
    }

    private static let now: Int64 = 1_800_000_000
    private static let clientUsages = ["digital signature", "client auth"]
    private let key = NamespacedName(name: "r")

    private func snapshot(
        _ subject: String, signer: String, usages: [String] = clientUsages, username: String = "system:node:n1",
        seconds: Int64? = nil, conditions: [JSONValue] = [], certificate: String = "", created: Int64 = now
    ) -> Snapshot {
        var spec: JSONValue = [
            "request": .string(Base64.encode(Array(subject.utf8))), "signerName": .string(signer), "usages": JSONValue(usages),
            "username": .string(username),
        ]
        if let seconds { spec["expirationSeconds"] = .int(seconds) }
        let object: JSONValue = [
            "metadata": [
                "name": "r", "uid": "u", "resourceVersion": "7",
                "creationTimestamp": .string(Timestamp(seconds: created).description),
            ],
            "spec": spec,
            "status": [
                "conditions": .array(conditions), "certificate": .string(Base64.encode(Array(certificate.utf8))),
            ],
        ]
        return Snapshot(now: Timestamp(seconds: Self.now), [CertificateSigningRequest(json: object)])
    }

    private func condition(_ type: String, at seconds: Int64 = now) -> JSONValue {
        ["type": .string(type), "status": "True", "lastUpdateTime": .string(Timestamp(seconds: seconds).description)]
    }

    private static let kubelet = "kubernetes.io/kube-apiserver-client-kubelet"

    @Test(arguments: [
        (
            ["selfnodeclient", "nodeclient"], "system:node:n1",
            "Auto approving self kubelet client certificate after SubjectAccessReview."
        ),
        (
            ["selfnodeclient", "nodeclient"], "system:bootstrap:a",
            "Auto approving kubelet client certificate after SubjectAccessReview."
        ),
        (["nodeclient"], "system:node:n1", "Auto approving kubelet client certificate after SubjectAccessReview."),
        (["selfnodeclient"], "system:bootstrap:a", ""), ([], "system:node:n1", ""),
    ])
    func `a kubelet's request is approved when its sender may ask`(
        allowed: [String], username: String, message: String
    ) {
        let approver = CertificateApprover(issuer: Issuer(allowed: Set(allowed)))
        let plan = approver.plan(for: key, in: snapshot("node", signer: Self.kubelet, username: username))
        guard !message.isEmpty else {
            #expect(plan == .settled)
            return
        }
        #expect(
            plan.writes == [
                .merge(
                    CertificateSigningRequest.resource, key,
                    [
                        "status": [
                            "conditions": [
                                [
                                    "type": "Approved", "status": "True", "reason": "AutoApproved",
                                    "message": .string(message),
                                ]
                            ]
                        ]
                    ], subresource: "approval", revision: "7", tolerates: [.notFound, .conflict])
            ])
    }

    @Test(arguments: [
        ("node", "kubernetes.io/kubelet-serving", clientUsages), ("node", "kubernetes.io/legacy-unknown", clientUsages),
        ("serving", kubelet, clientUsages), ("bob", kubelet, clientUsages), ("node", kubelet, ["server auth"]),
        ("garbage", kubelet, clientUsages),
    ])
    func `nothing else is approved by itself`(subject: String, signer: String, usages: [String]) {
        let approver = CertificateApprover(issuer: Issuer(allowed: ["selfnodeclient", "nodeclient"]))
        #expect(approver.plan(for: key, in: snapshot(subject, signer: signer, usages: usages)) == .settled)
    }

    private func status(_ plan: Plan) -> JSONValue? {
        guard case .patch(_, _, .merge, let body, "status")? = plan.writes.first?.operation else { return nil }
        return body["status"]
    }

    @Test(arguments: [
        (nil, now - 300, now + 365 * 86400 - 300), (Int64(60), now - 300, now + 600), (Int64(3600), now - 300, now + 3600),
        (Int64(9 * 3600), now - 300, now + 9 * 3600 - 300), (Int64.max, now - 300, now + 365 * 86400 - 300),
    ])
    func `an approved request is signed for the time it asks`(seconds: Int64?, start: Int64, end: Int64) throws {
        let plan = CertificateSigner(issuer: Issuer()).plan(
            for: key, in: snapshot("node", signer: Self.kubelet, seconds: seconds, conditions: [condition("Approved")]))
        let text = try #require(status(plan)?["certificate"]?.string.flatMap(Base64.decode))
        #expect(String(decoding: text, as: UTF8.self) == "\(start) \(end) digital signature,client auth")
    }

    @Test(arguments: [
        ("bob", kubelet, clientUsages, "subject organization is not system:nodes"),
        ("serving", kubelet, clientUsages, "DNS subjectAltNames are not allowed"),
        ("node", "kubernetes.io/kubelet-serving", ["digital signature", "server auth"], "DNS or IP subjectAltName is required"),
        (
            "serving", "kubernetes.io/kubelet-serving", clientUsages,
            "usages did not match [digital signature key encipherment server auth]"
        ),
        ("bob", "kubernetes.io/kube-apiserver-client", ["server auth"], "usages did not match [server auth]"),
    ])
    func `a request that its signer does not take has failed`(
        subject: String, signer: String, usages: [String], message: String
    ) {
        let plan = CertificateSigner(issuer: Issuer()).plan(
            for: key, in: snapshot(subject, signer: signer, usages: usages, conditions: [condition("Approved")]))
        let failed = status(plan)?["conditions"]?[1]
        #expect(failed?["type"] == "Failed" && failed?["reason"] == "SignerValidationFailure")
        #expect(failed?["message"] == .string(message))
    }

    @Test func `a signer that cannot sign says so`() {
        let plan = CertificateSigner(issuer: Issuer(refuses: true)).plan(
            for: key, in: snapshot("bob", signer: "kubernetes.io/legacy-unknown", conditions: [condition("Approved")]))
        #expect(status(plan)?["conditions"]?[1]?["message"] == "no key")
    }

    @Test(arguments: [[], ["Denied"], ["Approved", "Denied"], ["Approved", "Failed"]])
    func `what is not approved is not signed`(conditions: [String]) {
        let plan = CertificateSigner(issuer: Issuer()).plan(
            for: key, in: snapshot("node", signer: Self.kubelet, conditions: conditions.map { condition($0) }))
        #expect(plan == .settled)
    }

    @Test func `a signer of someone else's is left alone`() {
        let plan = CertificateSigner(issuer: Issuer()).plan(
            for: key, in: snapshot("bob", signer: "example.com/mine", conditions: [condition("Approved")]))
        #expect(plan == .settled)
    }

    struct Age: Sendable {
        var condition: String?
        var hours: Int64
        var certificate = ""
        var isOver: Bool
    }

    @Test(arguments: [
        Age(condition: nil, hours: 23, isOver: false), Age(condition: nil, hours: 25, isOver: true),
        Age(condition: "Denied", hours: 2, isOver: true), Age(condition: "Denied", hours: 0, isOver: false),
        Age(condition: "Failed", hours: 2, isOver: true), Age(condition: "Approved", hours: 2, isOver: false),
        Age(condition: "Approved", hours: 25, isOver: true),
        Age(condition: "Approved", hours: 2, certificate: "1900000000", isOver: true),
        Age(condition: "Approved", hours: 0, certificate: "1900000000", isOver: false),
        Age(condition: "Approved", hours: 0, certificate: "1700000000", isOver: true),
    ])
    func `a request is cleared away in its time`(age: Age) {
        let then = Self.now - age.hours * 3600 - 1
        let plan = CertificateCleaner(issuer: Issuer()).plan(
            for: key,
            in: snapshot(
                "node", signer: Self.kubelet, conditions: age.condition.map { [condition($0, at: then)] } ?? [],
                certificate: age.certificate, created: age.condition == nil ? then : Self.now))
        #expect(plan.writes.isEmpty == !age.isOver)
        if !age.isOver { #expect(plan.lookAgainAfter == .seconds(3600)) }
    }
}

@Suite struct ClusterRoleAggregationTests {
    private func role(
        _ name: String, labels: [String: String] = [:], rules: [JSONValue] = [], selects label: String? = nil
    ) -> ClusterRole {
        var object: JSONValue = ["metadata": ["name": .string(name), "labels": JSONValue(labels)], "rules": .array(rules)]
        if let label { object["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": [label: "true"]]]] }
        return ClusterRole(json: object)
    }

    private let first: JSONValue = ["apiGroups": ["a"], "resources": ["x"], "verbs": ["get"]]
    private let second: JSONValue = ["apiGroups": ["b"], "resources": ["y"], "verbs": ["get"]]

    @Test func `a role collects the rules of those it selects, each once, by name`() {
        let snapshot = Snapshot(
            now: Timestamp(seconds: 0),
            [
                role("view", selects: "to-view"), role("z", labels: ["to-view": "true"], rules: [first]),
                role("a", labels: ["to-view": "true"], rules: [second, first]), role("other", rules: [["verbs": ["*"]]]),
            ])
        let plan = ClusterRoleAggregation().plan(for: NamespacedName(name: "view"), in: snapshot)
        #expect(
            plan.writes == [
                .merge(
                    ClusterRole.resource, NamespacedName(name: "view"), ["rules": [second, first]], tolerates: .notFound)
            ])
        #expect(ClusterRoleAggregation().plan(for: NamespacedName(name: "other"), in: snapshot) == .settled)
    }

    @Test func `a role that has what it selects is settled`() {
        let snapshot = Snapshot(
            now: Timestamp(seconds: 0),
            [role("view", rules: [first], selects: "to-view"), role("z", labels: ["to-view": "true"], rules: [first])])
        #expect(ClusterRoleAggregation().plan(for: NamespacedName(name: "view"), in: snapshot) == .settled)
    }
}
