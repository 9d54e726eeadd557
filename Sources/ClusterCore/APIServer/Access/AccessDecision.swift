/// What the authorizers say to a request.
package struct AccessDecision: Hashable, Sendable {
    package var isAllowed: Bool
    /// Why, in upstream's words; empty when there is nothing to say.
    package var reason: String

    static func allowed(_ reason: String = "") -> AccessDecision { AccessDecision(isAllowed: true, reason: reason) }
    static func noOpinion(_ reason: String = "") -> AccessDecision { AccessDecision(isAllowed: false, reason: reason) }
}
