/// What type parameters stand for, as far as is known.
///
/// - SeeAlso: cel-go `checker/types.go`, `checker/mapping.go`.
struct Substitution {
    private var known: [String: CELType] = [:]

    /// The type with every parameter that is known replaced.
    ///
    /// - Parameter isFinal: What is still unknown becomes `dyn`.
    func resolve(_ type: CELType, isFinal: Bool = false) -> CELType {
        if case .parameter(let name) = type {
            if let found = known[name] { return resolve(found, isFinal: isFinal) }
            return isFinal ? .dyn : type
        }
        return type.replacingParameters { resolve($0, isFinal: isFinal) }
    }

    /// Takes values of type `from` for `to`, learning what parameters stand for; unchanged when it cannot be.
    mutating func assign(_ from: [CELType], to: [CELType]) -> Bool {
        guard from.count == to.count else { return false }
        let before = self
        for (source, target) in zip(from, to) where !unify(source, target) {
            self = before
            return false
        }
        return true
    }

    mutating func assign(_ from: CELType, to: CELType) -> Bool { assign([from], to: [to]) }

    private mutating func unify(_ from: CELType, _ to: CELType) -> Bool {
        if case .parameter(let name) = to {
            switch substitute(from, for: name) {
            case .fits: return true
            case .contradicts: return false
            case .cannot: break
            }
        }
        if case .parameter(let name) = from { return substitute(to, for: name) == .fits }
        if from.isDynamic || to.isDynamic { return true }
        if from == .null { return Self.takesNull(to) }
        if to == .null { return Self.takesNull(from) }
        switch (from, to) {
        case (.list(let left), .list(let right)): return unify(left, right)
        case (.map(let leftKey, let leftValue), .map(let rightKey, let rightValue)):
            return unify(leftKey, rightKey) && unify(leftValue, rightValue)
        case (.opaque(let left, let leftTypes), .opaque(let right, let rightTypes)):
            guard left == right, leftTypes.count == rightTypes.count else { return false }
            for (source, target) in zip(leftTypes, rightTypes) where !unify(source, target) { return false }
            return true
        case (.type, .type): return true
        default: return from == to
        }
    }

    private static func takesNull(_ type: CELType) -> Bool {
        switch type {
        case .null, .object, .opaque, .timestamp, .duration, .dyn, .error: true
        default: false
        }
    }

    private enum Outcome { case fits, contradicts, cannot }

    private mutating func substitute(_ type: CELType, for name: String) -> Outcome {
        if type == .parameter(name) { return .fits }
        if let found = known[name] {
            if found == type { return .fits }
            guard unify(type, found) else { return .contradicts }
            let general = Self.mostGeneral(type, found)
            if !occurs(name, in: general) { known[name] = general }
            return .fits
        }
        guard !occurs(name, in: type) else { return .cannot }
        known[name] = type
        return .fits
    }

    private func occurs(_ name: String, in type: CELType) -> Bool {
        if case .parameter(let other) = type {
            return other == name || known[other].map { occurs(name, in: $0) } ?? false
        }
        return type.parameters.contains { occurs(name, in: $0) }
    }

    static func mostGeneral(_ left: CELType, _ right: CELType) -> CELType {
        isAtLeastAsGeneral(left, right) ? left : right
    }

    private static func isAtLeastAsGeneral(_ left: CELType, _ right: CELType) -> Bool {
        if left.isDynamic { return true }
        if case .parameter = left { return true }
        if right.isDynamic { return false }
        if case .parameter = right { return false }
        switch (left, right) {
        case (.list(let first), .list(let second)): return isAtLeastAsGeneral(first, second)
        case (.map(let firstKey, let firstValue), .map(let secondKey, let secondValue)):
            return isAtLeastAsGeneral(firstKey, secondKey) && isAtLeastAsGeneral(firstValue, secondValue)
        case (.opaque(let first, let firstTypes), .opaque(let second, let secondTypes)):
            return first == second && firstTypes.count == secondTypes.count
                && zip(firstTypes, secondTypes).allSatisfy { isAtLeastAsGeneral($0, $1) }
        case (.null, _): return takesNull(right) && right != .null ? false : left == right
        case (_, .null): return takesNull(left)
        default: return left == right
        }
    }
}
