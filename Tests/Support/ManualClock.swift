/// Time that moves when a test says so.
package struct ManualInstant: InstantProtocol, Hashable, Sendable {
    package var offset: Duration

    package static let origin = ManualInstant(offset: .zero)

    package init(offset: Duration) { self.offset = offset }

    package func advanced(by duration: Duration) -> ManualInstant { ManualInstant(offset: offset + duration) }
    package func duration(to other: ManualInstant) -> Duration { other.offset - offset }
    package static func < (left: ManualInstant, right: ManualInstant) -> Bool { left.offset < right.offset }
}
