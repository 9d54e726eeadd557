import Testing

@testable import PolicyLab

@Suite struct ExpectationTests {
    let model: LabModel
    init() throws { model = try LabFixture.model(LabFixture.shop, LabFixture.policies) }

    @Test func `judges each line by every connection that it means`() throws {
        let outcome = try LabFixture.outcome(
            model,
            """
            outside: {net: 203.0.113.10}
            allow:
              - shop/web -> shop/api:http
              - shop/web -> service:shop/api:80
              - shop/api -> ops/probe
              - ops/probe -> shop/db:5432
            deny:
              - {flow: "net -> shop/api:8080", because: nobody outside}
              - "[app=web] -> shop/api:admin"
            """)
        #expect(outcome.cases.map(\.passed) == [true, true, true, false, true, true])
        #expect(outcome.cases[0].probes.count == 2)
        #expect(outcome.cases[4].because == "nobody outside")
        #expect(outcome.failed.map(\.title) == ["allow ops/probe -> shop/db:5432"])
        #expect(outcome.failed[0].place.description == "expect.yaml:8")
    }

    @Test func `holds pairs that no line speaks of to the default`() throws {
        let outcome = try LabFixture.outcome(model, "default: deny\nallow:\n  - shop/web -> shop/api:8080")
        // Everybody still reaches the pod that no policy isolates.
        #expect(
            outcome.failed.map(\.title) == [
                "default deny: shop/api -> ops/probe", "default deny: shop/db -> ops/probe",
                "default deny: shop/web -> ops/probe",
            ])
        #expect(outcome.passedCount == 2)
    }

    @Test func `what a draft says passes, and fails for other policies`() throws {
        let draft = ExpectationDraft.text(try LabFixture.run(LabFixture.shop, LabFixture.policies))
        let body = draft.split(separator: "\n").dropFirst(3).joined(separator: "\n")
        #expect(try LabFixture.outcome(model, body).failed.isEmpty)
        let open = try LabFixture.model(LabFixture.shop)
        #expect(!(try LabFixture.outcome(open, body).failed.isEmpty))
    }

    @Test(arguments: [
        ("default: maybe", "default 'maybe': deny, allow or ignore"), ("alow: []", "unknown field \"alow\""),
        ("outside: {x: nowhere}", "is no address or prefix"), ("allow: [{flw: a}]", "expected an object"),
        ("allow: [\"shop/web shop/db\"]", "expected SOURCE -> DESTINATION"),
    ])
    func `refuses a file that it cannot read`(text: String, message: String) {
        let refusal = #expect(throws: InputRefusal.self) { try LabFixture.expectations(text) }
        #expect(
            refusal?.description.contains(message) == true || message == "expected an object", "\(refusal?.description ?? "")")
    }

    @Test(arguments: [
        ("shop/wbe -> shop/db", "no pod matches shop/wbe: there are api, db, web"),
        ("shop/web -> shop/db:pg", "no destination has the port"), ("shop/db -> shop/db", "the same pod"),
        ("shop/web -> service:shop/none:1", "no Service shop/none"),
    ])
    func `a line that means nobody is an error`(flow: String, message: String) throws {
        let expectations = try LabFixture.expectations("allow: [\"\(flow)\"]")
        let refusal = #expect(throws: InputRefusal.self) { try ExpectationPlan(expectations, model, ProbeOptions()) }
        #expect(refusal?.description.contains(message) == true, "\(refusal?.description ?? "")")
    }
}
