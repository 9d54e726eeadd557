import JSON

/// SARIF 2.1.0, which code hosts show on the lines of the policies.
///
/// - SeeAlso: OASIS SARIF 2.1.0, section 3.
package enum SARIFReport {
    /// A finding of any command.
    package struct Finding: Hashable, Sendable {
        package var rule: String
        package var level: String
        package var message: String
        package var places: [SourcePlace]

        package init(rule: String, level: String, message: String, places: [SourcePlace]) {
            self.rule = rule
            self.level = level
            self.message = message
            self.places = places
        }
    }

    /// Failed expectations: the first place is the responsible rule or policy, the others are related.
    package static func text(_ outcome: TestOutcome) -> String {
        let explainer = Explainer(outcome.run.oracle)
        return text(
            outcome.failed.compactMap { test in
                guard let first = test.failures.first else { return nil }
                let explanation = explainer.explain(outcome.run.probes[first])
                let because = test.because.isEmpty ? "" : " (because: \(test.because))"
                return Finding(
                    rule: test.expected == .allow ? "expected-allowed" : "expected-denied", level: "error",
                    message: "\(test.title)\(because): \(TextReport().explanation(explanation))",
                    places: explanation.places + [test.place])
            })
    }

    package static func text(_ findings: [Finding]) -> String {
        let rules = Set(findings.map(\.rule)).sorted().map { rule -> JSONValue in
            ["id": .string(rule), "shortDescription": ["text": .string(description(rule))]]
        }
        let results = findings.map { finding -> JSONValue in
            var result: JSONValue = [
                "ruleId": .string(finding.rule), "level": .string(finding.level), "message": ["text": .string(finding.message)],
                "locations": .array(finding.places.prefix(1).map { location($0) }),
            ]
            let related = finding.places.dropFirst().prefix(10)
            if !related.isEmpty { result["relatedLocations"] = .array(related.map { location($0) }) }
            return result
        }
        let document: JSONValue = [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [["tool": ["driver": ["name": "skiff netpol", "rules": .array(rules)]], "results": .array(results)]],
        ]
        return JSONWriter.text(document)
    }

    private static func location(_ place: SourcePlace) -> JSONValue {
        // Code hosts want paths relative to the root of the repository.
        let path = place.file.hasPrefix("./") ? String(place.file.dropFirst(2)) : place.file
        return [
            "physicalLocation": [
                "artifactLocation": ["uri": .string(path)], "region": ["startLine": JSONValue(max(1, place.line))],
            ]
        ]
    }

    private static func description(_ rule: String) -> String {
        switch rule {
        case "expected-allowed": "A connection that must be possible is denied."
        case "expected-denied": "A connection that must be impossible is allowed."
        default: LintRule(rawValue: rule)?.summary ?? rule
        }
    }
}
