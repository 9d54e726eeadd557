/// A control loop as decisions: what wakes it, and what it wants done.
package protocol Controller: Sendable {
    /// What one decision is about, usually a `NamespacedName`.
    associatedtype Key: Hashable & Sendable

    /// Upstream's name, `replicaset-controller`: the component of its events.
    static var name: String { get }
    /// Also names every kind that `plan` reads.
    var triggers: [Trigger<Key>] { get }

    /// What to do about `key`. Depends on nothing but its arguments; once its writes are visible it must settle.
    func plan(for key: Key, in snapshot: Snapshot) -> Plan
}
