import API
import JSON

/// Tokens with which machines that know nothing yet ask for their first certificate.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go`,
///   `cluster-bootstrap/token/{api,util}`.
struct BootstrapTokens: Sendable {
    let caches: CacheSet

    private static let secrets = GroupVersionResource(group: "", version: "v1", resource: "secrets")
    private static let group = "system:bootstrappers"

    /// Nil when the text is no bootstrap token, or none that is valid now.
    func user(_ token: String, now: Timestamp) -> User? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, Self.isWord(parts[0], length: 6), Self.isWord(parts[1], length: 16) else { return nil }
        let key = NamespacedName(namespace: "kube-system", name: "bootstrap-token-\(parts[0])")
        guard let secret = caches[Self.secrets]?.get(key)?.object,
            secret["metadata"]?["deletionTimestamp"]?.string == nil,
            secret["type"]?.string == "bootstrap.kubernetes.io/token"
        else { return nil }
        let data = (secret["data"]?.object?.strings ?? [:]).compactMapValues(Base64.decode)
        guard let wanted = data["token-secret"], Self.isEqual(wanted, Array(parts[1].utf8)),
            data["token-id"]?.text == parts[0], !Self.isExpired(data["expiration"], now),
            data["usage-bootstrap-authentication"]?.text == "true", let groups = Self.groups(data["auth-extra-groups"])
        else { return nil }
        return User(
            name: "system:bootstrap:\(parts[0])",
            groups: [Self.group] + groups.filter { $0 != Self.group } + [User.authenticatedGroup])
    }

    private static func isWord(_ text: String, length: Int) -> Bool {
        text.utf8.count == length && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }
    }

    /// In a time that does not tell how much is right.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// An expiration that cannot be read counts as passed.
    private static func isExpired(_ expiration: [UInt8]?, _ now: Timestamp) -> Bool {
        guard let text = expiration?.text, !text.isEmpty else { return false }
        guard let end = Timestamp(parsing: text) else { return true }
        return end <= now
    }

    /// Nil when one of them is not allowed.
    private static func groups(_ text: [UInt8]?) -> [String]? {
        let groups = Set((text?.text ?? "").split(separator: ",").map(String.init)).sorted()
        return groups.allSatisfy(isExtraGroup) ? groups : nil
    }

    /// `system:bootstrappers:` and 1 to 256 of `a-z 0-9 : -`, the last a letter or digit.
    private static func isExtraGroup(_ name: String) -> Bool {
        guard name.hasPrefix("\(group):") else { return false }
        let rest = Array(name.utf8.dropFirst(group.utf8.count + 1))
        func isWord(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
        guard let last = rest.last, isWord(last), rest.count <= 256 else { return false }
        return rest.allSatisfy { isWord($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }
    }
}
