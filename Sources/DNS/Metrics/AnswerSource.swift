/// Who answered, in the words of CoreDNS's metrics: the plugin that would have written the reply there.
///
/// - SeeAlso: CoreDNS 1.14 `plugin/metrics/README.md`, labels `plugin` and `zone`.
package enum AnswerSource: Int, Hashable, Sendable, CaseIterable {
    /// The server itself, before any look at the name: malformed, another class, another operation.
    case dropped
    /// The server itself: a failure, a refusal.
    case server
    case kubernetes
    case autopath
    case any
    case cache
    case forward

    /// The label `plugin`.
    var plugin: String {
        switch self {
        case .dropped, .server: ""
        case .kubernetes: "kubernetes"
        case .autopath: "autopath"
        case .any: "any"
        case .cache: "cache"
        case .forward: "forward"
        }
    }

    /// The label `zone`.
    var zone: String { self == .dropped ? "dropped" : "." }

    /// Who says that no server had an answer: the zone itself, when it was about the client's search list.
    init(failed purpose: ForwardJob.Purpose) {
        if case .completion = purpose { self = .kubernetes } else { self = .server }
    }

    /// Who writes the reply to a job that another server answered, or the cache for it.
    init(_ purpose: ForwardJob.Purpose, isCached: Bool) {
        switch purpose {
        case .answer: self = isCached ? .cache : .forward
        case .alias: self = .kubernetes
        case .completion: self = .autopath
        }
    }
}
