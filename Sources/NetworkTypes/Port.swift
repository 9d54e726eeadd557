/// A port number of TCP, UDP or SCTP; zero means none.
package struct Port: RawRepresentable, Hashable, Sendable, Comparable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    package var rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(_ value: UInt16) { rawValue = value }
    package init(integerLiteral value: UInt16) { rawValue = value }

    /// Nil outside 0...65535.
    package init?(exactly number: some BinaryInteger) {
        guard let value = UInt16(exactly: number) else { return nil }
        rawValue = value
    }

    package var isNone: Bool { rawValue == 0 }
    /// In network order.
    package var bytes: [UInt8] { [UInt8(rawValue >> 8), UInt8(rawValue & 255)] }
    package var description: String { String(rawValue) }

    package static func < (left: Port, right: Port) -> Bool { left.rawValue < right.rawValue }
}
