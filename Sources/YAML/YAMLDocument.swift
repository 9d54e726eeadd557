package import JSON
import Yams

/// One document of a stream that remembers on which line each of its values stands.
package struct YAMLDocument: Hashable, Sendable {
    package var value: JSONValue
    package var places: YAMLPlace

    package init(value: JSONValue, places: YAMLPlace) {
        self.value = value
        self.places = places
    }
}

/// The line of a value, and of everything inside it.
package struct YAMLPlace: Hashable, Sendable {
    /// From one, counted over the whole stream.
    package var line: Int
    package var members: [String: YAMLPlace]
    package var items: [YAMLPlace]

    package init(line: Int, members: [String: YAMLPlace] = [:], items: [YAMLPlace] = []) {
        self.line = line
        self.members = members
        self.items = items
    }

    /// The line of a field such as `spec.ingress[0].from[1]`; of the nearest value around it when the document has no such field.
    package func line(of field: String) -> Int {
        var place = self
        for part in field.split(separator: ".") {
            let pieces = part.split(separator: "[")
            guard let name = pieces.first else { return place.line }
            if let next = place.members[String(name)] {
                place = next
            } else {
                return place.line
            }
            for piece in pieces.dropFirst() {
                let text = piece.hasSuffix("]") ? piece.dropLast() : piece
                if let index = Int(text), place.items.indices.contains(index) {
                    place = place.items[index]
                } else if let next = place.members[String(text)] {
                    place = next
                } else {
                    return place.line
                }
            }
        }
        return place.line
    }
}

extension YAMLDecoder {
    /// Reads every document of a stream with the lines of its values; empty documents are left out.
    package static func decodeDocuments(_ text: String, limits: YAMLLimits = .standard) throws(YAMLError) -> [YAMLDocument] {
        do {
            try check(text, limits)
            let parser = try parser(of: text)
            var reader = NodeReader(limits: limits)
            var documents: [YAMLDocument] = []
            while let node = try parser.nextRoot() {
                let value = try reader.value(node, depth: 0)
                if !value.isNull { documents.append(YAMLDocument(value: value, places: place(node, keyLine: nil))) }
            }
            return documents
        } catch let error as YAMLError {
            throw error
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            var error = convert(.duplicatedKeysInMapping(duplicates: duplicates, context: context))
            error.line = context.mark.line
            throw error
        } catch let error as YamlError {
            throw convert(error)
        } catch {
            throw YAMLError("\(error)")
        }
    }

    /// A member's place is that of its key: a reader looks for `ingress:`, not for the line below it.
    private static func place(_ node: Node, keyLine: Int?) -> YAMLPlace {
        let line = keyLine ?? node.mark?.line ?? 1
        switch node {
        case .scalar, .alias: return YAMLPlace(line: line)
        case .sequence(let sequence): return YAMLPlace(line: line, items: sequence.map { place($0, keyLine: nil) })
        case .mapping(let mapping):
            var members: [String: YAMLPlace] = [:]
            for (key, value) in mapping {
                guard case .scalar(let name) = key else { continue }
                members[name.string] = place(value, keyLine: key.mark?.line)
            }
            return YAMLPlace(line: line, members: members)
        }
    }
}
