import API
import ControlLoop

/// What wakes the controllers that write endpoints of a Service.
enum ServiceTriggers {
    static var all: [Trigger<NamespacedName>] {
        [
            .itself(Service.self),
            .onChange(Pod.self) { change, snapshot in
                if let old = change.old, let new = change.new, !matters(old, new) { return [] }
                return snapshot.list(Service.self, namespace: change.key.namespace).filter { service in
                    guard let labels = service.spec.selector, !labels.isEmpty else { return false }
                    let selector = LabelSelector(matchLabels: labels)
                    return [change.old, change.new].contains { $0.map { selector.matches($0.metadata.labels) } ?? false }
                }.map(\.key)
            },
            .reads(Node.self),
        ]
    }

    /// Status updates of containers, and most others, change no endpoint.
    private static func matters(_ old: Pod, _ new: Pod) -> Bool {
        old.metadata.uid != new.metadata.uid || old.metadata.labels != new.metadata.labels
            || old.metadata.isBeingDeleted != new.metadata.isBeingDeleted || old.isReady != new.isReady
            || old.isFinished != new.isFinished || old.status.podIP != new.status.podIP
            || old.status.podIPs != new.status.podIPs || old.spec.nodeName != new.spec.nodeName
    }
}
