/// Values of Kubernetes' libraries.
package enum OpaqueValue: Sendable {
    case url(URLValue)
    case quantity(QuantityValue)
    case ip(IPValue)
    case cidr(CIDRValue)
    case semver(SemverValue)
    case format(NamedFormat)
    case authorizer(AuthorizerValue)

    var typeName: String {
        switch self {
        case .url: "kubernetes.URL"
        case .quantity: "kubernetes.Quantity"
        case .ip: "net.IP"
        case .cidr: "net.CIDR"
        case .semver: "kubernetes.Semver"
        case .format: "kubernetes.NamedFormat"
        case .authorizer(let value): value.typeName
        }
    }

    /// What cost is counted in.
    var size: Int {
        switch self {
        case .ip(let address): address.bytes.count
        case .cidr(let prefix): (prefix.length + 7) / 8
        default: 1
        }
    }

    static func == (left: OpaqueValue, right: OpaqueValue) -> Bool {
        switch (left, right) {
        case (.url(let first), .url(let second)): first == second
        case (.quantity(let first), .quantity(let second)): first == second
        case (.ip(let first), .ip(let second)): first == second
        case (.cidr(let first), .cidr(let second)): first == second
        case (.semver(let first), .semver(let second)): first == second
        case (.format(let first), .format(let second)): first == second
        default: false
        }
    }
}
