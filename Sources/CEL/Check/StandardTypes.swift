/// Types that have a name in expressions.
enum StandardTypes {
    private static let names: [String: CELType] = {
        var result: [String: CELType] = [
            "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string, "bytes": .bytes,
            "list": .list(.dyn), "map": .map(.dyn, .dyn), "null_type": .null, "type": .type(.dyn), "dyn": .dyn,
            "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
            "optional_type": .optional(.dyn),
        ]
        for name in [
            "kubernetes.URL", "kubernetes.Quantity", "net.IP", "net.CIDR", "kubernetes.Semver", "kubernetes.NamedFormat",
            "kubernetes.authorization.Authorizer", "kubernetes.authorization.PathCheck",
            "kubernetes.authorization.GroupCheck", "kubernetes.authorization.ResourceCheck",
            "kubernetes.authorization.Decision",
        ] {
            result[name] = .opaque(name, [])
        }
        return result
    }()

    static func named(_ name: String) -> CELType? { names[name] }
}
