/// One HTML file without anything outside it: the picture, the matrix, and the reason of each cell.
package enum HTMLReport {
    /// Cells explain themselves up to this many.
    private static let explainedCellsMax = 2500

    /// - Parameter whole: Every pair of pods, where `run` is about some of them.
    package static func page(_ run: LabRun, _ outcome: TestOutcome?, whole: LabRun? = nil) -> String {
        let matrix = WorkloadMatrix(whole ?? run)
        var body = ["<h1>Who can reach whom</h1>", "<p>\(Markup.escaped(TextReport().summary(run)))</p>"]
        if let outcome { body += expectations(outcome) }
        if whole != nil {
            body.append("<p>Below are all pairs of pods; those that no expectation is about are answered by the engine.</p>")
        }
        body += [HTMLPicture(matrix, [run] + (whole.map { [$0] } ?? [])).markup(), table(matrix, whole ?? run)]
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>skiff netpol</title>
            <style>\(style)</style></head>
            <body>
            \(body.joined(separator: "\n"))
            </body></html>
            """
    }

    private static let style = """
        body{font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:1200px;padding:0 1em;color:#222;background:#fff}
        table{border-collapse:collapse}td,th{border:1px solid #ddd;padding:.2em .5em;text-align:center;font-weight:normal}
        th.row{text-align:left;white-space:nowrap}th.column{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left}
        .allowed{background:#d8f5d8}.denied{background:#fbd9d9}.partial{background:#fdf0c4}.disputed{background:#f0c}
        td details summary{cursor:pointer;list-style:none}td details[open]{text-align:left;min-width:32em}
        pre{white-space:pre-wrap;font-size:12px;margin:.3em 0;background:#f6f6f6;padding:.5em}.failed{color:#a00}.passed{color:#070}
        svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif}.legend{color:#555}
        ul{padding-left:1.2em}summary{cursor:pointer}
        """

    /// What failed with its explanation, and then what passed, folded.
    private static func expectations(_ outcome: TestOutcome) -> [String] {
        let explainer = Explainer(outcome.run.oracle)
        var lines = ["<h2>Expectations: \(outcome.passedCount) of \(outcome.cases.count) passed</h2>"]
        func line(_ test: TestOutcome.Case, _ word: String) -> String {
            let because = test.because.isEmpty ? "" : " <i>\(Markup.escaped(test.because))</i>"
            return "<li><b class=\(test.passed ? "passed" : "failed")>\(word)</b> \(Markup.escaped(test.title))\(because) "
                + "<small>\(Markup.escaped(test.place.description))</small>"
        }
        let failed = outcome.cases.filter { !$0.passed }
        if !failed.isEmpty { lines.append("<ul>") }
        for test in failed {
            let why = test.failures.first.map { TextReport().explanation(explainer.explain(outcome.run.probes[$0])) } ?? ""
            lines.append(line(test, "failed") + "<pre>\(Markup.escaped(why))</pre></li>")
        }
        if !failed.isEmpty { lines.append("</ul>") }
        let passed = outcome.cases.filter(\.passed)
        guard !passed.isEmpty else { return lines }
        lines.append("<details\(failed.isEmpty ? " open" : "")><summary>\(passed.count) passed</summary><ul>")
        lines += passed.map { line($0, "ok") + "</li>" }
        return lines + ["</ul></details>"]
    }

    // MARK: - Matrix

    private static func table(_ matrix: WorkloadMatrix, _ run: LabRun) -> String {
        let reasons = reasons(matrix, run)
        var lines = [
            "<h2>Matrix</h2><p>Rows are sources, columns are destinations; a cell opens. . allowed, X denied by ingress, E by egress, "
                + "B by both, p depends on the port.</p><table><tr><th></th>"
        ]
        lines += matrix.groups.map { "<th class=column>\(Markup.escaped($0.title))</th>" }
        lines.append("</tr>")
        for (row, cells) in matrix.cells.enumerated() {
            lines.append("<tr><th class=row>\(Markup.escaped(matrix.groups[row].title))</th>")
            for (column, cell) in cells.enumerated() {
                let text = cell.isEmpty ? "" : Markup.escaped(String(cell.symbol))
                let reason = reasons[[row, column]].map { "<pre>\(Markup.escaped($0))</pre>" } ?? ""
                let inner = reason.isEmpty ? text : "<details><summary>\(text)</summary>\(reason)</details>"
                lines.append("<td class=\(kind(cell))>\(inner)</td>")
            }
            lines.append("</tr>")
        }
        return lines.joined() + "</table>"
    }

    private static func kind(_ cell: WorkloadMatrix.Cell) -> String {
        switch cell.symbol {
        case ".": "allowed"
        case "p": "partial"
        case "~": "disputed"
        case " ": "none"
        default: "denied"
        }
    }

    /// The explanation of one probe of each cell, and the ports of cells that depend on them.
    private static func reasons(_ matrix: WorkloadMatrix, _ run: LabRun) -> [[Int]: String] {
        var place: [LabPod.Workload: Int] = [:]
        for (index, group) in matrix.groups.enumerated() { for workload in group.workloads { place[workload] = index } }
        let explainer = Explainer(run.oracle)
        var result: [[Int]: String] = [:]
        let pods = run.oracle.model.pods
        for probe in run.probes {
            guard result.count < explainedCellsMax, case .pod(let source) = probe.source,
                case .pod(let destination) = probe.destination,
                let row = place[pods[source].workload], let column = place[pods[destination].workload],
                result[[row, column]] == nil
            else { continue }
            let cell = matrix.cells[row][column]
            let ports = cell.symbol == "p" ? TextReport.entries(cell) + "\n" : ""
            result[[row, column]] = ports + TextReport().explanation(explainer.explain(probe))
        }
        return result
    }
}

/// Points on a circle in whole pixels, without a mathematics library.
enum Circle {
    static func point(index: Int, of count: Int, radius: Int, center: Int) -> (x: Int, y: Int) {
        let angle = 2 * Double.pi * Double(index) / Double(count)
        return (
            center + Int((Double(radius) * sine(angle)).rounded()),
            center - Int((Double(radius) * sine(angle + .pi / 2)).rounded())
        )
    }

    /// Taylor's series on the quarter around zero: exact to far below a pixel.
    static func sine(_ angle: Double) -> Double {
        var x = angle.remainder(dividingBy: 2 * .pi)
        if x > .pi / 2 { x = .pi - x }
        if x < -.pi / 2 { x = -.pi - x }
        var term = x
        var sum = x
        for step in stride(from: 2.0, through: 16, by: 2) {
            term *= -x * x / (step * (step + 1))
            sum += term
        }
        return sum
    }
}
