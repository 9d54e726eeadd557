/// The order of version names: `v10`, `v2`, `v1`, `v2beta1`, `v1beta2`, `v1alpha1`, then all others by their text.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/version/helpers.go`, `CompareKubeAwareVersionStrings`.
package enum KubernetesVersion {
    /// Whether `left` stands before `right`.
    package static func precedes(_ left: String, _ right: String) -> Bool {
        switch (rank(left), rank(right)) {
        case (let left?, let right?): right.lexicographicallyPrecedes(left)
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left < right
        }
    }

    /// Stability, major, minor; nil for a name of another form.
    private static func rank(_ text: String) -> [Int]? {
        guard text.hasPrefix("v") else { return nil }
        var rest = text.dropFirst()
        guard let major = number(&rest) else { return nil }
        if rest.isEmpty { return [3, major, 0] }
        let stability: Int
        if rest.hasPrefix("beta") {
            (stability, rest) = (2, rest.dropFirst(4))
        } else if rest.hasPrefix("alpha") {
            (stability, rest) = (1, rest.dropFirst(5))
        } else {
            return nil
        }
        guard let minor = number(&rest), rest.isEmpty else { return nil }
        return [stability, major, minor]
    }

    /// Takes a number without leading zeros.
    private static func number(_ text: inout Substring) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, !digits.hasPrefix("0") else { return nil }
        text = text.dropFirst(digits.count)
        return Int(digits)
    }
}
