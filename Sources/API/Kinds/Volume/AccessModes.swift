import JSON

/// `RWO,ROX`: how `kubectl` writes access modes.
enum AccessModes {
    static func print(_ modes: [JSONValue]) -> String {
        let given = Set(modes.compactMap(\.string))
        let known = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        return known.filter { given.contains($0.0) }.map(\.1).joined(separator: ",")
    }
}
