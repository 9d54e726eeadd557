/// Markdown for a comment on a change.
package enum MarkdownReport {
    private static let rowsMax = 60

    package static func matrix(_ run: LabRun, isMerging: Bool = true) -> String {
        let matrix = WorkloadMatrix(run, merging: isMerging)
        var lines = ["### Who can reach whom", "", TextReport().summary(run), ""]
        guard matrix.groups.count <= rowsMax else { return lines.joined(separator: "\n") }
        lines.append("| from \\ to | " + matrix.groups.map { escaped($0.title) }.joined(separator: " | ") + " |")
        lines.append("|---|" + String(repeating: ":-:|", count: matrix.groups.count))
        for (group, cells) in zip(matrix.groups, matrix.cells) {
            lines.append("| \(escaped(group.title)) | " + cells.map { symbol($0.symbol) }.joined(separator: " | ") + " |")
        }
        lines += ["", "✅ allowed · ⛔ denied by ingress · 🚫 denied by egress · ❌ denied by both · 🔶 depends on the port"]
        return lines.joined(separator: "\n")
    }

    package static func test(_ outcome: TestOutcome) -> String {
        let failed = outcome.failed
        var lines = [
            "### Network policies: \(failed.isEmpty ? "✅ passed" : "❌ failed")", "",
            "\(outcome.passedCount) of \(TextReport.count(outcome.cases.count, "expectation")) passed. "
                + TextReport().summary(outcome.run),
        ]
        if !failed.isEmpty { lines += ["", "| expectation | result | place |", "|---|---|---|"] }
        for test in failed {
            let result = "\(test.failures.count) of \(test.probes.count) \(test.expected == .allow ? "denied" : "allowed")"
            lines.append("| `\(escaped(test.title))` \(escaped(test.because)) | \(result) | `\(test.place)` |")
        }
        let explainer = Explainer(outcome.run.oracle)
        for test in failed.prefix(10) {
            guard let first = test.failures.first else { continue }
            lines += [
                "", "<details><summary>\(Markup.escaped(test.title))</summary>", "", "```",
                TextReport().explanation(explainer.explain(outcome.run.probes[first])), "```", "</details>",
            ]
        }
        return lines.joined(separator: "\n")
    }

    static func escaped(_ text: String) -> String { text.reduce(into: "") { $0 += $1 == "|" ? "\\|" : String($1) } }

    private static func symbol(_ symbol: Character) -> String {
        switch symbol {
        case ".": "✅"
        case "X": "⛔"
        case "E": "🚫"
        case "B": "❌"
        case "p": "🔶"
        case "~": "⚠️"
        default: ""
        }
    }
}
