// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `apimachinery.pkg.version`.
    static let version: StaticString = """
        =Info
        buildDate 0 s r
        compiler 0 s r
        emulationMajor 0 s
        emulationMinor 0 s
        gitCommit 0 s r
        gitTreeState 0 s r
        gitVersion 0 s r
        goVersion 0 s r
        major 0 s r
        minCompatibilityMajor 0 s
        minCompatibilityMinor 0 s
        minor 0 s r
        platform 0 s r
        """
}
