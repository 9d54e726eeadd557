import NetworkTypes
import Policy
import Testing

@testable import PolicyLab

@Suite struct AdviceTests {
    private func policy(_ spec: String, name: String = "p") -> String {
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: \(name), namespace: shop}, spec: \(spec)}"
    }

    private func rules(_ spec: String) throws -> Set<LintRule> {
        let oracle = LabOracle(try LabFixture.model(LabFixture.shop, policy(spec)))
        let findings = Linter.findings(
            oracle, podNetworks: LabModelOptions().podNetworks, options: ProbeOptions(families: [.ipv4, .ipv6]))
        return Set(findings.filter { $0.place.line > 9 }.map(\.rule))
    }

    @Test(arguments: [
        (LintRule.egressNotIsolated, "{podSelector: {}, egress: []}"),
        (
            .splitPeer,
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}, {podSelector: {matchLabels: {app: web}}}]}]}"
        ),
        (.selectsNoPod, "{podSelector: {matchLabels: {app: none}}}"),
        (.namedPortMissing, "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: postgres}]}]}"),
        (.dnsOverTCPOnly, "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}]}"),
        (.dnsBlocked, "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: 8080}]}]}"),
        (.blockOfService, "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.96.1.0/32}}]}]}"),
        (.blockOfPods, "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.1.0/24}}]}]}"),
        (.everyNamespace, "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"),
        (.ipv4Only, "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"),
        (.peerMatchesNothing, "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: nobody}}}]}]}"),
        (
            .redundantRule,
            "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}, {from: [{podSelector: {matchLabels: {app: web}}}]}]}"
        ),
    ])
    func `finds`(rule: LintRule, spec: String) throws { #expect(try rules(spec).contains(rule)) }

    @Test(arguments: [
        "{podSelector: {}, policyTypes: [Ingress]}",
        "{podSelector: {}, policyTypes: [Egress], egress: []}",
        "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]}",
        "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]}",
    ])
    func `has nothing against a sound policy`(spec: String) throws { #expect(try rules(spec).isEmpty) }

    @Test func `counts what expectations make use of`() throws {
        let model = try LabFixture.model(LabFixture.shop, LabFixture.policies)
        let oracle = LabOracle(model)
        func used(_ text: String) throws -> [String] {
            let plan = try ExpectationPlan(try LabFixture.expectations(text), model, ProbeOptions())
            return Coverage(oracle, plan.plan.probes).items.filter { $0.uses > 0 }.map(\.name)
        }
        #expect(try used("deny: [\"ops/probe -> shop/api\"]").isEmpty)
        #expect(
            try used("allow: [\"shop/web -> shop/api:http\"]")
                == ["shop/api ingress[0]", "shop/api ingress[0].from[0]", "shop/api ingress[0].ports[0]"])
    }

    @Test func `a mutant dies by an expectation, survives, or changes nothing`() throws {
        let model = try LabFixture.model(LabFixture.shop, LabFixture.policies)
        func fates(_ text: String) throws -> [String: MutantOutcome.Fate] {
            let plan = try ExpectationPlan(try LabFixture.expectations(text), model, ProbeOptions())
            let pairs = ProbePlan.allPairs(model, ProbeOptions()).probes
            let original = LabRun(LabOracle(model), pairs).marks.map { $0.isAllowed }
            let outcomes = Mutation.mutants(model).map {
                Mutation.judge($0, plan, pairs: pairs, original: original, options: .init(), model: model)
            }
            return Dictionary(outcomes.map { ($0.mutant.title, $0.fate) }) { first, _ in first }
        }
        let weak = try fates("allow: [\"shop/web -> shop/api:http\"]")
        #expect(weak["drop shop/api ingress[0]"] == .killed(by: "allow shop/web -> shop/api:http"))
        #expect(weak["drop policy shop/deny"] == .survived("ops/probe -> shop/db-0:5432/tcp is now allowed"))
        let strong = try fates("default: deny\nallow: [\"shop/web -> shop/api:http\", \"* -> ops/probe\"]")
        #expect(strong.values.allSatisfy { if case .survived = $0 { false } else { true } })
    }

    @Test func `a difference is told by workload and port`() throws {
        let old = try LabFixture.run(LabFixture.shop, LabFixture.policies)
        let new = try LabFixture.run(LabFixture.shop, LabFixture.policies.replacingOnce("app: web", with: "app: db"))
        let diff = ReachabilityDiff(from: old, to: new)
        #expect(
            diff.changes.map { "\($0.kind.rawValue) \($0.connection)" } == [
                "opened shop/db -> shop/api:8080/tcp", "closed shop/web -> shop/api:8080/tcp",
            ])
        #expect(ReachabilityDiff(from: old, to: old).changes.isEmpty)
    }

    @Test func `one pair of each kind of pods stands for all of a large input`() throws {
        let oracle = LabOracle(try LabFixture.model(LabFixture.shop, LabFixture.policies))
        let classes = PodClasses(oracle)
        #expect(classes.count == 4)
        let few = ProbePlan.representatives(oracle, classes, ProbeOptions())
        #expect(few.probes.count == 16)
        #expect(
            WorkloadMatrix(LabRun(oracle, few.probes)).cells.flatMap { $0 }.map(\.symbol)
                == WorkloadMatrix(LabRun(oracle, ProbePlan.allPairs(oracle.model, ProbeOptions()).probes)).cells.flatMap { $0 }
                .map(\.symbol))
    }
}
