import NetworkTypes

/// Who reaches whom as a drawing: workloads and outside hosts on a circle, a line where something is allowed.
struct HTMLPicture {
    private struct Node {
        var title: String
        /// Nil: a host outside.
        var namespace: String?
    }

    private struct Edge {
        var allowed: Set<String> = []
        var denied: Set<String> = []
        var isWhole: Bool { denied.isEmpty }
    }

    /// Drawings of more are not readable.
    private static let nodesMax = 60
    private static let colours = ["#3366cc", "#b34700", "#2e7d32", "#8e24aa", "#00838f", "#ad1457", "#5d4037", "#546e7a"]

    private var nodes: [Node]
    private var edges: [[Int]: Edge] = [:]
    private let namespaces: [String]

    /// - Parameter runs: Their connections together.
    init(_ matrix: WorkloadMatrix, _ runs: [LabRun]) {
        nodes = matrix.groups.map { Node(title: $0.title, namespace: $0.workloads.first?.namespace) }
        namespaces = Set(nodes.compactMap(\.namespace)).sorted()
        var places: [LabPod.Workload: Int] = [:]
        for (index, group) in matrix.groups.enumerated() { for workload in group.workloads { places[workload] = index } }
        var outside: [String: Int] = [:]
        for run in runs {
            let pods = run.oracle.model.pods
            for (index, probe) in run.probes.enumerated() {
                var ends: [Int] = []
                for host in [probe.source, probe.destination] {
                    switch host {
                    case .pod(let pod): if let place = places[pods[pod].workload] { ends.append(place) }
                    case .outside(let number):
                        let name = run.oracle.model.outside[number].name
                        if outside[name] == nil {
                            outside[name] = nodes.count
                            nodes.append(Node(title: name, namespace: nil))
                        }
                        if let place = outside[name] { ends.append(place) }
                    case .node: break
                    }
                }
                guard ends.count == 2, ends[0] != ends[1] else { continue }
                if run.marks[index].isAllowed {
                    edges[ends, default: Edge()].allowed.insert("\(probe.port)")
                } else {
                    edges[ends, default: Edge()].denied.insert("\(probe.port)")
                }
            }
        }
    }

    /// Empty where a drawing would say nothing.
    func markup() -> String {
        guard nodes.count > 1, nodes.count <= Self.nodesMax else { return "" }
        let radius = 140 + nodes.count * 5
        let (width, height) = (radius * 2 + 420, radius * 2 + 70)
        let (x, y) = (width / 2, height / 2)
        let points = nodes.indices.map { index in
            let point = Circle.point(index: index, of: nodes.count, radius: radius, center: 0)
            return (x: Double(point.x + x), y: Double(point.y + y))
        }
        var lines = [
            "<h2>Picture</h2><p>A line leads to what may be connected to; dashed: on some ports only. No line between pods: denied. "
                + "Of hosts outside, what was asked about is drawn.</p>",
            "<svg width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" role=\"img\">",
            "<defs>" + (Self.colours + [Self.outsideColour]).enumerated().map { Self.marker($0.offset, $0.element) }.joined()
                + "</defs>",
        ]
        for (ends, edge) in edges.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where !edge.allowed.isEmpty {
            lines.append(line(ends, edge, points, (Double(x), Double(y))))
        }
        for (index, node) in nodes.enumerated() { lines.append(mark(node, points[index], middle: Double(x))) }
        return lines.joined(separator: "\n") + "</svg>" + legend()
    }

    private static let outsideColour = "#444444"

    private func colour(_ node: Node) -> (number: Int, text: String) {
        guard let namespace = node.namespace, let place = namespaces.firstIndex(of: namespace) else {
            return (Self.colours.count, Self.outsideColour)
        }
        return (place % Self.colours.count, Self.colours[place % Self.colours.count])
    }

