/// What a change opens and closes, in words.
extension TextReport {
    package func diff(_ diff: ReachabilityDiff, isChecked: Bool) -> String {
        var lines = diff.changes.map { change in
            let sign =
                switch change.kind {
                case .opened: painted("+ opened ", .allowed)
                case .closed: painted("- closed ", .denied)
                case .changed: painted("~ changed", .warned)
                }
            return "\(sign) \(change.connection)   (was: \(change.before); is: \(change.after))"
        }
        if !lines.isEmpty { lines.append("") }
        let opened = diff.changes.count { $0.kind == .opened }
        let closed = diff.changes.count { $0.kind == .closed }
        let how = isChecked ? "real packets agree with the engine" : "answered by the engine alone"
        lines.append(
            diff.changes.isEmpty
                ? "no difference in \(Self.count(diff.comparedCount, "connection")); \(how)"
                : "\(opened) opened, \(closed) closed, \(diff.changes.count - opened - closed) changed in part, "
                    + "of \(Self.count(diff.comparedCount, "connection")) in both; \(how)")
        return lines.joined(separator: "\n")
    }
}

extension MarkdownReport {
    package static func diff(_ diff: ReachabilityDiff) -> String {
        guard !diff.changes.isEmpty else { return "### Network policies: no change of reachability" }
        var lines = [
            "### Network policies: what this change opens and closes", "", "| | connection | was | is |", "|---|---|---|---|",
        ]
        for change in diff.changes {
            let sign =
                switch change.kind {
                case .opened: "🟢 opened"
                case .closed: "🔴 closed"
                case .changed: "🟡 changed"
                }
            lines.append("| \(sign) | `\(escaped(change.connection))` | \(change.before) | \(change.after) |")
        }
        return lines.joined(separator: "\n")
    }
}
