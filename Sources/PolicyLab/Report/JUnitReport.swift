/// JUnit XML, as GitLab, GitHub actions and Jenkins read it: one case a line of the expectations file.
package enum JUnitReport {
    package static func text(_ outcome: TestOutcome) -> String {
        let failed = outcome.failed.count
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"skiff netpol\" tests=\"\(outcome.cases.count)\" failures=\"\(failed)\">",
            "  <testsuite name=\"network policies\" tests=\"\(outcome.cases.count)\" failures=\"\(failed)\" errors=\"0\" skipped=\"0\">",
        ]
        let explainer = Explainer(outcome.run.oracle)
        let report = TextReport()
        for test in outcome.cases {
            let time = outcome.run.packets == nil ? 0 : test.probes.reduce(0) { $0 + outcome.run.durations[$1] }
            let attributes =
                "classname=\"\(Markup.escaped(test.place.file))\" name=\"\(Markup.escaped(test.title))\" "
                + "file=\"\(Markup.escaped(test.place.file))\" line=\"\(test.place.line)\" time=\"\(seconds(time))\""
            guard let first = test.failures.first else {
                lines.append("    <testcase \(attributes)/>")
                continue
            }
            let count = TextReport.count(test.failures.count, "connection")
            let message = "\(count) of \(test.probes.count) \(test.expected == .allow ? "denied" : "allowed")"
            var body = report.explanation(explainer.explain(outcome.run.probes[first]), packet: outcome.run.packets?[first])
            if !test.because.isEmpty { body = "because: \(test.because)\n" + body }
            lines += [
                "    <testcase \(attributes)>",
                "      <failure message=\"\(Markup.escaped(message))\" type=\"expectation\">\(Markup.escaped(body))</failure>",
                "    </testcase>",
            ]
        }
        return (lines + ["  </testsuite>", "</testsuites>"]).joined(separator: "\n")
    }

    private static func seconds(_ microseconds: Int) -> String {
        let digits = "\(microseconds % 1_000_000)"
        return "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - digits.count))\(digits)"
    }
}

/// Text inside XML and HTML.
enum Markup {
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}

/// Annotations on the lines of a change in GitHub Actions.
package enum GitHubReport {
    package static func annotations(_ outcome: TestOutcome) -> String {
        let explainer = Explainer(outcome.run.oracle)
        return outcome.failed.map { test in
            guard let first = test.failures.first else { return "" }
            let explanation = explainer.explain(outcome.run.probes[first])
            let place = explanation.places.first ?? test.place
            let text = TextReport().explanation(explanation)
            return "::error file=\(property(place.file)),line=\(place.line),title=\(property(test.title))::\(message(text))"
        }.joined(separator: "\n")
    }

    private static func message(_ text: String) -> String { replaced(text, ["%": "%25", "\r": "%0D", "\n": "%0A"]) }
    private static func property(_ text: String) -> String {
        replaced(text, ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
    }

    private static func replaced(_ text: String, _ table: [Character: String]) -> String {
        text.reduce(into: "") { $0 += table[$1] ?? String($1) }
    }
}
