package import JSON
package import YAML

/// One Kubernetes object with the lines on which its fields stand.
package struct ManifestObject: Hashable, Sendable {
    package var value: JSONValue
    package var file: String
    package var places: YAMLPlace

    package init(value: JSONValue, file: String, places: YAMLPlace) {
        self.value = value
        self.file = file
        self.places = places
    }

    package var apiVersion: String { value["apiVersion"]?.string ?? "" }
    package var kind: String { value["kind"]?.string ?? "" }
    /// The part of `apiVersion` before the slash; empty for the core group.
    package var group: String { apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : "" }
    package var name: String { value["metadata"]?["name"]?.string ?? "" }
    package var namespace: String { value["metadata"]?["namespace"]?.string ?? "" }
    package var place: SourcePlace { SourcePlace(file: file, line: places.line) }

    /// Where a field such as `spec.ingress[0]` stands.
    package func place(of field: String) -> SourcePlace { SourcePlace(file: file, line: places.line(of: field)) }

    /// Whether a field stands in the input; defaults do not.
    package func isWritten(_ field: String) -> Bool {
        var place = places
        for part in field.split(separator: ".") {
            let pieces = part.split(separator: "[")
            guard let name = pieces.first, let next = place.members[String(name)] else { return false }
            place = next
            for piece in pieces.dropFirst() {
                guard let index = Int(piece.dropLast()), place.items.indices.contains(index) else { return false }
                place = place.items[index]
            }
        }
        return true
    }
}

/// Turns texts into objects. Pure: reading files is the caller's.
package enum ManifestReader {
    /// Large enough for a list of 50,000 prefixes in one policy and for the whole output of `kustomize build`.
    package static let limits = YAMLLimits(bytesMax: 64 << 20, valuesMax: 5_000_000)

    /// Objects of one text, those inside a `List` included.
    ///
    /// - Returns: Objects in order, and the first lines of documents that are no Kubernetes objects.
    package static func read(_ text: String, file: String) throws(InputRefusal) -> (
        objects: [ManifestObject], others: [SourcePlace]
    ) {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAMLDecoder.decodeDocuments(
                text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text, limits: limits)
        } catch {
            let place = SourcePlace(file: file, line: error.line ?? 1)
            throw InputRefusal(error.message + hint(text, line: place.line), at: place)
        }
        var objects: [ManifestObject] = []
        var others: [SourcePlace] = []
        for document in documents {
            let object = ManifestObject(value: document.value, file: file, places: document.places)
            append(object, to: &objects, &others)
        }
        return (objects, others)
    }

    /// What is probably behind an error of the parser.
    private static func hint(_ text: String, line: Int) -> String {
        if text.contains("{{") { return " (looks like a template: give the output of helm template)" }
        let lines = text.split(separator: "\n", maxSplits: line, omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1), lines[line - 1].prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") else {
            return ""
        }
        return " (a tab: YAML is indented with spaces)"
    }

    private static func append(_ object: ManifestObject, to objects: inout [ManifestObject], _ others: inout [SourcePlace]) {
        guard !object.kind.isEmpty, !object.apiVersion.isEmpty else {
            others.append(object.place)
            return
        }
        guard object.kind.hasSuffix("List"), let items = object.value["items"]?.array else {
            objects.append(object)
            return
        }
        let places = object.places.members["items"]?.items ?? []
        for (index, item) in items.enumerated() {
            var item = item
            if item.object != nil {
                // A typed list leaves the two out of its items.
                if item["kind"] == nil, object.kind != "List" { item["kind"] = .string(String(object.kind.dropLast(4))) }
                if item["apiVersion"] == nil { item["apiVersion"] = .string(object.apiVersion) }
            }
            let place = places.indices.contains(index) ? places[index] : object.places
            append(ManifestObject(value: item, file: object.file, places: place), to: &objects, &others)
        }
    }
}
