import API
import JSON
import Machinery
import Store
import Support
import Testing

@testable import APIServer

/// What lies in the store, and what is made of it.
@Suite struct StoredFormTests {
    private static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")

    private func object(_ name: String) -> JSONValue {
        [
            "kind": "ConfigMap", "apiVersion": "v1",
            "metadata": ["name": .string(name), "namespace": "default", "uid": "u", "labels": ["b": "2", "a": "1"]],
            "data": ["z": "last", "a": "first"],
        ]
    }

    @Test func `a built-in kind lies as upstream keeps it: envelope, kind, and maps in order`() {
        let bytes = StoredForm(Self.configMap, encoding: .upstream).encode(object("one"))
        // k8s\0, TypeMeta {v1 ConfigMap}, raw {metadata {name namespace uid labels} data}, two empty strings.
        let labels = "5a060a0161120131" + "5a060a0162120132"
        let metadata = "0a036f6e65" + "1a0764656661756c74" + "2a0175" + labels
        let data = "120a0a0161120566697273" + "74" + "12090a017a12046c617374"
        let raw = "0a" + Self.hex(metadata.count / 2) + metadata + data
        let typeMeta = "0a0f0a02763112094" + "36f6e6669674d6170"
        let expected = "6b387300" + typeMeta + "12" + Self.hex(raw.count / 2) + raw + "1a002200"
        #expect(bytes.map(Self.hex).joined() == expected)
    }

    private static func hex(_ byte: some BinaryInteger) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `both forms serve the same bytes, for every kind and any object`(seed: UInt64) throws {
        for kind in Catalog.kinds where kind.isStored && kind.gvr == kind.storage {
            var maker = RandomObject(seed: seed)
            let tree = try TreeDecoder.decode(maker.object(kind), as: kind.schemaType).object
            let json = StoredForm(kind.gvk)
            let upstream = StoredForm(kind.gvk, encoding: .upstream)
            let revision = Revision(42)
            let plain = json.splice(json.encode(tree), revision: revision)
            let fromProtobuf = upstream.splice(upstream.encode(tree), revision: revision)
            let left = try JSONParser.parse(plain)
            let right = try JSONParser.parse(fromProtobuf)
            #expect(Self.sorted(left) == Self.sorted(right), "\(kind.gvk) seed \(seed)")
            // Either form reads what the other wrote.
            #expect(json.splice(upstream.encode(tree), revision: revision) == fromProtobuf, "\(kind.gvk) seed \(seed)")
            #expect(upstream.splice(json.encode(tree), revision: revision) == plain, "\(kind.gvk) seed \(seed)")
            // Writing what was read changes nothing: no write goes back and forth between two servers.
            #expect(upstream.encode(right) == upstream.encode(tree), "\(kind.gvk) seed \(seed)")
        }
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: sorted($0.value)) }))
        case .array(let values): .array(values.map(sorted))
        default: value
        }
    }

    @Test func `a custom resource lies as JSON in both forms, and is read in any order of members`() throws {
        let kind = GroupVersionKind(group: "example.com", version: "v1", kind: "Thing")
        let form = StoredForm(kind, encoding: .upstream)
        let thing: JSONValue = [
            "apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "t"], "spec": ["a": [1, 2]],
        ]
        let bytes = form.encode(thing)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"kind":"Thing","apiVersion":"example.com/v1","metadata":{"name":"t"},"spec":{"a":[1,2]}}"#)
        let foreign = Array(#"{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"t"},"spec":{"a":[1,2]}}"#.utf8)
        let read = try JSONParser.parse(form.splice(foreign, revision: Revision(7)))
        #expect(read["metadata"]?["resourceVersion"] == "7" && read["spec"] == ["a": [1, 2]])
    }

    @Test(arguments: [[], [0x6b, 0x38, 0x73, 0, 0xff], Array("k8s:enc:aescbc:v1:x".utf8), Array("[1]".utf8), Array("{".utf8)])
    func `bytes that cannot be read show an object without contents`(bytes: [UInt8]) {
        let served = StoredForm(Self.configMap).splice(bytes, revision: Revision(9))
        #expect(
            String(decoding: served, as: UTF8.self)
                == #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"9"}}"#
        )
    }

    @Test(arguments: [
        ("", "v1", "pods", "/registry/pods/"), ("", "v1", "services", "/registry/services/specs/"),
        ("", "v1", "endpoints", "/registry/services/endpoints/"), ("", "v1", "nodes", "/registry/minions/"),
        ("", "v1", "replicationcontrollers", "/registry/controllers/"), ("apps", "v1", "deployments", "/registry/deployments/"),
        ("coordination.k8s.io", "v1", "leases", "/registry/leases/"),
        ("networking.k8s.io", "v1", "ingresses", "/registry/ingress/"),
        ("rbac.authorization.k8s.io", "v1", "clusterroles", "/registry/clusterroles/"),
        ("discovery.k8s.io", "v1", "endpointslices", "/registry/endpointslices/"),
        ("networking.k8s.io", "v1", "ipaddresses", "/registry/ipaddresses/"),
        ("flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "/registry/flowschemas/"),
        (
            "apiextensions.k8s.io", "v1", "customresourcedefinitions",
            "/registry/apiextensions.k8s.io/customresourcedefinitions/"
        ), ("apiregistration.k8s.io", "v1", "apiservices", "/registry/apiregistration.k8s.io/apiservices/"),
        ("example.com", "v1", "things", "/registry/example.com/things/"),
    ])
    func `keys lie where upstream has them`(group: String, version: String, resource: String, prefix: String) {
        #expect(StoreKey.prefix(GroupVersionResource(group: group, version: version, resource: resource)) == prefix)
    }

    @Test func `no two resources share a place`() {
        let storages = Set(Catalog.kinds.filter(\.isStored).map { "\($0.storage.group)/\($0.storage.resource)" })
        let prefixes = Set(Catalog.kinds.filter(\.isStored).map { StoreKey.prefix($0.storage) })
        #expect(prefixes.count == storages.count)
        for prefix in prefixes { #expect(!prefixes.contains { $0 != prefix && $0.hasPrefix(prefix) }, "\(prefix)") }
    }
}
