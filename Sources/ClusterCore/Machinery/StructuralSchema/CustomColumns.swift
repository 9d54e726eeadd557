package import API
package import JSON

/// The printer columns of a custom kind.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go`.
package struct CustomColumns: Sendable {
    private struct Source: Sendable {
        var path: JSONPath?
        var type: String
    }

    package let columns: [Column]
    private let sources: [Source]

    /// - Parameter definitions: `additionalPrinterColumns`; none means the age alone.
    package init(_ definitions: [JSONValue]) {
        let used =
            definitions.isEmpty
            ? [
                [
                    "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp",
                    "description": "Time since the object was created.",
                ]
            ]
            : definitions
        var columns = [Column.objectName]
        var sources: [Source] = []
        for definition in used {
            let path = definition["jsonPath"]?.string ?? ""
            let description = definition["description"]?.string ?? ""
            var column = Column(
                definition["name"]?.string ?? "", type: definition["type"]?.string ?? "string",
                format: definition["format"]?.string ?? "",
                description.isEmpty ? "Custom resource definition column (in JSONPath format): \(path)" : description)
            column.priority = Int(definition["priority"]?.int ?? 0)
            columns.append(column)
            sources.append(Source(path: JSONPath(path), type: column.type))
        }
        self.columns = columns
        self.sources = sources
    }

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object)]
            + sources.map { source in
                guard let value = source.path?.values(in: object).first else { return .null }
                return Self.cell(value, source.type, now)
            }
    }

    private static func cell(_ value: JSONValue, _ type: String, _ now: Timestamp) -> JSONValue {
        switch (type, value) {
        case ("integer", .int), ("number", .int), ("number", .double), ("boolean", .bool): return value
        case ("integer", .double(let number)): return Int64(exactly: number.rounded(.towardZero)).map(JSONValue.int) ?? .null
        case ("date", .string(let text)):
            guard let time = Timestamp(parsing: text) else { return "<invalid>" }
            return .string(HumanDuration.print(seconds: now.seconds - time.seconds))
        case ("string", .string): return value
        case ("string", .null): return "<nil>"
        case ("string", _): return .string(JSONWriter.text(value))
        default: return .null
        }
    }
}
