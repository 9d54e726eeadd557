/// The number by which one network namespace knows an interface; counted from 1, where `lo` is.
package struct InterfaceIndex: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    package var rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let loopback = InterfaceIndex(rawValue: 1)

    package var description: String { "\(rawValue)" }
    package static func < (left: InterfaceIndex, right: InterfaceIndex) -> Bool { left.rawValue < right.rawValue }
}
