import API
import ControlLoop

extension DaemonSync {
    var maxSurge: Int { self.set.maxSurge.scaled(of: desired, roundingUp: true) ?? 0 }

    /// At least one when nothing may surge.
    private var maxUnavailable: Int {
        let number = set.maxUnavailable.scaled(of: desired, roundingUp: true) ?? 0
        return number == 0 && maxSurge == 0 ? 1 : number
    }

    /// Replaces pods of other revisions, a few nodes at a time.
    mutating func replaceOutdated() {
        guard desired > 0 else { return }
        if maxSurge == 0 { replaceInPlace() } else { replaceBySurge() }
    }

    /// The pod of the present revision and the one of another, where there is no more than one of each.
    private func pair(_ pods: [Pod]) -> (new: Pod?, old: Pod?)? {
        var result: (new: Pod?, old: Pod?) = (nil, nil)
        for pod in pods where !pod.metadata.isBeingDeleted {
            if isUpdated(pod) {
                if result.new != nil { return nil }
                result.new = pod
            } else {
                if result.old != nil { return nil }
                result.old = pod
            }
        }
        return result
    }

    private var occupied: [(node: String, pods: [Pod])] {
        podsByNode.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Deletes old pods, as many as may be missing; the next look brings their successors.
    private mutating func replaceInPlace() {
        var unavailable = 0
        var broken: [Pod] = []
        var candidates: [Pod] = []
        for (_, pods) in occupied {
            switch pair(pods) {
            case (nil, let old?)?:
                if isAvailable(old) { candidates.append(old) } else { broken.append(old) }
            case (let new?, nil)?:
                if !isAvailable(new) { unavailable += 1 }
            default: unavailable += 1
            }
        }
        write(create: [], delete: broken + candidates.prefix(max(0, maxUnavailable - unavailable)))
    }

    /// Starts new pods beside old ones, and deletes an old one when its successor is available.
    private mutating func replaceBySurge() {
        var surging = 0
        var available = 0
        var done: [Pod] = []
        var misplaced: [Pod] = []
        var broken: [String] = []
        var candidates: [String] = []
        for (node, pods) in occupied {
            guard let (new, old) = pair(pods) else {
                surging += 1
                continue
            }
            if isAvailable(old) || isAvailable(new) { available += 1 }
            guard let old else { continue }
            if new != nil {
                if isAvailable(new) { done.append(old) } else { surging += 1 }
            } else if fits[node] == nil {
                continue
            } else if !runs(node) {
                misplaced.append(old)
            } else if isAvailable(old) {
                candidates.append(node)
            } else {
                broken.append(node)
            }
        }
        // A pod that must leave its node goes when its place is taken elsewhere.
        done += misplaced.prefix(max(0, available - desired))
        write(create: broken + candidates.prefix(max(0, maxSurge - surging)), delete: done)
    }
}
