/// A message type: its fields by JSON name and by protobuf number.
package struct MessageType: Sendable {
    /// A message that the wire form nests and the JSON form flattens into this one.
    package struct Nested: Sendable {
        package var number: Int
        package var type: MessageID
    }

    /// `api.core.v1.PodSpec`.
    package var name: String
    /// `apps/v1/Deployment` where the type is a kind of its own.
    package var kinds: [String]
    package var isAtomicMap: Bool
    package var fields: [FieldDescriptor]
    package var nested: [Nested]

    private var byName: [String: Int]
    private var byNumber: [UInt8]

    init(name: String, kinds: [String], isAtomicMap: Bool, fields: [FieldDescriptor], nested: [Nested]) {
        self.name = name
        self.kinds = kinds
        self.isAtomicMap = isAtomicMap
        self.fields = fields
        self.nested = nested
        byName = fields.count > 6 ? Dictionary(fields.enumerated().map { ($1.name, $0) }) { first, _ in first } : [:]
        numbers = Set(fields.map(\.number) + nested.map(\.number)).subtracting([0]).sorted()
        byNumber = Array(repeating: 255, count: (fields.map(\.number).max() ?? 0) + 1)
        for (index, field) in fields.enumerated() where field.number > 0 && index < 255 {
            byNumber[field.number] = UInt8(index)
        }
    }

    /// Every protobuf number in use, in rising order.
    package let numbers: [Int]

    package func field(_ name: String) -> FieldDescriptor? { fieldIndex(name).map { fields[$0] } }

    /// Position in `fields`.
    package func fieldIndex(_ name: String) -> Int? {
        byName.isEmpty ? fields.firstIndex { $0.name == name } : byName[name]
    }

    package func field(number: Int) -> FieldDescriptor? {
        guard byNumber.indices.contains(number), byNumber[number] != 255 else { return nil }
        return fields[Int(byNumber[number])]
    }

    /// The last part of the name: `PodSpec`.
    package var shortName: String { String(name[name.index(after: name.lastIndex(of: ".") ?? name.startIndex)...]) }

    /// The name of the Go type, which error messages carry: `v1.PodSpec`.
    package var goName: String { name.split(separator: ".").suffix(2).joined(separator: ".") }
}