    private static func marker(_ number: Int, _ colour: String) -> String {
        "<marker id=\"a\(number)\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
            + "orient=\"auto-start-reverse\"><path d=\"M0 0.5L8 4L0 7.5z\" fill=\"\(colour)\"/></marker>"
    }

    /// One way of a pair; both at once where they mean the same.
    private func line(
        _ ends: [Int], _ edge: Edge, _ points: [(x: Double, y: Double)], _ center: (x: Double, y: Double)
    ) -> String {
        let back = edges[[ends[1], ends[0]]]
        let isMutual = edge.isWhole && back.map { $0.isWhole && !$0.allowed.isEmpty } ?? false
        if isMutual, ends[0] > ends[1] { return "" }
        let (from, to) = (points[ends[0]], points[ends[1]])
        let (middleX, middleY) = ((from.x + to.x) / 2, (from.y + to.y) / 2)
        // Bent towards the middle; the two ways of a pair to different sides.
        let side = isMutual || back?.allowed.isEmpty != false ? 0 : 0.09
        let bend = (
            x: middleX + (center.x - middleX) * 0.3 + (to.y - from.y) * side,
            y: middleY + (center.y - middleY) * 0.3 - (to.x - from.x) * side
        )
        let (start, end) = (Self.before(from, bend, 9), Self.before(to, bend, 11))
        let (number, colour) = colour(nodes[ends[0]])
        let dash = edge.isWhole ? "" : " stroke-dasharray=\"5 4\""
        let tail = isMutual ? " marker-start=\"url(#a\(number))\"" : ""
        let title = Markup.escaped(
            "\(nodes[ends[0]].title) \(isMutual ? "<->" : "->") \(nodes[ends[1]].title): \(edge.allowed.sorted().joined(separator: ", "))"
        )
        return "<path d=\"M\(Self.round(start))Q\(Self.round(bend)) \(Self.round(end))\" fill=\"none\" stroke=\"\(colour)\" "
            + "stroke-width=\"1.4\" stroke-opacity=\".75\"\(dash)\(tail) marker-end=\"url(#a\(number))\"><title>\(title)</title></path>"
    }

    /// A point short of another one, on the way from it to a third.
    private static func before(
        _ end: (x: Double, y: Double), _ other: (x: Double, y: Double), _ distance: Double
    ) -> (x: Double, y: Double) {
        let (x, y) = (other.x - end.x, other.y - end.y)
        let length = max(1, (x * x + y * y).squareRoot())
        return (end.x + x / length * distance, end.y + y / length * distance)
    }

    private static func round(_ point: (x: Double, y: Double)) -> String { "\(Int(point.x.rounded())) \(Int(point.y.rounded()))" }

    private func mark(_ node: Node, _ point: (x: Double, y: Double), middle: Double) -> String {
        let (x, y) = (Int(point.x.rounded()), Int(point.y.rounded()))
        let colour = colour(node).text
        let shape =
            node.namespace == nil
            ? "<rect x=\"\(x - 6)\" y=\"\(y - 6)\" width=\"12\" height=\"12\" fill=\"\(colour)\"/>"
            : "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"7\" fill=\"\(colour)\"/>"
        let isLeft = point.x < middle - 1
        let place = "x=\"\(x + (isLeft ? -13 : 13))\" y=\"\(y + 4)\" text-anchor=\"\(isLeft ? "end" : "start")\""
        return "\(shape)<text \(place)>\(Markup.escaped(node.title))</text>"
    }

    private func legend() -> String {
        var parts = namespaces.enumerated().map { index, name in
            "<span style=\"color:\(Self.colours[index % Self.colours.count])\">&#9679;</span> \(Markup.escaped(name))"
        }
        if nodes.contains(where: { $0.namespace == nil }) {
            parts.append("<span style=\"color:\(Self.outsideColour)\">&#9632;</span> outside the cluster")
        }
        return "<p class=legend>\(parts.joined(separator: "&emsp;"))</p>"
    }
}
