import API

/// Which of several equal pods to delete first.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/controller_utils.go`, `ActivePodsWithRanks`.
struct PodDeletionRanking {
    static let costAnnotation = "controller.kubernetes.io/pod-deletion-cost"

    private let podsOnNode: [String: Int]
    private let now: Timestamp

    /// `siblings` are the active pods of the same owner, wherever they came from.
    init(siblings: [Pod], now: Timestamp) {
        podsOnNode = Dictionary(siblings.map { ($0.spec.nodeName, 1) }, uniquingKeysWith: +)
        self.now = now
    }

    /// The first one goes first.
    func sorted(_ pods: [Pod]) -> [Pod] { pods.sorted(by: goesBefore) }

    private func goesBefore(_ left: Pod, _ right: Pod) -> Bool {
        if left.spec.nodeName.isEmpty != right.spec.nodeName.isEmpty { return left.spec.nodeName.isEmpty }
        let phases = (phase(left), phase(right))
        if phases.0 != phases.1 { return phases.0 < phases.1 }
        if left.isReady != right.isReady { return !left.isReady }
        let costs = (cost(left), cost(right))
        if costs.0 != costs.1 { return costs.0 < costs.1 }
        let crowds = (podsOnNode[left.spec.nodeName] ?? 0, podsOnNode[right.spec.nodeName] ?? 0)
        if crowds.0 != crowds.1 { return crowds.0 > crowds.1 }
        if let leftSince = left.readySince, let rightSince = right.readySince {
            let ages = (ageClass(leftSince), ageClass(rightSince))
            if ages.0 != ages.1 { return ages.0 < ages.1 }
        }
        if left.restartsMax != right.restartsMax { return left.restartsMax > right.restartsMax }
        if let leftBorn = left.metadata.creationTimestamp, let rightBorn = right.metadata.creationTimestamp {
            let ages = (ageClass(leftBorn), ageClass(rightBorn))
            if ages.0 != ages.1 { return ages.0 < ages.1 }
        }
        return left.metadata.uid < right.metadata.uid
    }

    private func phase(_ pod: Pod) -> Int {
        switch pod.status.phase {
        case "Running": 2
        case "Unknown": 1
        default: 0
        }
    }

    private func cost(_ pod: Pod) -> Int64 { pod.metadata.annotations[Self.costAnnotation].flatMap(Int64.init) ?? 0 }

    /// Ages of the same power of two are equal, so that not always the youngest goes.
    private func ageClass(_ instant: Timestamp) -> Int {
        let seconds = now.duration(since: instant).components.seconds
        return seconds <= 0 ? 0 : Int64.bitWidth - seconds.leadingZeroBitCount
    }
}
