/// The name that somebody asks for, in lower case, with the places of its labels. One is reused from question to question, so
/// that reading a question allocates nothing.
package struct QuestionName: Sendable {
    /// Wire form; the first `count` bytes count.
    private(set) var bytes = [UInt8](repeating: 0, count: WireLimit.nameBytes)
    private var starts = [UInt8](repeating: 0, count: WireLimit.labels + 1)
    package private(set) var count = 0
    package private(set) var labelCount = 0

    package init() {}

    package init(_ name: DNSName) {
        self.init()
        set(name)
    }

    package mutating func set(_ name: DNSName) {
        name.wire.withUnsafeBytes { _ = read($0, at: 0) }
    }

    /// Reads a name that no pointer shortens. Returns where the message goes on; nil for anything but a name.
    mutating func read(_ message: UnsafeRawBufferPointer, at start: Int) -> Int? {
        var position = start
        count = 0
        labelCount = 0
        while position < message.count {
            let length = Int(message[position])
            if length == 0 {
                guard count < WireLimit.nameBytes else { return nil }
                bytes[count] = 0
                count += 1
                return position + 1
            }
            guard length <= WireLimit.labelBytes, position + 1 + length < message.count,
                count + 1 + length < WireLimit.nameBytes
            else { return nil }
            starts[labelCount] = UInt8(count)
            labelCount += 1
            bytes[count] = UInt8(length)
            for offset in 1...length { bytes[count + offset] = ASCII.lowered(message[position + offset]) }
            count += 1 + length
            position += 1 + length
        }
        return nil
    }

    /// Where a label begins, its length byte included; `labelCount` gives the root's place.
    func start(of label: Int) -> Int { label < labelCount ? Int(starts[label]) : count - 1 }

    /// The bytes of a label without its length.
    func label(_ index: Int) -> ArraySlice<UInt8> {
        let start = Int(starts[index])
        return bytes[(start + 1)..<(start + 1 + Int(bytes[start]))]
    }

    func labelLength(_ index: Int) -> Int { Int(bytes[Int(starts[index])]) }

    /// Compares without a copy.
    func label(_ index: Int, equals text: StaticString) -> Bool {
        let start = Int(starts[index])
        guard Int(bytes[start]) == text.utf8CodeUnitCount else { return false }
        // SAFETY: a static string's bytes live forever, and their count was just compared.
        for offset in 0..<text.utf8CodeUnitCount where text.utf8Start[offset] != bytes[start + 1 + offset] { return false }
        return true
    }

    func label(_ index: Int, equals other: [UInt8]) -> Bool {
        let start = Int(starts[index])
        guard Int(bytes[start]) == other.count else { return false }
        for offset in other.indices where other[offset] != bytes[start + 1 + offset] { return false }
        return true
    }

    /// The index of the label at which `suffix` begins; nil when the name does not end with it.
    func ending(with suffix: DNSName) -> Int? {
        let start = count - suffix.wire.count
        guard start >= 0 else { return nil }
        for offset in suffix.wire.indices where suffix.wire[offset] != bytes[start + offset] { return nil }
        if start == count - 1 { return labelCount }
        var low = 0
        var high = labelCount
        while low < high {
            let middle = (low + high) / 2
            if Int(starts[middle]) < start { low = middle + 1 } else { high = middle }
        }
        return low < labelCount && Int(starts[low]) == start ? low : nil
    }

    package var name: DNSName { DNSName(unchecked: Array(bytes[..<count])) }
    func name(from label: Int) -> DNSName { DNSName(unchecked: Array(bytes[start(of: label)..<count])) }
    /// The wire form of the labels before one.
    func wire(before label: Int) -> ArraySlice<UInt8> { bytes[..<start(of: label)] }
}
