import API
import JSON
import Support
import Testing

@testable import Machinery

@Suite struct ProtobufTests {
    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) ?? 0
        }
    }

    /// A body as `kubectl create deployment` sends it: zeros of non-pointer fields included, as Go's generated code writes them.
    private func deploymentBody() -> [UInt8] {
        func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
            var writer = ProtobufWriter()
            writer.field(number, bytes: content)
            return writer.bytes
        }
        func text(_ number: Int, _ value: String) -> [UInt8] { field(number, Array(value.utf8)) }
        func number(_ number: Int, _ value: UInt64) -> [UInt8] {
            var writer = ProtobufWriter()
            writer.field(number, varint: value)
            return writer.bytes
        }
        func label(_ number: Int) -> [UInt8] { field(number, text(1, "app") + text(2, "web")) }
        let zeroMeta =
            text(1, "") + text(2, "") + text(3, "") + text(4, "") + text(5, "") + text(6, "") + number(7, 0) + field(8, [])
        let container =
            text(1, "busybox") + text(2, "busybox") + text(5, "") + field(8, []) + text(13, "") + text(14, "") + number(16, 0)
            + number(17, 0) + number(18, 0) + text(20, "")
        let podSpec =
            field(2, container) + text(3, "") + text(6, "") + text(8, "") + text(9, "") + text(10, "") + number(11, 0)
            + number(12, 0) + number(13, 0) + text(16, "") + text(17, "") + text(19, "") + text(24, "")
        let template = field(1, zeroMeta + label(11)) + field(2, podSpec)
        let spec = number(1, 2) + field(2, label(1)) + field(3, template) + field(4, text(1, "")) + number(5, 0) + number(7, 0)
        let status = number(1, 0) + number(2, 0) + number(3, 0) + number(4, 0) + number(5, 0) + number(7, 0)
        let meta = text(1, "web") + text(2, "") + text(3, "default") + text(4, "") + number(7, 0) + field(8, []) + label(11)
        let raw = field(1, meta) + field(2, spec) + field(3, status)
        let unknown = field(1, text(1, "apps/v1") + text(2, "Deployment")) + field(2, raw) + text(3, "") + text(4, "")
        return ProtobufCodec.magic + unknown
    }

    @Test func `reads what kubectl create deployment sends`() throws {
        let decoded = try BodyDecoder().decode(
            deploymentBody(), contentType: "application/vnd.kubernetes.protobuf", expecting: BodyDecoderTests.deployment,
            fieldValidation: .strict)
        #expect(
            decoded.object == [
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": ["name": "web", "namespace": "default", "labels": ["app": "web"]],
                "spec": [
                    "replicas": 2, "selector": ["matchLabels": ["app": "web"]], "strategy": [:],
                    "template": [
                        "metadata": ["labels": ["app": "web"]],
                        "spec": ["containers": [["name": "busybox", "image": "busybox", "resources": [:]]]],
                    ],
                ], "status": [:],
            ])
    }

    @Test func `writes the special messages as upstream`() throws {
        let schema = Schema.kubernetes
        let port = try #require(schema.id(named: "api.core.v1.ServicePort"))
        #expect(
            ProtobufCodec.encodeMessage(["name": "a", "port": 80, "targetPort": "http"], as: port)
                == Self.bytes("0a01611850220a080110001a0468747470"))
        let lease = try #require(schema.id(named: "api.coordination.v1.LeaseSpec"))
        let time: JSONValue = ["renewTime": "1970-01-01T00:00:01.000002Z"]
        let wire = ProtobufCodec.encodeMessage(time, as: lease)
        #expect(wire == Self.bytes("2205080110d00f"))
        #expect(try ProtobufCodec.decode(wire[...], as: lease) == time)
    }

    @Test func `keeps an explicit zero of a pointer and drops that of a value`() throws {
        let spec = try #require(Schema.kubernetes.id(named: "api.apps.v1.ReplicaSetSpec"))
        let wire = Self.bytes("08002000")  // replicas: 0, minReadySeconds: 0
        let tree = try ProtobufCodec.decode(wire[...], as: spec)
        let canonical = try TreeDecoder.decode(tree, as: spec).object
        #expect(canonical["replicas"] == 0)
        #expect(canonical["minReadySeconds"] == nil)
    }

    /// Go writes the zeros of a schema wherever the schema stands, also where it could be a flag or a list.
    @Test(arguments: ["items", "additionalItems", "additionalProperties", "dependencies"])
    func `drops the zeros of a schema that stands in a union`(field: String) throws {
        let id = try #require(
            Schema.kubernetes.id(named: "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"))
        func schema(_ inner: JSONValue) -> JSONValue { [field: field == "dependencies" ? ["a": inner] : inner] }
        let zeros: JSONValue = ["id": "", "$schema": "", "description": "", "nullable": false, "uniqueItems": false]
        var nested = zeros
        nested["type"] = "string"
        var tree = zeros
        tree["type"] = "object"
        tree["properties"] = ["a": schema(nested)]
        let wire = ProtobufCodec.encodeMessage(schema(tree), as: id)
        let canonical = try TreeDecoder.decode(try ProtobufCodec.decode(wire[...], as: id), as: id).object
        #expect(canonical == schema(["type": "object", "properties": ["a": schema(["type": "string"])]]))
    }

    @Test func `a custom kind keeps its status subresource, an empty struct on the wire`() throws {
        let package = "apiextensions-apiserver.pkg.apis.apiextensions.v1"
        let id = try #require(Schema.kubernetes.id(named: "\(package).CustomResourceSubresources"))
        let tree = try ProtobufCodec.decode(Self.bytes("0a00")[...], as: id)
        #expect(try TreeDecoder.decode(tree, as: id).object == ["status": [:]])
    }

    @Test func `a field of a container's resources is divided by a zero that is written`() throws {
        let id = try #require(Schema.kubernetes.id(named: "api.core.v1.ResourceFieldSelector"))
        let wire = ProtobufCodec.encodeMessage(["resource": "limits.cpu"], as: id)
        for tree in [["resource": "limits.cpu"], try ProtobufCodec.decode(wire[...], as: id)] as [JSONValue] {
            #expect(try TreeDecoder.decode(tree, as: id).object == ["resource": "limits.cpu", "divisor": "0"])
        }
    }

    @Test func `reads flattened messages two levels deep`() throws {
        let kind = GroupVersionKind(group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingWebhookConfiguration")
        let id = try #require(Schema.kubernetes.id(of: kind))
        let object: JSONValue = [
            "webhooks": [["name": "a", "rules": [["operations": ["CREATE"], "apiGroups": ["apps"], "resources": ["pods"]]]]]
        ]
        let wire = ProtobufCodec.encodeMessage(object, as: id)
        #expect(try ProtobufCodec.decode(wire[...], as: id) == object)
    }

    @Test(arguments: [
        "", "6b38", "6b387300ff", "6b3873000a", "6b38730012ffffffff0f", "6b387300" + "0a0a0a0276311204506f6473",
        "6b387300120a" + "0a08ffffffffffffffff", "6b387300" + "07",
    ])
    func `refuses broken bodies`(hex: String) {
        #expect(throws: Status.self) {
            try BodyDecoder().decode(
                Self.bytes(hex), contentType: ProtobufCodec.mediaType, expecting: BodyDecoderTests.deployment)
        }
    }

    @Test func `refuses nesting without end`() throws {
        let schema = try #require(
            Schema.kubernetes.id(named: "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"))
        let number = try #require(Schema.kubernetes[schema].field("not")?.number)
        var wire: [UInt8] = []
        for _ in 0..<400 {
            var writer = ProtobufWriter()
            writer.field(number, bytes: wire)
            wire = writer.bytes
        }
        #expect(throws: ProtobufError.tooDeep(limit: ProtobufCodec.depthMax)) { try ProtobufCodec.decode(wire[...], as: schema) }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `survives damaged bytes`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let decoder = BodyDecoder()
        for kind in Catalog.kinds {
            var maker = ObjectMaker(seed: seed)
            var wire = ProtobufCodec.encode(maker.object(kind), as: kind.schemaType)
            for _ in 0..<3 where !wire.isEmpty {
                wire[Int.random(in: 0..<wire.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { wire.removeLast(Int.random(in: 0...wire.count, using: &random)) }
            _ = try? decoder.decode(wire, contentType: ProtobufCodec.mediaType, expecting: kind)
            var text = JSONWriter.write(maker.object(kind))
            for _ in 0..<3 { text[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            if let decoded = try? decoder.decode(text, contentType: nil, expecting: kind) {
                var object = decoded.object
                kind.applyDefaults(&object)
                _ = kind.validateCreate(object)
                _ = kind.cells(object, now: Timestamp(seconds: 0))
            }
        }
    }
}
