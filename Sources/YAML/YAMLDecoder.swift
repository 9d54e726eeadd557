package import JSON
import Yams

/// Reads YAML as Kubernetes' clients and servers do: YAML 1.1 scalars, keys as text, anything JSON can say.
///
/// - SeeAlso: `sigs.k8s.io/yaml` (`YAMLToJSON`) and go-yaml v2's `resolve.go`, which Kubernetes 1.36 uses.
package enum YAMLDecoder {
    /// Reads the first document; an empty text is null.
    package static func decode(_ bytes: [UInt8], limits: YAMLLimits = .standard) throws(YAMLError) -> JSONValue {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw YAMLError("invalid UTF-8") }
        return try decode(text, limits: limits)
    }

    package static func decode(_ text: String, limits: YAMLLimits = .standard) throws(YAMLError) -> JSONValue {
        try documents(text, limits: limits, countMax: 1).first ?? .null
    }

    /// Reads every document of a stream; empty ones are left out.
    package static func decodeAll(_ text: String, limits: YAMLLimits = .standard) throws(YAMLError) -> [JSONValue] {
        try documents(text, limits: limits, countMax: Int.max).filter { !$0.isNull }
    }

    /// One reading of a text.
    enum Reading {
        case read(JSONValue, [KeyRepetition])
        /// A key stands twice, for the first time at this place; lines and columns from one.
        case repeated(YAMLError, line: Int, column: Int)
    }

    static func firstDocument(_ text: String, _ limits: YAMLLimits) throws(YAMLError) -> Reading {
        do {
            try check(text, limits)
            let parser = try parser(of: text)
            var reader = NodeReader(limits: limits)
            guard let node = try parser.nextRoot() else { return .read(.null, []) }
            return .read(try reader.value(node, depth: 0), reader.repetitions)
        } catch let error as YAMLError {
            throw error
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            let error = convert(.duplicatedKeysInMapping(duplicates: duplicates, context: context))
            return .repeated(error, line: context.mark.line, column: context.mark.column)
        } catch let error as YamlError {
            throw convert(error)
        } catch {
            throw YAMLError("\(error)")
        }
    }

    static func check(_ text: String, _ limits: YAMLLimits) throws(YAMLError) {
        guard text.utf8.count <= limits.bytesMax else {
            throw YAMLError("document is larger than \(limits.bytesMax) bytes")
        }
        if let line = NestingGuard.firstTooDeep(Array(text.utf8), depthMax: limits.depthMax) {
            throw YAMLError("exceeded max depth of \(limits.depthMax)", line: line)
        }
    }

    /// Tags are not guessed from texts, which would run regular expressions over every key: `NodeReader` knows what words mean.
    static func parser(of text: String) throws -> Parser { try Parser(yaml: text, resolver: .basic, encoding: .utf8) }

    private static func documents(
        _ text: String, limits: YAMLLimits, countMax: Int
    ) throws(YAMLError) -> [JSONValue] {
        try check(text, limits)
        do {
            let parser = try parser(of: text)
            var reader = NodeReader(limits: limits)
            var values: [JSONValue] = []
            while values.count < countMax, let node = try parser.nextRoot() {
                values.append(try reader.value(node, depth: 0))
            }
            return values
        } catch let error as YAMLError {
            throw error
        } catch let error as YamlError {
            throw convert(error)
        } catch {
            throw YAMLError("\(error)")
        }
    }

    static func convert(_ error: YamlError) -> YAMLError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            YAMLError(problem, line: mark.line)
        case .reader(let problem, _, _, _): YAMLError(problem)
        case .duplicatedKeysInMapping(let duplicates, _):
            YAMLError("key \(duplicates.sorted().first.map { "\"\($0)\"" } ?? "") already set in map")
        default: YAMLError("\(error)")
        }
    }
}

/// Turns composed nodes into the tree and counts them.
struct NodeReader {
    private let limits: YAMLLimits
    private var count = 0
    /// Keys that were left out because a later one has their name.
    private(set) var repetitions: [KeyRepetition] = []

    init(limits: YAMLLimits) { self.limits = limits }

    mutating func value(_ node: Node, depth: Int) throws(YAMLError) -> JSONValue {
        count += 1
        guard count <= limits.valuesMax else { throw YAMLError("document contains excessive aliasing", line: node.mark?.line) }
        guard depth < limits.depthMax else {
            throw YAMLError("exceeded max depth of \(limits.depthMax)", line: node.mark?.line)
        }
        switch node {
        case .scalar(let scalar): return try self.scalar(scalar)
        case .sequence(let sequence):
            var values: [JSONValue] = []
            for element in sequence { values.append(try value(element, depth: depth + 1)) }
            return .array(values)
        case .mapping(let mapping): return .object(try object(mapping, depth: depth))
        case .alias: throw YAMLError("unknown anchor", line: node.mark?.line)
        }
    }

    private mutating func object(_ mapping: Node.Mapping, depth: Int) throws(YAMLError) -> JSONObject {
        var object = JSONObject()
        var merged: [JSONObject] = []
        var marked: Set<String> = []
        for (key, content) in mapping {
            guard case .scalar(let scalar) = key else {
                throw YAMLError("invalid map key", line: key.mark?.line)
            }
            let overwritten = KeyRepetition.unmarked(scalar.string)
            if marked.contains(overwritten ?? scalar.string) {
                repetitions.append(KeyRepetition(line: content.mark?.line ?? 0, key: overwritten ?? scalar.string))
            }
            if let overwritten {
                marked.insert(overwritten)
                _ = try value(content, depth: depth + 1)
                continue
            }
            if scalar.string == "<<", scalar.style == .plain {
                switch try value(content, depth: depth + 1) {
                case .object(let one): merged.append(one)
                case .array(let several) where several.allSatisfy({ $0.object != nil }): merged += several.compactMap(\.object)
                default: throw YAMLError("map merge requires map or sequence of maps as the value", line: key.mark?.line)
                }
            } else {
                object[try self.key(scalar)] = try value(content, depth: depth + 1)
            }
        }
        // What stands in the mapping itself wins over what is merged into it; of several merged ones, the first.
        for member in merged.joined() where object.index(of: member.key) == nil { object[member.key] = member.value }
        return object
    }

    /// A key as JSON must have it; numbers and flags take their plain text.
    private func key(_ scalar: Node.Scalar) throws(YAMLError) -> String {
        switch try self.scalar(scalar, isKey: true) {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .null: "null"
        case let other: JSONWriter.text(other)
        }
    }

    private func scalar(_ scalar: Node.Scalar, isKey: Bool = false) throws(YAMLError) -> JSONValue {
        switch scalar.tag.rawValue {
        // The parser gives every key without a tag this one, when it looks for keys that stand twice.
        // One letter is a name there, such as that of a coordinate, and no flag.
        case Tag.Name.str.rawValue where isKey && scalar.style == .plain && scalar.string.utf8.count > 1: break
        case Tag.Name.str.rawValue, Tag.Name.binary.rawValue: return .string(scalar.string)
        case Tag.Name.nonSpecific.rawValue: return .string(scalar.string)
        default: break
        }
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        guard let value = PlainScalar.resolve(scalar.string) else {
            throw YAMLError("\(scalar.string) cannot be written as JSON", line: scalar.mark?.line)
        }
        return value
    }
}
