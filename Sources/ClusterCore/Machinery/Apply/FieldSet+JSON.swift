package import JSON

/// A field set that cannot be read.
package struct FieldSetError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
}

/// The form of `fieldsV1`: `{"f:spec":{"f:ports":{"k:{\"port\":80}":{".":{},"f:name":{}}}}}`.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `fieldpath/serialize.go`, `serialize-pe.go`.
extension FieldSet {
    /// Nesting beyond this is refused; the decoder of bodies refuses deeper objects too.
    static let depthMax = 512

    package init(json: JSONValue) throws(FieldSetError) {
        self = try Self.read(json, depth: 0).below
    }

    private static func read(_ json: JSONValue, depth: Int) throws(FieldSetError) -> (isMember: Bool, below: FieldSet) {
        guard case .object(let object) = json else {
            if json.isNull { return (true, FieldSet()) }
            throw FieldSetError(description: "a field set must be an object")
        }
        guard depth < depthMax else { throw FieldSetError(description: "exceeded max depth of \(depthMax)") }
        var isMember = false
        var nodes: [Node] = []
        nodes.reserveCapacity(object.count)
        for member in object.members {
            if member.key == "." {
                isMember = true
                continue
            }
            // A kind of element that a later version may know is left out with what is below it.
            guard let element = try PathElement(serialized: member.key) else { continue }
            let found = try read(member.value, depth: depth + 1)
            nodes.append(Node(element: element, isMember: found.isMember, below: found.below))
        }
        let below = merged(nodes)
        return (isMember || below.isEmpty, below)
    }

    /// Two spellings of one element, `k:{"a":1}` and `k:{ "a":1}`, are one place.
    private static func merged(_ nodes: [Node]) -> FieldSet {
        let sorted = FieldSet(unsorted: nodes)
        let isUnique = zip(sorted.nodes, sorted.nodes.dropFirst()).allSatisfy { $0.element < $1.element }
        if isUnique { return sorted }
        return nodes.reduce(FieldSet()) { $0.union(FieldSet(unsorted: [$1])) }
    }

    package var json: JSONValue {
        .object(JSONObject(nodes.map { JSONObject.Member(key: $0.element.serialized, value: $0.json) }))
    }
}

extension FieldSet.Node {
    fileprivate var json: JSONValue {
        guard isMember, !below.isEmpty, case .object(var object) = below.json else { return below.json }
        object.members.insert(JSONObject.Member(key: ".", value: [:]), at: 0)
        return .object(object)
    }
}

extension PathElement {
    /// `f:name`, `k:{"port":80}`, `v:"a"`, `i:0`.
    package var serialized: String {
        switch self {
        case .field(let name): "f:" + name
        case .key(let fields):
            "k:" + JSONWriter.text(.object(JSONObject(fields.map { JSONObject.Member(key: $0.name, value: $0.value) })))
        case .value(let value): "v:" + JSONWriter.text(value)
        case .index(let index): "i:\(index)"
        }
    }

    /// Nil for a kind of element that is not known.
    package init?(serialized text: String) throws(FieldSetError) {
        let bytes = text.utf8
        guard bytes.count >= 2, let kind = bytes.first else {
            throw FieldSetError(description: "key must be 2 characters long:")
        }
        guard bytes[bytes.index(after: bytes.startIndex)] == UInt8(ascii: ":") else {
            throw FieldSetError(description: "missing colon: \(text)")
        }
        let rest = String(text[bytes.index(bytes.startIndex, offsetBy: 2)...])
        switch kind {
        case UInt8(ascii: "f"): self = .field(rest)
        case UInt8(ascii: "v"): self = .value(try Self.parse(rest))
        case UInt8(ascii: "k"):
            guard case .object(let object) = try Self.parse(rest) else {
                throw FieldSetError(description: "a key must be an object: \(text)")
            }
            self = .keyed(object.members.map { KeyField($0.key, $0.value) })
        case UInt8(ascii: "i"):
            guard let index = Int(rest) else {
                throw FieldSetError(description: "strconv.Atoi: parsing \"\(rest)\": invalid syntax")
            }
            self = .index(index)
        default: return nil
        }
    }

    private static func parse(_ text: String) throws(FieldSetError) -> JSONValue {
        do throws(JSONError) {
            return try JSONParser.parse(text)
        } catch {
            throw FieldSetError(description: "\(error)")
        }
    }
}
