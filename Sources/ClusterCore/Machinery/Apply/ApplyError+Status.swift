package import API

extension ApplyError {
    /// What the client is told.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/managedfields/internal/conflict.go`, `NewConflictError`.
    package var status: Status {
        switch self {
        case .unfit(let text): return Status(code: 500, reason: "", message: text)
        case .conflicts(let conflicts):
            let ordered = Self.ordered(conflicts)
            return Status(
                code: 409, reason: "Conflict", message: Self.message(ordered),
                details: Status.Details(
                    causes: ordered.map { conflict in
                        Status.Cause(
                            reason: "FieldManagerConflict", message: "conflict with \(conflict.manager.shown)",
                            field: conflict.path.map(\.description).joined())
                    }))
        }
    }

    /// Upstream lists causes by no order of managers; ours follows the message.
    private static func ordered(_ conflicts: [ApplyConflict]) -> [ApplyConflict] {
        var byManager: [FieldManagerIdentity: [ApplyConflict]] = [:]
        for conflict in conflicts { byManager[conflict.manager, default: []].append(conflict) }
        return byManager.sorted { ValueOrder.compare($0.key.text, $1.key.text) < 0 }.flatMap(\.value)
    }

    private static func message(_ conflicts: [ApplyConflict]) -> String {
        func text(_ conflict: ApplyConflict) -> String { conflict.path.map(\.description).joined() }
        if conflicts.count == 1 {
            return "Apply failed with 1 conflict: conflict with \(conflicts[0].manager.shown): \(text(conflicts[0]))"
        }
        var lines: [String] = []
        var last: FieldManagerIdentity?
        for conflict in conflicts {
            if conflict.manager != last { lines.append("conflicts with \(conflict.manager.shown):") }
            last = conflict.manager
            lines.append("- " + text(conflict))
        }
        return "Apply failed with \(conflicts.count) conflicts: " + lines.joined(separator: "\n")
    }
}

extension FieldManagerIdentity {
    /// `"kubectl" with subresource "status" using apps/v1`.
    fileprivate var shown: String {
        var text = "\"\(manager)\""
        if !subresource.isEmpty { text += " with subresource \"\(subresource)\"" }
        return isApply ? text : text + " using \(apiVersion)"
    }
}
