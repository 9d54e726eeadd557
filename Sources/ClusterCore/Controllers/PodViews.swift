package import API
package import ControlLoop

extension CacheIndex where Object == Pod {
    /// By the node that a pod was given; pods without a node stand under none.
    package static var nodeName: CacheIndex<Pod> {
        CacheIndex("nodeName") { $0.spec.nodeName.isEmpty ? [] : [$0.spec.nodeName] }
    }
}

extension Pod {
    /// Counts as a replica: neither finished nor being deleted.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/controller/controller_utils.go`, `IsPodActive`.
    package var isActive: Bool { !isFinished && !metadata.isBeingDeleted }

    /// Ready for at least `minReadySeconds`.
    package func isAvailable(minReadySeconds: Int, at now: Timestamp) -> Bool {
        guard isReady else { return false }
        guard minReadySeconds > 0 else { return true }
        return readySince.map { $0.adding(.seconds(minReadySeconds)) <= now } ?? false
    }

    /// When the pod last became ready; nil: it is not.
    package var readySince: Timestamp? { isReady ? status.conditions["Ready"]?.lastTransitionTime : nil }
    /// The restarts of the container that restarted most.
    package var restartsMax: Int64 { status.containerStatuses.map(\.restartCount).max() ?? 0 }
}
