// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `apimachinery.pkg.api.resource`.
    static let resource: StaticString = """
        =QuantityValue
        string 1 s
        """
}
