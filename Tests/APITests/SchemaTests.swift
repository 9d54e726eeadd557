import JSON
import Testing

@testable import API

@Suite struct SchemaTests {
    let schema = Schema.kubernetes

    @Test func `holds every message type`() {
        #expect(schema.types.count >= 585)
        #expect(schema.type(named: "api.core.v1.PodSpec")?.field("containers")?.mergeKey == "name")
        #expect(schema.type(named: "api.core.v1.PodSpec")?.field(number: 2)?.name == "containers")
        #expect(schema.id(of: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")) != nil)
    }

    @Test func `gives one number to one field`() {
        for type in schema.types {
            let numbers = type.fields.map(\.number).filter { $0 > 0 } + type.nested.map(\.number)
            #expect(Set(numbers).count == numbers.count, "\(type.name)")
        }
    }

    @Test func `nests no message in itself by value`() {
        func visit(_ id: MessageID, _ above: [Int]) {
            #expect(!above.contains(id.index), "\(schema[id].name)")
            guard !above.contains(id.index) else { return }
            for field in schema[id].fields where !field.isPointer {
                if case .message(let inner) = field.type { visit(inner, above + [id.index]) }
            }
        }
        for index in schema.types.indices { visit(MessageID(index: index), []) }
    }

    @Test func `flattens what the wire nests`() {
        let volume = schema.type(named: "api.core.v1.Volume")
        #expect(volume?.nested.map(\.number) == [2])
        #expect(schema.type(named: "api.core.v1.VolumeSource")?.field("configMap")?.number == 19)
        #expect(schema.type(named: "api.core.v1.Probe")?.nested.map(\.number) == [1])
    }
}
