/// What operations and calls cost.
///
/// - SeeAlso: cel-go `interpreter/runtimecost.go`; Kubernetes 1.36 `apiserver/pkg/cel/library/cost.go`, `CallCost`.
enum CallCost {
    static let listCreation: UInt64 = 10
    static let mapCreation: UInt64 = 30
    static let structureCreation: UInt64 = 40
    private static let stringFactor = 0.1
    private static let regexFactor = 0.25
    /// Two of them fit into one evaluation.
    private static let authorization: UInt64 = 350_000

    private static func traversal(_ size: Int, _ factor: Double = 1) -> UInt64 {
        UInt64((Double(size) * factor * stringFactor).rounded(.up))
    }

    static func binary(_ symbol: Operator, _ left: CELValue, _ right: CELValue) -> UInt64 {
        switch symbol {
        case .contained: return UInt64(right.traversalSize)
        case .equal, .notEqual: return traversal(min(left.traversalSize, right.traversalSize))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            switch left {
            case .string, .bytes: return traversal(min(left.traversalSize, right.traversalSize))
            default: return 1
            }
        case .add:
            switch left {
            case .string, .bytes: return traversal(left.traversalSize + right.traversalSize)
            default: return 1
            }
        default: return 1
        }
    }

    /// The cost that arguments decide; nil: it is known afterwards.
    static func before(_ name: String, _ arguments: [CELValue]) -> UInt64? {
        let size = arguments.first?.traversalSize ?? 0
        let second = arguments.count > 1 ? arguments[1].traversalSize : 0
        switch name {
        case "check": return authorization
        case "isSorted", "sum", "max", "min": return deepTraversal(arguments.first)
        case "indexOf", "lastIndexOf": return deepTraversal(arguments.first)
        case "url", "isURL", "lowerAscii", "upperAscii", "substring", "trim", "cidr", "isIP", "isCIDR", "quantity", "isQuantity",
            "semver", "isSemver", "startsWith", "endsWith", "strings.quote", "format", "charAt", "reverse",
            "jsonpatch.escapeKey":
            return max(1, traversal(size))
        case "ip":
            if case .opaque = arguments.first { return 1 }
            return traversal(size)
        case "ip.isCanonical", "replace", "split": return traversal(size, 2)
        case "join": return nil
        case "string", "bytes", "int", "double", "uint", "timestamp", "duration": return conversion(name, arguments)
        case "matches", "find", "findAll": return traversal(size + 1) * UInt64((Double(second) * regexFactor).rounded(.up))
        case "contains": return traversal(size) * traversal(second)
        case "containsIP", "containsCIDR": return containment(name, size, arguments)
        case "sets.contains", "sets.intersects": return UInt64(size) * UInt64(second) + 1
        case "sets.equivalent": return 2 * UInt64(size) * UInt64(second) + 1
        case "validate": return traversal(second, 2) + 1
        default: return 1
        }
    }

    static func after(_ name: String, _ result: CELValue) -> UInt64? {
        name == "join" ? traversal(result.traversalSize, 2) : nil
    }

    private static func conversion(_ name: String, _ arguments: [CELValue]) -> UInt64 {
        switch (name, arguments.first) {
        case ("string", .bytes(let bytes)): traversal(bytes.count)
        case ("bytes", .string): traversal(arguments[0].traversalSize)
        default: 1
        }
    }

    private static func containment(_ name: String, _ size: Int, _ arguments: [CELValue]) -> UInt64 {
        var cost = traversal(2 * size)
        if name == "containsCIDR" { cost += traversal(size) + 1 }
        if arguments.count > 1, case .string = arguments[1] { cost += traversal(arguments[1].traversalSize) }
        return cost
    }

    /// A list costs what its elements cost.
    private static func deepTraversal(_ value: CELValue?) -> UInt64 {
        switch value {
        case .list(let list):
            var cost: UInt64 = 0
            for index in 0..<list.count { cost += deepTraversal(list[index]) }
            return cost
        case .string, .bytes: return traversal(value?.traversalSize ?? 0)
        default: return 1
        }
    }
}
