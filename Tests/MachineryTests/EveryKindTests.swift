import API
import JSON
import Testing

@testable import Machinery

@Suite struct EveryKindTests {
    @Test func `offers every stable resource`() {
        #expect(Catalog.kinds.count == 68)
        #expect(Set(Catalog.kinds.map(\.gvr)).count == 68)
    }

    /// JSON -> tree -> protobuf -> tree -> JSON, from random objects of every kind.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `keeps every object through both wire forms`(seed: UInt64) throws {
        for kind in Catalog.kinds {
            var maker = ObjectMaker(seed: seed)
            let made = maker.object(kind)
            let first = try TreeDecoder.decode(made, as: kind.schemaType)
            #expect(first.strictErrors == [])
            let canonical = first.object
            let bytes = ProtobufCodec.encode(canonical, as: kind.schemaType)
            let envelope = try ProtobufCodec.envelope(bytes)
            #expect(envelope.kind == kind.gvk.kind)
            var tree = try ProtobufCodec.decode(envelope.raw, as: kind.schemaType)
            tree["apiVersion"] = .string(envelope.apiVersion)
            tree["kind"] = .string(envelope.kind)
            let again = try TreeDecoder.decode(tree, as: kind.schemaType).object
            #expect(difference(again, canonical) == nil, "\(kind.gvk) seed \(seed)")
            let parsed = try JSONParser.parse(JSONWriter.write(canonical))
            #expect(
                difference(try TreeDecoder.decode(parsed, as: kind.schemaType).object, canonical) == nil,
                "\(kind.gvk) seed \(seed)")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `fills defaults once`(seed: UInt64) throws {
        for kind in Catalog.kinds {
            var maker = ObjectMaker(seed: seed)
            var object = try TreeDecoder.decode(maker.object(kind), as: kind.schemaType).object
            kind.applyDefaults(&object)
            var again = object
            kind.applyDefaults(&again)
            #expect(difference(again, object) == nil, "\(kind.gvk) seed \(seed)")
            #expect(try TreeDecoder.decode(object, as: kind.schemaType).strictErrors == [], "\(kind.gvk) seed \(seed)")
            var canonical = try TreeDecoder.decode(object, as: kind.schemaType).object
            kind.applyDefaults(&canonical)
            #expect(
                difference(try TreeDecoder.decode(canonical, as: kind.schemaType).object, canonical) == nil,
                "\(kind.gvk) seed \(seed)")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `judges and prints any object without stopping`(seed: UInt64) throws {
        let now = Timestamp(seconds: 1_800_000_000)
        for kind in Catalog.kinds {
            var maker = ObjectMaker(seed: seed)
            var object = maker.object(kind)
            let old = maker.object(kind)
            _ = kind.validateCreate(object)
            _ = kind.validateUpdate(new: object, old: old)
            _ = kind.validateStatusUpdate(new: object, old: old)
            #expect(kind.cells(object, now: now).count == kind.columns.count)
            kind.prepareForUpdate(new: &object, old: old)
            kind.prepareForStatusUpdate(new: &object, old: old)
            kind.prepareForCreate(&object)
            for field in kind.rules.selectableFields { #expect(kind.fieldLabel(object, field) != nil) }
        }
    }
}
