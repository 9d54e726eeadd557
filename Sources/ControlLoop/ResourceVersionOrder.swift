/// Compares `resourceVersion`s as Kubernetes allows since 1.35: as whole numbers.
package enum ResourceVersionOrder {
    /// Whether `reached` includes what `wanted` includes; texts that are no numbers must be equal.
    package static func isReached(_ wanted: String, by reached: String) -> Bool {
        guard let wantedNumber = UInt64(wanted), let reachedNumber = UInt64(reached) else { return wanted == reached }
        return reachedNumber >= wantedNumber
    }

    /// The later of two; an empty one counts as the earliest.
    package static func later(_ left: String, _ right: String) -> String {
        guard let leftNumber = UInt64(left) else { return right.isEmpty ? left : right }
        guard let rightNumber = UInt64(right) else { return left }
        return leftNumber >= rightNumber ? left : right
    }
}
