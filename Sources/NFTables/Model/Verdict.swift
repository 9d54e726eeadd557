/// Where a packet goes next.
package enum Verdict: Hashable, Sendable {
    case accept
    case drop
    /// To another chain, and back here when that one ends.
    case jump(String)
    /// To another chain without coming back.
    case goto(String)
    case `return`

    /// The chain that it names; nil for one that names none.
    package var chain: String? {
        switch self {
        case .jump(let chain), .goto(let chain): chain
        default: nil
        }
    }
}
