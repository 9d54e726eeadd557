import NetworkTypes
import Policy

/// What a terminal shows.
package struct TextReport: Sendable {
    /// Colours of cells; off for files and pipes.
    package var hasColour: Bool

    package init(hasColour: Bool = false) { self.hasColour = hasColour }

    // MARK: - Matrix

    /// Columns wider than this many groups do not fit a terminal: sources are listed with what they reach instead.
    private static let columnsMax = 70

    package func matrix(_ run: LabRun, isMerging: Bool = true) -> String {
        let matrix = WorkloadMatrix(run, merging: isMerging)
        guard !matrix.groups.isEmpty else { return "no pods" }
        var lines = matrix.groups.count > Self.columnsMax ? list(matrix) : grid(matrix)
        let partial = partialCells(matrix)
        if !partial.isEmpty { lines += ["", "p depends on the port:"] + partial.map { "  " + $0 } }
        lines += ["", legend(matrix)]
        return lines.joined(separator: "\n")
    }

    private func grid(_ matrix: WorkloadMatrix) -> [String] {
        let count = matrix.groups.count
        let digits = "\(count)".count
        let titles = matrix.groups.map { $0.podCount > 1 ? "\($0.title) (\($0.podCount))" : $0.title }
        let width = max(4, titles.map(\.count).max() ?? 0)
        var lines: [String] = []
        for position in 0..<digits {
            let header = matrix.groups.indices.map { index in
                let text = Self.padded(left: "\(index + 1)", digits)
                return " " + String(text[text.index(text.startIndex, offsetBy: position)])
            }
            let corner =
                position == digits - 1
                ? Self.padded("from \\ to", width + digits + 1) : String(repeating: " ", count: width + digits + 1)
            lines.append(corner + header.joined())
        }
        for (row, cells) in matrix.cells.enumerated() {
            let name = Self.padded(left: "\(row + 1)", digits) + " " + Self.padded(titles[row], width)
            lines.append(name + cells.map { " " + painted($0.symbol) }.joined())
        }
        return lines
    }

    private func list(_ matrix: WorkloadMatrix) -> [String] {
        matrix.groups.indices.map { row in
            let reached = matrix.groups.indices.filter { matrix.cells[row][$0].entries.contains { $0.mark.isAllowed } }
            let names = reached.prefix(12).map { matrix.groups[$0].title }.joined(separator: " ")
            let more = reached.count > 12 ? " and \(reached.count - 12) more" : ""
            return "\(matrix.groups[row].title) -> \(reached.isEmpty ? "nobody" : names + more)"
        }
    }

    private static let partialLinesMax = 200

    private func partialCells(_ matrix: WorkloadMatrix) -> [String] {
        var lines: [String] = []
        for (row, cells) in matrix.cells.enumerated() {
            for (column, cell) in cells.enumerated() where cell.symbol == "p" {
                if lines.count == Self.partialLinesMax { return lines + ["..."] }
                let name = "\(matrix.groups[row].title) -> \(matrix.groups[column].title): "
                lines.append(name + Self.entries(cell))
            }
        }
        return lines
    }

    /// `8080/tcp allowed; 9090/tcp denied by ingress`.
    static func entries(_ cell: WorkloadMatrix.Cell) -> String {
        var marks: [CellMark] = []
        for entry in cell.entries where !marks.contains(entry.mark) { marks.append(entry.mark) }
        return marks.map { mark in
            let ports = cell.entries.filter { $0.mark == mark }.map { "\($0.port)" + ($0.family == .ipv6 ? " over IPv6" : "") }
            return "\(ports.joined(separator: ", ")) \(mark.words)"
        }.joined(separator: "; ")
    }

    private func legend(_ matrix: WorkloadMatrix) -> String {
        var used: Set<Character> = []
        for cells in matrix.cells { used.formUnion(cells.map(\.symbol)) }
        for cells in matrix.cells { for cell in cells { used.formUnion(cell.entries.map(\.mark.rawValue)) } }
        let meanings: [(Character, String)] = [
            (".", "allowed"), ("X", "denied by ingress"), ("E", "denied by egress"), ("B", "denied by both"),
            ("p", "by port"), ("~", "engine and packets disagree"),
        ]
        return meanings.filter { used.contains($0.0) }.map { "\(painted($0.0)) \($0.1)" }.joined(separator: "   ")
    }

    // MARK: - Summary

    /// `9 pods in 3 namespaces, 4 policies; 72 connections: 60 allowed, 12 denied; engine and packets agree (0.02 s)`.
    package func summary(_ run: LabRun) -> String {
        let model = run.oracle.model
        let pods = model.networkedPods
        let namespaces = Set(pods.map(\.namespace)).count
        var text =
            "\(Self.count(pods.count, "pod")) in \(Self.count(namespaces, "namespace")), "
            + "\(Self.count(model.policies.count, "policy", "policies")); "
        if run.probes.isEmpty { return text + "there is no connection to try" }
        text +=
            "\(Self.count(run.probes.count, "connection")): "
            + "\(run.allowedCount) allowed, \(run.probes.count - run.allowedCount) denied; "
        if run.packets == nil { return text + "answered by the engine alone" }
        return text + (run.disputed.isEmpty ? "real packets agree with the engine" : "REAL PACKETS DISAGREE WITH THE ENGINE")
    }

    /// What an error of ours looks like.
    package func disputes(_ run: LabRun) -> String {
        let disputed = run.disputed
        guard !disputed.isEmpty, let packets = run.packets else { return "" }
        var lines = [
            painted("error", .denied) + ": engine and packets disagree on \(Self.count(disputed.count, "connection")); "
                + "this is a defect of this program, please report it with the input:"
        ]
        for index in disputed.prefix(20) {
            lines.append(
                "  \(run.oracle.name(run.probes[index])): engine: \(run.marks[index].words); packet: \(Self.words(packets[index]))"
            )
        }
        if disputed.count > 20 { lines.append("  and \(disputed.count - 20) more") }
        return lines.joined(separator: "\n")
    }

    static func words(_ outcome: PacketOutcome) -> String {
        switch outcome {
        case .answered: "answered"
        case .dropped(let text): text.isEmpty ? "dropped" : "dropped (\(text))"
        case .silent: "no answer, and no report of a drop"
        case .failed(let errno): "could not be sent (errno \(errno))"
        }
    }

    // MARK: - Explanation

    package func explanation(_ explanation: Explanation, packet: PacketOutcome? = nil, microseconds: Int = 0) -> String {
        let word = explanation.isAllowed ? painted("ALLOWED", .allowed) : painted("DENIED", .denied)
        let by = explanation.isAllowed ? "" : " (\(explanation.mark.words.replacingPrefix("denied ", with: "")))"
        var lines = ["\(explanation.title)   \(word)\(by)"]
        if let packet { lines.append("  packet   \(Self.words(packet)) after \(Self.milliseconds(microseconds))") }
        for side in explanation.sides {
            let verdict = side.isAllowed ? painted("allowed", .allowed) : painted("denied", .denied)
            lines.append("  \(Self.padded(side.direction.rawValue, 8)) \(side.headline) -> \(verdict)")
            lines += side.details.map { "             " + $0 }
        }
        for (end, alternatives) in explanation.nearestChanges.enumerated() {
            for (index, change) in alternatives.enumerated() {
                let word = index > 0 ? "             or: " : end > 0 ? "            and: " : "nearest change: "
                lines.append("  \(word)\(change)")
            }
        }
        if !explanation.smallestDenial.isEmpty {
            let names = explanation.smallestDenial.map(\.description).joined(separator: ", ")
            lines.append("  denied already with: \(names)")
        }
        return lines.joined(separator: "\n")
    }

    // MARK: - Words

    enum Paint { case allowed, denied, warned, faint }

    func painted(_ text: String, _ paint: Paint) -> String {
        guard hasColour else { return text }
        let code =
            switch paint {
            case .allowed: "32"
            case .denied: "31"
            case .warned: "33"
            case .faint: "2"
            }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }

    private func painted(_ symbol: Character) -> String {
        switch symbol {
        case ".": painted(".", .allowed)
        case "p", "~": painted(String(symbol), .warned)
        case " ": " "
        default: painted(String(symbol), .denied)
        }
    }

    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
    static func padded(left text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func milliseconds(_ microseconds: Int) -> String {
        let hundredths = "\(microseconds % 1000 / 10)"
        return "\(microseconds / 1000).\(hundredths.count < 2 ? "0" : "")\(hundredths) ms"
    }
}

extension String {
    func replacingPrefix(_ prefix: String, with text: String) -> String {
        hasPrefix(prefix) ? text + dropFirst(prefix.count) : self
    }
}
