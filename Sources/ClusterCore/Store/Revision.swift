/// A position in the store's history: every write, deletion too, has its own, greater than all before it.
///
/// A revision is never given twice, not after a restart and not after compaction.
package struct Revision: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var value: Int64

    package init(_ value: Int64) { self.value = value }

    /// Before the first write.
    package static let initial = Revision(1)

    package var description: String { String(value) }
    package static func < (left: Revision, right: Revision) -> Bool { left.value < right.value }
    package var next: Revision { Revision(value + 1) }
}
