package import API
import JSON

/// What a controller wants done about one key.
package struct Plan: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        case write(Write)
        /// Many writes that are likely to meet the same fate: one, then two, then four... at once, stopping at a refusal.
        case slowStart([Write])
        /// Goes on only if the server itself knows no such object: a cache that lags must not delete anything.
        case confirmAbsent(GroupVersionResource, NamespacedName, uid: String?)
        /// Goes on only if the server itself lists nothing there.
        case confirmEmpty(GroupVersionResource, namespace: String)
    }

    /// Something people should read, once the writes are done.
    package struct Notice: Hashable, Sendable {
        package var object: ObjectReference
        /// `Normal` or `Warning`.
        package var type: String
        package var reason: String
        package var message: String

        package init(_ object: ObjectReference, type: String = "Normal", reason: String, message: String) {
            self.object = object
            self.type = type
            self.reason = reason
            self.message = message
        }
    }

    /// Where a refusal of the plan's writes is to be seen by people: a condition of the object that the plan is about.
    package struct RefusalCondition: Hashable, Sendable {
        package var resource: GroupVersionResource
        package var key: NamespacedName
        /// The conditions that stay.
        package var others: [Condition]
        /// Its message is followed by the refusal.
        package var condition: Condition

        package init(
            _ resource: GroupVersionResource, _ key: NamespacedName, others: [Condition], condition: Condition
        ) {
            self.resource = resource
            self.key = key
            self.others = others
            self.condition = condition
        }

        func write(message: String) -> Write {
            var condition = condition
            condition.message += message
            return .merge(
                resource, key, ["status": ["conditions": .array((others + [condition]).map(\.json))]], subresource: "status",
                tolerates: [.notFound, .conflict])
        }
    }

    /// In order; the first failure ends the plan.
    package var steps: [Step]
    package var notices: [Notice]
    /// When to look again though nothing changed; nil: not by itself.
    package var lookAgainAfter: Duration?
    /// Nil: refusals are only events.
    package var refusalCondition: RefusalCondition?

    package init(_ writes: [Write] = [], notices: [Notice] = [], lookAgainAfter: Duration? = nil) {
        steps = writes.map(Step.write)
        self.notices = notices
        self.lookAgainAfter = lookAgainAfter
    }

    /// Nothing to do.
    package static let settled = Plan()

    /// No writes; the plan may still ask to be looked at later.
    package var isSettled: Bool { steps.isEmpty }

    package var writes: [Write] {
        steps.flatMap { step -> [Write] in
            switch step {
            case .write(let write): [write]
            case .slowStart(let writes): writes
            case .confirmAbsent, .confirmEmpty: []
            }
        }
    }

    package mutating func add(_ write: Write) { steps.append(.write(write)) }

    package mutating func addSlowStart(_ writes: [Write]) {
        if !writes.isEmpty { steps.append(.slowStart(writes)) }
    }

    /// Asks to look again no later than after `delay`.
    package mutating func lookAgain(after delay: Duration) {
        lookAgainAfter = min(lookAgainAfter ?? delay, delay)
    }
}
