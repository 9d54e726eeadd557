/// Lets writes of one namespace charge its quotas one after the other, those of different namespaces beside each other.
actor NamespaceGate {
    /// Namespaces someone is inside of, and who waits there, first come first served.
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    func enter(_ namespace: String) async {
        guard waiting[namespace] != nil else {
            waiting[namespace] = []
            return
        }
        await withCheckedContinuation { waiting[namespace]?.append($0) }
    }

    func leave(_ namespace: String) {
        guard var queue = waiting[namespace] else { preconditionFailure("nobody is inside of \(namespace)") }
        guard !queue.isEmpty else {
            waiting[namespace] = nil
            return
        }
        let next = queue.removeFirst()
        waiting[namespace] = queue
        next.resume()
    }
}
