/// One HTML file without anything outside it: the picture, the matrix, and the reason of each cell.
package enum HTMLReport {
    /// Cells explain themselves up to this many.
    private static let explainedCellsMax = 2500

    package static func page(_ run: LabRun, _ outcome: TestOutcome?) -> String {
        let matrix = WorkloadMatrix(run)
        var body = ["<h1>Who can reach whom</h1>", "<p>\(Markup.escaped(TextReport().summary(run)))</p>"]
        if let outcome { body += expectations(outcome) }
        body += [picture(matrix), table(matrix, run)]
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
        pre{white-space:pre-wrap;font-size:12px;margin:.3em 0}.failed{color:#a00}.passed{color:#070}
        svg text{font:12px system-ui,sans-serif}
        """

    private static func expectations(_ outcome: TestOutcome) -> [String] {
        let explainer = Explainer(outcome.run.oracle)
        var lines = ["<h2>Expectations: \(outcome.passedCount) of \(outcome.cases.count) passed</h2>", "<ul>"]
        for test in outcome.cases {
            let word = test.passed ? "<b class=passed>ok</b>" : "<b class=failed>failed</b>"
            var text = "<li>\(word) \(Markup.escaped(test.title)) <small>\(Markup.escaped(test.place.description))</small>"
            if let first = test.failures.first {
                let why = TextReport().explanation(explainer.explain(outcome.run.probes[first]))
                text += "<pre>\(Markup.escaped(why))</pre>"
            }
            lines.append(text + "</li>")
        }
        return lines + ["</ul>"]
    }

    // MARK: - Matrix

    private static func table(_ matrix: WorkloadMatrix, _ run: LabRun) -> String {
        let reasons = reasons(matrix, run)
        var lines = ["<h2>Matrix</h2><p>Rows are sources, columns are destinations; a cell opens.</p><table><tr><th></th>"]
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

    // MARK: - Picture

    /// Workloads on a circle by namespace; a line for what is allowed, thinner where it depends on the port.
    private static func picture(_ matrix: WorkloadMatrix) -> String {
        let count = matrix.groups.count
        guard count > 1, count <= 60 else { return "" }
        let radius = 150 + count * 4
        let center = radius + 190
        let points = (0..<count).map { Circle.point(index: $0, of: count, radius: radius, center: center) }
        var lines = [
            "<h2>Picture</h2><svg width=\"\(center * 2)\" height=\"\(radius * 2 + 80)\" viewBox=\"0 150 \(center * 2) \(radius * 2 + 80)\">",
            "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"6\" markerHeight=\"6\" orient=\"auto\">"
                + "<path d=\"M0 0L8 4L0 8z\" fill=\"#484\"/></marker></defs>",
        ]
        for (row, cells) in matrix.cells.enumerated() {
            for (column, cell) in cells.enumerated() where row != column && cell.entries.contains(where: { $0.mark.isAllowed }) {
                let dash = cell.symbol == "p" ? " stroke-dasharray=\"4 3\"" : ""
                let (from, to) = (points[row], points[column])
                let (middleX, middleY) = ((from.x + to.x) / 2, (from.y + to.y) / 2)
                // Bent towards the middle, so that the two directions of a pair do not cover each other.
                let bendX = middleX + (center - middleX) / 4 + (to.y - from.y) / 12
                let bendY = middleY + (center - middleY) / 4 - (to.x - from.x) / 12
                lines.append(
                    "<path d=\"M\(from.x) \(from.y)Q\(bendX) \(bendY) \(to.x) \(to.y)\" fill=\"none\" stroke=\"#484\" "
                        + "stroke-opacity=\".6\"\(dash) marker-end=\"url(#a)\"><title>\(Markup.escaped(matrix.groups[row].title)) -&gt; "
                        + "\(Markup.escaped(matrix.groups[column].title)): \(Markup.escaped(TextReport.entries(cell)))</title></path>"
                )
            }
        }
        for (point, group) in zip(points, matrix.groups) {
            let anchor = point.x < center ? "end" : "start"
            let offset = point.x < center ? -10 : 10
            lines.append("<circle cx=\"\(point.x)\" cy=\"\(point.y)\" r=\"5\" fill=\"#36c\"/>")
            lines.append(
                "<text x=\"\(point.x + offset)\" y=\"\(point.y + 4)\" text-anchor=\"\(anchor)\">\(Markup.escaped(group.title))</text>"
            )
        }
        return lines.joined(separator: "\n") + "</svg>"
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
