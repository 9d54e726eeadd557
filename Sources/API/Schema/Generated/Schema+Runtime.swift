// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `apimachinery.pkg.runtime`.
    static let runtime: StaticString = """
        =TypeMeta
        apiVersion 1 s
        kind 2 s
        =Unknown
        typeMeta 1 .TypeMeta
        raw 2 B
        contentEncoding 3 s
        contentType 4 s
        """
}
