/// The name of a network interface, or how it begins.
package struct InterfacePattern: Hashable, Sendable {
    /// Longest name that the kernel allows, in bytes (`IFNAMSIZ` without the final zero).
    package static let nameBytesMax = 15

    package var text: String
    /// `text` is how the name begins; nft prints it with an asterisk.
    package var isPrefix: Bool

    /// - Parameter text: 1...15 bytes.
    package init(_ text: String, isPrefix: Bool = false) {
        precondition((1...Self.nameBytesMax).contains(text.utf8.count), "interface name '\(text)'")
        self.text = text
        self.isPrefix = isPrefix
    }

    /// What a register of sixteen bytes begins with.
    package var bytes: [UInt8] {
        let name = Array(text.utf8)
        return isPrefix ? name : name + [UInt8](repeating: 0, count: 16 - name.count)
    }
}
