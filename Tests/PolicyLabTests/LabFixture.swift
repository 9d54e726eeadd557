import Testing

@testable import PolicyLab

/// Small inputs for suites.
enum LabFixture {
    /// A web in front of an api in front of a database, and somebody in another namespace.
    static let shop = """
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 3, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 8443}]}]}}}}
        ---
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9000}]}]}}}}
        ---
        {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}}}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: probe, namespace: ops, labels: {app: probe}}}
        ---
        {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{port: 80, targetPort: http}]}}
        """

    static let policies = """
        {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress]}}
        ---
        {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: api, namespace: shop}, spec: {podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]}}
        """

    static func model(_ texts: String..., options: LabModelOptions = LabModelOptions()) throws -> LabModel {
        let read = try ManifestReader.read(texts.joined(separator: "\n---\n"), file: "in.yaml")
        return try LabModelBuilder.build(read.objects, others: read.others, options: options)
    }

    static func run(_ texts: String...) throws -> LabRun {
        let read = try ManifestReader.read(texts.joined(separator: "\n---\n"), file: "in.yaml")
        let oracle = LabOracle(try LabModelBuilder.build(read.objects))
        return LabRun(oracle, ProbePlan.allPairs(oracle.model, ProbeOptions()).probes)
    }

    static func expectations(_ text: String) throws -> Expectations {
        let header = "apiVersion: netpol.skiff/v1\nkind: Expectations\n"
        let object = try #require(try ManifestReader.read(header + text, file: "expect.yaml").objects.first)
        return try Expectations(object)
    }

    static func outcome(_ model: LabModel, _ text: String) throws -> TestOutcome {
        var model = model
        let expectations = try expectations(text)
        model.outside = expectations.outside
        let plan = try ExpectationPlan(expectations, model, ProbeOptions())
        return TestOutcome(plan, LabRun(LabOracle(model), plan.plan.probes))
    }
}
