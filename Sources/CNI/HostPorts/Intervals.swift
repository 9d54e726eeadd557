import Netlink

/// Stretches of keys, as sets of nf_tables hold them: an element where one begins, and an element behind its last key; without the
/// latter it goes on to the end of all keys.
enum Intervals {
    /// Each beginning before its end: the only order in which the kernel deletes them.
    static func inOrder(_ elements: [FirewallElement]) -> [FirewallElement] {
        elements.sorted { left, right in
            left.key == right.key ? left.endsInterval && !right.endsInterval : left.key.lexicographicallyPrecedes(right.key)
        }
    }

    /// The stretches that cover the same keys without overlapping or touching each other, in order.
    ///
    /// - Parameter elements: Of one set, in any order; a lone end, as `nft` writes it before the first stretch, counts for nothing.
    static func union(_ elements: [FirewallElement]) -> [FirewallElement] {
        // At one key the beginnings come first, so that stretches that touch become one.
        let points = elements.sorted { left, right in
            left.key == right.key ? !left.endsInterval && right.endsInterval : left.key.lexicographicallyPrecedes(right.key)
        }
        var result: [FirewallElement] = []
        var depth = 0
        for point in points {
            if !point.endsInterval {
                depth += 1
                if depth == 1 { result.append(FirewallElement(key: point.key)) }
            } else if depth > 0 {
                depth -= 1
                if depth == 0 { result.append(FirewallElement(key: point.key, endsInterval: true)) }
            }
        }
        return result
    }
}
