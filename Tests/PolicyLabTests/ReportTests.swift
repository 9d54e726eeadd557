import JSON
import Policy
import Testing

@testable import PolicyLab

@Suite struct ReportTests {
    let run: LabRun
    init() throws { run = try LabFixture.run(LabFixture.shop, LabFixture.policies) }

    @Test func `shows who reaches whom by workload`() {
        #expect(
            TextReport().matrix(run) == """
                from \\ to      1 2 3 4
                1 ops/probe      X X X
                2 shop/api     .   X X
                3 shop/db      . X   X
                4 shop/web (2) . p X X

                p depends on the port:
                  shop/web -> shop/api: 8080/tcp allowed; 9000/tcp denied by ingress

                . allowed   X denied by ingress   p by port
                """)
        #expect(
            TextReport().summary(run)
                == "5 pods in 2 namespaces, 2 policies; 24 connections: 6 allowed, 18 denied; answered by the engine alone")
    }

    @Test func `tells a disagreement from everything else`() {
        let wrong = run.probes.indices.map { run.marks[$0].isAllowed || $0 == 0 ? PacketOutcome.answered : .dropped("rule") }
        let disputed = LabRun(run.oracle, run.probes, packets: wrong, durations: wrong.map { _ in 1 })
        #expect(disputed.disputed == [0])
        #expect(disputed.mark(0) == .disputed)
        #expect(
            TextReport().disputes(disputed).contains(
                "ops/probe -> shop/api-0:8080/tcp: engine: denied by ingress; packet: answered"))
        #expect(TextReport().summary(disputed).hasSuffix("REAL PACKETS DISAGREE WITH THE ENGINE"))
        let right = run.marks.map { $0.isAllowed ? PacketOutcome.answered : .silent }
        #expect(LabRun(run.oracle, run.probes, packets: right, durations: right.map { _ in 1 }).disputed.isEmpty)
    }

    @Test func `explains a denial with lines and a way out`() throws {
        let probe = try #require(run.probes.first { run.oracle.name($0) == "shop/web-0 -> shop/api-0:9000/tcp" })
        let explanation = Explainer(run.oracle).explain(probe)
        #expect(!explanation.isAllowed)
        #expect(
            explanation.nearestChanges == [
                ["ingress: add to ports of shop/api ingress[0] (in.yaml:13): {protocol: TCP, port: 9000}"]
            ])
        #expect(
            explanation.smallestDenial.map(\.description) == ["NetworkPolicy shop/deny"] || explanation.smallestDenial.count == 1)
        let text = TextReport().explanation(explanation)
        #expect(text.contains("shop/web-0 matches, the port does not: it allows http/tcp"))
    }

    @Test func `reports hold the failures in forms that machines read`() throws {
        let model = try LabFixture.model(LabFixture.shop, LabFixture.policies)
        let outcome = try LabFixture.outcome(model, "allow:\n  - ops/probe -> shop/db\n  - shop/web -> shop/api:http")
        #expect(JUnitReport.text(outcome).contains("tests=\"2\" failures=\"1\""))
        let json = try JSONParser.parse(Array(JSONReport.test(outcome).utf8))
        #expect(json["passed"] == false)
        #expect(json["expectations"]?[0]?["failures"]?.array?.count == 1)
        let sarif = try JSONParser.parse(Array(SARIFReport.text(outcome).utf8))
        #expect(sarif["runs"]?[0]?["results"]?.array?.count == 1)
        #expect(sarif["runs"]?[0]?["results"]?[0]?["ruleId"] == "expected-allowed")
        #expect(MarkdownReport.test(outcome).contains("`allow ops/probe -> shop/db`"))
        #expect(GitHubReport.annotations(outcome).hasPrefix("::error file=in.yaml,line="))
        let page = HTMLReport.page(run, outcome)
        #expect(page.contains("<svg") && page.hasSuffix("</html>") && !page.contains("://"))
    }

    @Test func `escapes what a name may hold`() {
        #expect(Markup.escaped("<a href='x'>&\"") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;")
        #expect(MarkdownReport.escaped("a|b") == "a\\|b")
    }

    @Test(arguments: [(0.0, 0.0), (1.5707963, 1.0), (3.1415926, 0.0), (-0.5235987, -0.5), (7.3303828, 0.8660254)])
    func `places points without a mathematics library`(angle: Double, sine: Double) {
        #expect(abs(Circle.sine(angle) - sine) < 1e-6)
    }
}

extension String {
    /// The text with the first occurrence of a part replaced.
    func replacingOnce(_ part: String, with other: String) -> String {
        guard let place = firstRange(ofText: part) else { return self }
        return replacingCharacters(place, other)
    }

    private func replacingCharacters(_ place: Range<Index>, _ other: String) -> String {
        String(self[..<place.lowerBound]) + other + String(self[place.upperBound...])
    }
}
