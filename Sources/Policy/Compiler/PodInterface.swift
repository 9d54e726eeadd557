package import API

/// A host interface of this node.
package struct PodInterface: Hashable, Sendable {
    package var index: UInt32
    package var name: String
    /// The pod that the plugin made it for, by uid or by name; nil when it does not say.
    package var podUID: String?
    package var podName: NamespacedName?

    package init(index: UInt32, name: String, podUID: String? = nil, podName: NamespacedName? = nil) {
        self.index = index
        self.name = name
        self.podUID = podUID
        self.podName = podName
    }
}

/// Finds the interface of a pod.
///
/// An interface that says whose it is belongs to that pod from its first moment. One that does not is found by the name that
/// follows from the pod's addresses; a pod whose interface went away does not get the next one of that name, which may be another
/// pod's that took over the address.
struct InterfaceBindings: Sendable {
    private var all: Set<PodInterface> = []
    private var byUID: [String: Set<UInt32>] = [:]
    private var byPod: [NamespacedName: Set<UInt32>] = [:]
    private var byName: [String: UInt32] = [:]
    /// For a pod, by uid, the interface that its name found.
    private var bound: [String: UInt32] = [:]
    /// Pods whose interface went away.
    private var lost: Set<String> = []

    /// - Returns: Interfaces that came or went.
    mutating func replace(with interfaces: [PodInterface]) -> Set<PodInterface> {
        let new = Set(interfaces)
        let changed = new.symmetricDifference(all)
        if changed.isEmpty { return [] }
        all = new
        byUID = [:]
        byPod = [:]
        byName = [:]
        for interface in interfaces {
            if let uid = interface.podUID {
                byUID[uid, default: []].insert(interface.index)
            } else if let pod = interface.podName {
                byPod[pod, default: []].insert(interface.index)
            } else {
                byName[interface.name] = interface.index
            }
        }
        let present = Set(interfaces.map(\.index))
        for (uid, index) in bound where !present.contains(index) {
            bound[uid] = nil
            lost.insert(uid)
        }
        return changed
    }

    /// - Parameter name: What the pod's addresses make; nil without addresses.
    mutating func indices(of pod: PolicyPod, name: String?) -> [UInt32] {
        if let own = byUID[pod.uid] ?? byPod[pod.key] { return own.sorted() }
        guard let name, let index = byName[name], !lost.contains(pod.uid) else { return [] }
        bound[pod.uid] = index
        return [index]
    }

    mutating func forget(_ uid: String) {
        bound[uid] = nil
        lost.remove(uid)
    }
}
