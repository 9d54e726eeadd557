import API

/// An image name as a pod gives it: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.
///
/// - SeeAlso: distribution `reference/regexp.go`; Kubernetes 1.36 `pkg/kubelet/images/image_manager.go`.
struct ImageReference: Hashable, Sendable {
    /// With `:latest` added where neither tag nor digest is given.
    var name: String
    var hasLatestTag: Bool
    /// `docker.io` where none is named.
    var registry: String

    /// Nil for a name that no registry could have.
    init?(parsing text: String) {
        var rest = Substring(text)
        var digest: Substring?
        if let at = rest.lastIndex(of: "@") {
            digest = rest[rest.index(after: at)...]
            rest = rest[..<at]
            guard let digest, let colon = digest.firstIndex(of: ":"), digest[digest.index(after: colon)...].count >= 32,
                digest[digest.index(after: colon)...].allSatisfy(\.isHexDigit)
            else { return nil }
        }
        var tag: Substring?
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = rest[rest.index(after: colon)...]
            rest = rest[..<colon]
            guard let tag, !tag.isEmpty, tag.count <= 128, tag.utf8.allSatisfy({ Self.isWord($0) || $0 == 0x2e || $0 == 0x2d }),
                tag.first != ".", tag.first != "-"
            else { return nil }
        }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        registry = "docker.io"
        if parts.count > 1, parts[0].contains(".") || parts[0].contains(":") || parts[0] == "localhost" {
            registry = String(parts.removeFirst())
        }
        guard !parts.isEmpty, parts.allSatisfy(Self.isComponent) else { return nil }
        hasLatestTag = digest == nil && (tag == nil || tag == "latest")
        name = tag == nil && digest == nil ? text + ":latest" : text
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
    }

    /// Lower-case letters and digits, separated by `.`, `_`, `__` or dashes.
    private static func isComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        func isPlain(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) }
        return isPlain(first) && isPlain(last)
            && text.utf8.allSatisfy { isPlain($0) || $0 == 0x2e || $0 == 0x2d || $0 == 0x5f } && !text.contains("..")
    }
}

/// Whether an image is pulled before a container starts.
enum PullPolicy: String, Hashable, Sendable {
    case always = "Always"
    case ifNotPresent = "IfNotPresent"
    case never = "Never"

    init(_ container: Container, _ image: ImageReference) {
        self = PullPolicy(rawValue: container.imagePullPolicy) ?? (image.hasLatestTag ? .always : .ifNotPresent)
    }

    func needsPull(isPresent: Bool) -> Bool {
        switch self {
        case .always: true
        case .ifNotPresent: !isPresent
        case .never: false
        }
    }
}
