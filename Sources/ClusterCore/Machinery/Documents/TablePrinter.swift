package import API
package import JSON

/// Objects as rows: what `kubectl get` shows.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/response.go`, `asTable`.
package enum TablePrinter {
    /// Query parameter `includeObject`.
    package enum IncludedObject: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    /// - Parameters:
    ///   - items: Objects of `kind`, each with its `apiVersion` and `kind`.
    ///   - metadata: The list's: `resourceVersion`, `continue`, `remainingItemCount`.
    ///   - now: For ages.
    ///   - columns: False in a watch after its first event.
    package static func table(
        _ kind: KindDefinition, _ items: [JSONValue], metadata: JSONValue = [:], now: Timestamp,
        includeObject: IncludedObject = .metadata, version: String = "v1", columns: Bool = true
    ) -> JSONValue {
        let apiVersion = JSONValue.string("meta.k8s.io/\(version)")
        let rows = items.map { row($0, kind, apiVersion, now, includeObject) }
        return [
            "kind": "Table", "apiVersion": apiVersion, "metadata": metadata,
            "columnDefinitions": columns ? .array(kind.columns.map(definition)) : .null, "rows": .array(rows),
        ]
    }

    private static func definition(_ column: Column) -> JSONValue {
        [
            "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
            "description": .string(column.description), "priority": .int(Int64(column.priority)),
        ]
    }

    private static func row(
        _ item: JSONValue, _ kind: KindDefinition, _ apiVersion: JSONValue, _ now: Timestamp, _ include: IncludedObject
    ) -> JSONValue {
        var row: JSONValue = ["cells": .array(kind.cells(item, now: now))]
        switch include {
        case .none: break
        case .metadata:
            row["object"] = [
                "kind": "PartialObjectMetadata", "apiVersion": apiVersion, "metadata": item["metadata"] ?? [:],
            ]
        case .object: row["object"] = item
        }
        return row
    }
}
