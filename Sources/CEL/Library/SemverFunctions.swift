/// A version after semver.org 2.0.0.
package struct SemverValue: Hashable, Sendable {
    let major: UInt64
    let minor: UInt64
    let patch: UInt64
    private let prerelease: [String]

    init?(_ text: String) {
        guard text.utf8.count <= 256 else { return nil }
        let withoutBuild = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard withoutBuild.count == 1 || Self.identifiers(withoutBuild[1], numbersMayPad: true) != nil else { return nil }
        let halves = withoutBuild[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, let major = Self.number(numbers[0]), let minor = Self.number(numbers[1]),
            let patch = Self.number(numbers[2])
        else { return nil }
        (self.major, self.minor, self.patch) = (major, minor, patch)
        guard halves.count == 2 else {
            prerelease = []
            return
        }
        guard let found = Self.identifiers(halves[1], numbersMayPad: false) else { return nil }
        prerelease = found
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || !text.hasPrefix("0") else {
            return nil
        }
        return UInt64(text)
    }

    private static func identifiers(_ text: Substring, numbersMayPad: Bool) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        for part in parts {
            guard !part.isEmpty, part.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else { return nil }
            let isNumber = part.allSatisfy(\.isNumber)
            if isNumber, !numbersMayPad, part.count > 1, part.hasPrefix("0") { return nil }
        }
        return parts.map(String.init)
    }

    /// `v1.2` as `1.2.0`, `01.2.3` as `1.2.3`.
    static func normalize(_ text: String) -> String {
        var rest = Substring(text)
        if rest.hasPrefix("v") { rest = rest.dropFirst() }
        let core = rest.prefix { $0 != "-" && $0 != "+" }
        let tail = rest.dropFirst(core.count)
        var parts = core.split(separator: ".", omittingEmptySubsequences: false).map { part in
            let trimmed = part.drop { $0 == "0" }
            return trimmed.isEmpty && !part.isEmpty ? "0" : String(trimmed)
        }
        while parts.count < 3 { parts.append("0") }
        return parts.joined(separator: ".") + tail
    }

    func compare(_ other: SemverValue) -> Int {
        for (first, second) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where first != second {
            return first < second ? -1 : 1
        }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
        }
        for (first, second) in zip(prerelease, other.prerelease) where first != second {
            switch (UInt64(first), UInt64(second)) {
            case (let left?, let right?): return left < right ? -1 : 1
            case (.some, nil): return -1
            case (nil, .some): return 1
            default: return Array(first.utf8).lexicographicallyPrecedes(Array(second.utf8)) ? -1 : 1
            }
        }
        let (left, right) = (prerelease.count, other.prerelease.count)
        return left == right ? 0 : left < right ? -1 : 1
    }
}

/// Versions.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/library/semverlib.go`.
enum SemverFunctions: FunctionLibrary {
    static let declarations = """
        semver(string) -> kubernetes.Semver
        semver(string, bool) -> kubernetes.Semver
        isSemver(string) -> bool
        isSemver(string, bool) -> bool
        kubernetes.Semver: major() -> int
        kubernetes.Semver: minor() -> int
        kubernetes.Semver: patch() -> int
        kubernetes.Semver: isGreaterThan(kubernetes.Semver) -> bool
        kubernetes.Semver: isLessThan(kubernetes.Semver) -> bool
        kubernetes.Semver: compareTo(kubernetes.Semver) -> int
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        let second = arguments.dropFirst().first
        switch (name, arguments.first, second) {
        case ("semver", .string(let text), _), ("isSemver", .string(let text), _):
            let found = SemverValue(second?.bool ?? false ? SemverValue.normalize(text) : text)
            if name == "isSemver" { return .bool(found != nil) }
            guard let found else { throw EvaluationError("invalid semver: \(text)") }
            return .opaque(.semver(found))
        case ("major", .opaque(.semver(let version)), nil): return .int(Int64(clamping: version.major))
        case ("minor", .opaque(.semver(let version)), nil): return .int(Int64(clamping: version.minor))
        case ("patch", .opaque(.semver(let version)), nil): return .int(Int64(clamping: version.patch))
        case (_, .opaque(.semver(let version)), .opaque(.semver(let other))):
            let order = version.compare(other)
            switch name {
            case "isGreaterThan": return .bool(order > 0)
            case "isLessThan": return .bool(order < 0)
            case "compareTo": return .int(Int64(order))
            default: return nil
            }
        default: return nil
        }
    }
}
