package import NetworkTypes

/// The answers of a run by workload: who reaches whom, and on which ports.
package struct WorkloadMatrix: Sendable {
    /// Workloads that nobody can tell apart in this matrix.
    package struct Group: Hashable, Sendable {
        package var workloads: [LabPod.Workload]
        package var podCount: Int

        /// `shop/web`, `shop/{api,web}`.
        package var title: String {
            guard let first = workloads.first else { return "" }
            if workloads.count == 1 { return "\(first)" }
            let names = workloads.map { $0.namespace == first.namespace ? $0.name : "\($0)" }
            return "\(first.namespace)/{\(names.joined(separator: ","))}"
        }
    }

    /// One port of one cell.
    package struct Entry: Hashable, Sendable {
        package var port: ListeningPort
        package var family: IPFamily
        package var mark: CellMark
    }

    /// What a row's workload gets from a column's; empty: there is no such pair.
    package struct Cell: Hashable, Sendable {
        /// By port, each mark once.
        package var entries: [Entry] = []

        /// The one mark of every port; nil when they differ.
        package var mark: CellMark? {
            guard let first = entries.first?.mark else { return nil }
            return entries.allSatisfy { $0.mark == first } ? first : nil
        }

        package var isEmpty: Bool { entries.isEmpty }

        /// One character: the mark, `p` where it depends on the port, a blank for nothing.
        package var symbol: Character { isEmpty ? " " : mark?.rawValue ?? "p" }
    }

    package private(set) var groups: [Group]
    /// By source, then by destination.
    package private(set) var cells: [[Cell]]

    /// Groups are not looked for among more workloads than this.
    private static let groupedWorkloadsMax = 250

    /// - Parameter merging: Puts workloads with equal rows and columns into one group.
    package init(_ run: LabRun, merging: Bool = true) {
        let pods = run.oracle.model.pods
        var counts: [LabPod.Workload: Int] = [:]
        for pod in pods where !pod.isOnHostNetwork { counts[pod.workload, default: 0] += 1 }
        let workloads = counts.keys.sorted()
        let positions = Dictionary(workloads.enumerated().map { ($1, $0) }) { first, _ in first }
        var cells = [[Cell]](repeating: [Cell](repeating: Cell(), count: workloads.count), count: workloads.count)
        for (index, probe) in run.probes.enumerated() {
            guard case .pod(let source) = probe.source, case .pod(let destination) = probe.destination, probe.service == nil,
                let row = positions[pods[source].workload], let column = positions[pods[destination].workload]
            else { continue }
            let entry = Entry(port: probe.port, family: probe.family, mark: run.mark(index))
            if !cells[row][column].entries.contains(entry) { cells[row][column].entries.append(entry) }
        }
        for row in cells.indices {
            for column in cells.indices {
                cells[row][column].entries.sort {
                    ($0.port, $0.family, $0.mark.rawValue) < ($1.port, $1.family, $1.mark.rawValue)
                }
            }
        }
        groups = workloads.map { Group(workloads: [$0], podCount: counts[$0] ?? 0) }
        self.cells = cells
        if merging, workloads.count <= Self.groupedWorkloadsMax { mergeEqual() }
    }

    private mutating func mergeEqual() {
        var representative: [Int] = []
        var members: [[Int]] = []
        for index in groups.indices {
            if let place = representative.firstIndex(where: { isAlike($0, index) }) {
                members[place].append(index)
            } else {
                representative.append(index)
                members.append([index])
            }
        }
        let old = cells
        cells = members.map { rows in
            members.map { columns in
                guard rows == columns, rows.count > 1 else { return old[rows[0]][columns[0]] }
                return old[rows[0]][rows[1]]
            }
        }
        groups = members.map { indices in
            Group(
                workloads: indices.flatMap { groups[$0].workloads }, podCount: indices.reduce(0) { $0 + groups[$1].podCount })
        }
    }

    /// Whether two workloads have the same cells with everybody else and with each other.
    private func isAlike(_ first: Int, _ second: Int) -> Bool {
        guard groups[first].workloads[0].namespace == groups[second].workloads[0].namespace,
            cells[first][second] == cells[second][first]
        else { return false }
        for own in [first, second] where !cells[own][own].isEmpty && cells[own][own] != cells[first][second] { return false }
        return cells.indices.allSatisfy { other in
            other == first || other == second
                || cells[first][other] == cells[second][other] && cells[other][first] == cells[other][second]
        }
    }
}
