import NetworkTypes
package import Policy

/// Which end denies a connection, in one character of the matrix.
package enum CellMark: Character, Hashable, Sendable {
    case allowed = "."
    case deniedByIngress = "X"
    case deniedByEgress = "E"
    case deniedByBoth = "B"
    /// The engine and the packets do not agree.
    case disputed = "~"

    package init(_ verdict: ConnectionVerdict) {
        switch (verdict.egress.isAllowed, verdict.ingress.isAllowed) {
        case (true, true): self = .allowed
        case (true, false): self = .deniedByIngress
        case (false, true): self = .deniedByEgress
        case (false, false): self = .deniedByBoth
        }
    }

    package var isAllowed: Bool { self == .allowed }

    package var words: String {
        switch self {
        case .allowed: "allowed"
        case .deniedByIngress: "denied by ingress"
        case .deniedByEgress: "denied by egress"
        case .deniedByBoth: "denied by egress and by ingress"
        case .disputed: "disputed: engine and packets disagree"
        }
    }
}

/// The answers to a plan: the engine's, and the packets' where packets were sent.
package struct LabRun: Sendable {
    package let oracle: LabOracle
    package let probes: [Probe]
    /// The engine's answer to each probe.
    package let marks: [CellMark]
    /// Nil: only the engine was asked.
    package let packets: [PacketOutcome]?
    /// Of the packets, in microseconds.
    package let durations: [Int]
    /// Why there are no packets; nil when there are, or when none were wanted.
    package var packetsMissing: String?

    package init(_ oracle: LabOracle, _ probes: [Probe], packets: [PacketOutcome]? = nil, durations: [Int] = []) {
        self.oracle = oracle
        self.probes = probes
        self.packets = packets
        self.durations = durations
        var memory = MarkMemory(oracle)
        marks = probes.map { memory.mark($0) }
    }

    /// The engine's answer, or `disputed`.
    package func mark(_ index: Int) -> CellMark { isDisputed(index) ? .disputed : marks[index] }

    package func isDisputed(_ index: Int) -> Bool {
        packets.map { $0[index].isAllowed != marks[index].isAllowed } ?? false
    }

    /// Positions of probes on which the engine and the packets disagree.
    package var disputed: [Int] { packets == nil ? [] : probes.indices.filter(isDisputed) }

    package var allowedCount: Int { marks.count { $0.isAllowed } }
}

/// Remembers the engine's answers by what it can tell apart.
private struct MarkMemory {
    private struct Key: Hashable {
        var source: Int
        var destination: Int
        var port: ListeningPort
        var family: UInt8
    }

    private let oracle: LabOracle
    private let classes: PodClasses
    private var known: [Key: CellMark] = [:]

    init(_ oracle: LabOracle) {
        self.oracle = oracle
        classes = PodClasses(oracle)
    }

    mutating func mark(_ probe: Probe) -> CellMark {
        guard case .pod(let source) = probe.source, case .pod(let destination) = probe.destination, source != destination else {
            return CellMark(probe, oracle)
        }
        let key = Key(
            source: classes.classOfPod[source], destination: classes.classOfPod[destination], port: probe.port,
            family: probe.family.rawValue)
        if let mark = known[key] { return mark }
        let mark = CellMark(probe, oracle)
        known[key] = mark
        return mark
    }
}

extension CellMark {
    /// A connection that has no address is none.
    fileprivate init(_ probe: Probe, _ oracle: LabOracle) {
        self = oracle.verdict(probe).map { CellMark($0) } ?? .deniedByBoth
    }
}
