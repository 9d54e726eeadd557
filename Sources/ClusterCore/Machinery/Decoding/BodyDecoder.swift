package import API
package import JSON

/// What becomes of fields that a type does not have: query parameter `fieldValidation`.
package enum FieldValidation: String, Sendable {
    case strict = "Strict"
    case warn = "Warn"
    case ignore = "Ignore"
}

/// Reads request bodies: JSON, YAML or Kubernetes' protobuf, into the canonical tree of one kind.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/create.go`, `rest.go` (`transformDecodeError`).
package struct BodyDecoder: Sendable {
    /// YAML text to a tree; the error's description goes to the client.
    package typealias YAMLParser = @Sendable ([UInt8]) throws -> YAMLBody

    package struct Decoded: Sendable {
        package var object: JSONValue
        /// For `Warning` headers.
        package var warnings: [String]
    }

    /// Objects nested deeper are refused, well before a reader of lists would refuse them.
    package static let depthMax = 256

    private let schema: Schema
    package let parseYAML: YAMLParser?

    package init(schema: Schema = .kubernetes, parseYAML: YAMLParser? = nil) {
        self.schema = schema
        self.parseYAML = parseYAML
    }

    package func decode(
        _ bytes: [UInt8], contentType: String?, expecting kind: KindDefinition, fieldValidation: FieldValidation = .warn
    ) throws(Status) -> Decoded {
        try decode(bytes, contentType: contentType, expecting: kind.gvk, fieldValidation: fieldValidation)
    }

    /// - Parameters:
    ///   - contentType: The header; nil and empty mean JSON.
    ///   - expected: The kind of the path; a body without `apiVersion` and `kind` is taken as it.
    package func decode(
        _ bytes: [UInt8], contentType: String?, expecting expected: GroupVersionKind, fieldValidation: FieldValidation = .warn
    ) throws(Status) -> Decoded {
        let body = try read(bytes, contentType, expected)
        let found = try self.kind(of: body.tree, expected, bytes)
        try require(found, expected)
        return try decode(
            body.tree, duplicates: body.duplicates, repetitions: body.repetitions, as: expected, fieldValidation)
    }

    /// `DeleteOptions` of whatever version; an empty body means none.
    package func decodeDeleteOptions(_ bytes: [UInt8], contentType: String?) throws(Status) -> JSONValue {
        let expected = GroupVersionKind(group: "", version: "v1", kind: "DeleteOptions")
        if bytes.isEmpty { return ["kind": "DeleteOptions", "apiVersion": "v1"] }
        var body = try read(bytes, contentType, expected)
        let kind = body.tree["kind"]?.string ?? ""
        guard kind.isEmpty || kind == "DeleteOptions" else {
            throw APIErrors.badRequest("\(kind) in version \"v1\" cannot be handled as a DeleteOptions: unexpected kind")
        }
        body.tree["apiVersion"] = "v1"
        return try decode(body.tree, duplicates: body.duplicates, as: expected, .ignore).object
    }

    /// Checks and makes canonical a tree that is already known to be of a kind.
    ///
    /// - Parameter repetitions: Keys that stand twice in a YAML text, in the words of `YAMLBody`.
    package func decode(
        _ tree: JSONValue, duplicates: [JSONParser.DuplicateKey] = [], repetitions: [String] = [], as kind: GroupVersionKind,
        _ fieldValidation: FieldValidation
    ) throws(Status) -> Decoded {
        guard let type = type(of: kind) else { throw cannotHandle(kind, kind, Self.notRegistered(kind)) }
        guard TreeDepth.of(tree, max: Self.depthMax) <= Self.depthMax else {
            throw cannotHandle(kind, kind, "exceeded max depth of \(Self.depthMax)")
        }
        let decoded: TreeDecoder.Decoded
        do throws(TreeDecoder.TypeError) {
            decoded = try TreeDecoder.decode(tree, as: type, duplicates: duplicates, schema: schema)
        } catch {
            throw cannotHandle(kind, kind, error.description)
        }
        if fieldValidation == .strict, !decoded.strictErrors.isEmpty || !repetitions.isEmpty {
            let errors = YAMLBody.strictError(repetitions).map { [$0] } ?? []
            throw cannotHandle(
                kind, kind, "strict decoding error: " + (errors + decoded.strictErrors).joined(separator: ", "))
        }
        var object: JSONValue = ["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion)]
        for member in decoded.object.object?.members ?? [] where member.key != "kind" && member.key != "apiVersion" {
            object[member.key] = member.value
        }
        // An empty list, which the canonical form leaves out, asks to forget who owns what.
        if tree["metadata"]?["managedFields"] == [] { object[path: ["metadata", "managedFields"]] = [] }
        return Decoded(object: object, warnings: fieldValidation == .warn ? repetitions + decoded.strictErrors : [])
    }

    // MARK: - Media types

    private struct Body {
        var tree: JSONValue
        var duplicates: [JSONParser.DuplicateKey] = []
        var repetitions: [String] = []
    }

    private func read(_ bytes: [UInt8], _ contentType: String?, _ expected: GroupVersionKind) throws(Status) -> Body {
        switch Self.mediaType(contentType) {
        case "", "application/json":
            var duplicates: [JSONParser.DuplicateKey] = []
            do throws(JSONError) {
                let tree = try JSONParser.parse(bytes, duplicates: &duplicates)
                return Body(tree: tree, duplicates: duplicates)
            } catch {
                throw unrecognized(expected, "couldn't get version/kind; json parse error: \(error)", bytes)
            }
        case "application/yaml":
            guard let parseYAML else { throw APIErrors.unsupportedMediaType() }
            do {
                let body = try parseYAML(bytes)
                return Body(tree: body.tree, repetitions: body.repetitions)
            } catch {
                throw unrecognized(expected, "error converting YAML to JSON: \(error)", bytes)
            }
        case ProtobufCodec.mediaType:
            do throws(ProtobufError) {
                let envelope = try ProtobufCodec.envelope(bytes)
                let given = GroupVersionKind(apiVersion: envelope.apiVersion, kind: envelope.kind)
                let kind = envelope.kind.isEmpty ? expected : given
                guard let type = type(of: kind) else {
                    var tree: JSONValue = [:]
                    tree["apiVersion"] = .string(envelope.apiVersion)
                    tree["kind"] = .string(envelope.kind)
                    return Body(tree: tree)
                }
                var tree = try ProtobufCodec.decode(envelope.raw, as: type, schema: schema)
                tree["apiVersion"] = .string(kind.apiVersion)
                tree["kind"] = .string(kind.kind)
                return Body(tree: tree)
            } catch {
                throw unrecognized(expected, error.description, bytes)
            }
        default: throw APIErrors.unsupportedMediaType()
        }
    }

    /// The header's type without parameters, in lower case.
    package static func mediaType(_ header: String?) -> String {
        guard let header, let first = header.split(separator: ";", maxSplits: 1).first else { return "" }
        return first.lowercased().filter { $0 != " " && $0 != "\t" }
    }

    // MARK: - Kinds

    /// Options travel under the version of the group that they are sent to, so their group and version say nothing.
    private func type(of kind: GroupVersionKind) -> MessageID? {
        if kind.kind == "DeleteOptions" { return schema.id(named: "apimachinery.pkg.apis.meta.v1.DeleteOptions") }
        return schema.id(of: kind)
    }

    private func kind(of tree: JSONValue, _ expected: GroupVersionKind, _ bytes: [UInt8]) throws(Status) -> GroupVersionKind {
        guard tree.object != nil else {
            throw unrecognized(
                expected, "couldn't get version/kind; json parse error: json: cannot unmarshal \(Self.word(tree)) into Go value",
                bytes)
        }
        for name in ["apiVersion", "kind"] {
            if let value = tree[name], !value.isNull, value.string == nil {
                throw unrecognized(
                    expected,
                    "couldn't get version/kind; json parse error: json: cannot unmarshal \(Self.word(value)) into Go struct field "
                        + ".\(name) of type string", bytes)
            }
        }
        let apiVersion = tree["apiVersion"]?.string ?? ""
        let kind = tree["kind"]?.string ?? ""
        if apiVersion.split(separator: "/", omittingEmptySubsequences: false).count > 2 {
            throw unrecognized(
                expected, "couldn't get version/kind; json parse error: unexpected GroupVersion string: \(apiVersion)", bytes)
        }
        var found = GroupVersionKind(apiVersion: apiVersion, kind: kind.isEmpty ? expected.kind : kind)
        if apiVersion.isEmpty { (found.group, found.version) = (expected.group, expected.version) }
        return found
    }

    private func require(_ found: GroupVersionKind, _ expected: GroupVersionKind) throws(Status) {
        if found == expected { return }
        guard type(of: found) != nil else { throw cannotHandle(found, expected, Self.notRegistered(found)) }
        guard found.apiVersion == expected.apiVersion else {
            throw APIErrors.badRequest(
                "the API version in the data (\(found.apiVersion)) does not match the expected API version (\(expected.apiVersion))"
            )
        }
        throw cannotHandle(
            found, expected,
            "converting (\(found.version).\(found.kind)) to (\(Self.goPackage(expected)).\(expected.kind)): unknown conversion")
    }

    private static func goPackage(_ kind: GroupVersionKind) -> String {
        kind.group.isEmpty ? "core" : String(kind.group.prefix { $0 != "." })
    }

    private static func notRegistered(_ kind: GroupVersionKind) -> String {
        "no kind \"\(kind.kind)\" is registered for version \"\(kind.apiVersion)\" in scheme "
            + "\"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
    }

    private func cannotHandle(_ found: GroupVersionKind, _ expected: GroupVersionKind, _ why: String) -> Status {
        APIErrors.badRequest(
            "\(found.kind) in version \"\(found.version)\" cannot be handled as a \(expected.kind): \(why)")
    }

    private func unrecognized(_ expected: GroupVersionKind, _ why: String, _ bytes: [UInt8]) -> Status {
        APIErrors.badRequest(
            "the object provided is unrecognized (must be of type \(expected.kind)): \(why) (\(Self.summary(bytes)))")
    }

    /// The start of a body: text where it looks like JSON, else hexadecimal.
    static func summary(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "<empty>" }
        let start = bytes.prefix(30)
        let tail = bytes.count > 30 ? " ..." : ""
        if bytes[0] == UInt8(ascii: "{") { return String(decoding: start, as: UTF8.self) + tail }
        return start.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + tail
    }

    /// The kind of a value, as Go's decoder names it.
    static func word(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

/// A YAML or JSON text as a tree.
package struct YAMLBody: Sendable {
    package var tree: JSONValue
    /// `line 3: key "a" already set in map` for each key that stands twice; the tree has its last value.
    package var repetitions: [String]

    package init(tree: JSONValue, repetitions: [String] = []) {
        self.tree = tree
        self.repetitions = repetitions
    }

    /// All repetitions as Go's strict reader reports them; nil when there are none.
    static func strictError(_ repetitions: [String]) -> String? {
        repetitions.isEmpty ? nil : "yaml: unmarshal errors:\n" + repetitions.map { "  " + $0 }.joined(separator: "\n")
    }

    package var strictError: String? { Self.strictError(repetitions) }
}

extension BodyDecoder {
    /// The body of an apply: YAML, of which JSON is a part.
    package func readApplyConfiguration(_ bytes: [UInt8]) throws(Status) -> YAMLBody {
        guard let parseYAML else { throw APIErrors.unsupportedMediaType(accepted: APIErrors.patchMediaTypes) }
        let body: YAMLBody
        do {
            body = try parseYAML(bytes)
        } catch {
            throw APIErrors.badRequest("error decoding YAML: error converting YAML to JSON: \(error)")
        }
        guard body.tree.object != nil || body.tree.isNull else {
            throw APIErrors.badRequest(
                "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                    + "\(Self.word(body.tree)) into Go value of type map[string]interface {}")
        }
        guard TreeDepth.of(body.tree, max: Self.depthMax) <= Self.depthMax else {
            throw APIErrors.badRequest("error decoding YAML: exceeded max depth of \(Self.depthMax)")
        }
        return body
    }
}
