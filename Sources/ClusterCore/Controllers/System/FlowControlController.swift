import API
package import ControlLoop
import JSON

/// Keeps the priority levels and flow schemas that every cluster has, and says of each schema whether its level exists.
///
/// Mandatory ones come back when deleted and as they were when changed; suggested ones come back when deleted, and follow the
/// release while their annotation asks for it.
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/flowcontrol/rest/storage_flowcontrol.go`,
///   `apiserver/pkg/util/flowcontrol/apf_controller.go`.
package struct FlowControlController: Controller {
    package static let name = "flow-control"
    private static let updateAnnotation = "apf.kubernetes.io/autoupdate-spec"

    package enum Key: Hashable, Sendable {
        case level(String)
        case schema(String)
    }

    package init() {}

    package var triggers: [Trigger<Key>] {
        [
            .onChange(PriorityLevelConfiguration.self) { change, snapshot in
                let schemas = snapshot.list(FlowSchema.self).filter { $0.priorityLevel == change.key.name }
                return [.level(change.key.name)] + schemas.map { .schema($0.metadata.name) }
            },
            .onChange(FlowSchema.self) { change, _ in [.schema(change.key.name)] },
        ]
    }

    package func plan(for key: Key, in snapshot: Snapshot) -> Plan {
        var plan = Plan()
        switch key {
        case .level(let name):
            let found = snapshot.get(PriorityLevelConfiguration.self, NamespacedName(name: name))
            keep(
                name, found.map { ($0.metadata, $0.spec) }, PriorityLevelConfiguration.resource,
                mandatory: FlowControlDefaults.mandatoryLevels, suggested: FlowControlDefaults.suggestedLevels, &plan)
        case .schema(let name):
            let found = snapshot.get(FlowSchema.self, NamespacedName(name: name))
            keep(
                name, found.map { ($0.metadata, $0.spec) }, FlowSchema.resource,
                mandatory: FlowControlDefaults.mandatorySchemas, suggested: FlowControlDefaults.suggestedSchemas, &plan)
            if let found, !found.metadata.isBeingDeleted { addCondition(found, snapshot, &plan) }
        }
        return plan
    }

    private func keep(
        _ name: String, _ found: (metadata: ObjectMeta, spec: JSONValue)?, _ resource: GroupVersionResource,
        mandatory: [JSONValue], suggested: [JSONValue], _ plan: inout Plan
    ) {
        func named(_ objects: [JSONValue]) -> JSONValue? { objects.first { $0["metadata"]?["name"]?.string == name } }
        let fixed = named(mandatory)
        guard let wanted = fixed ?? named(suggested) else { return }
        guard let found else {
            return plan.add(.create(resource, namespace: nil, wanted, tolerates: .alreadyExists))
        }
        let isOurs = fixed != nil || found.metadata.annotations[Self.updateAnnotation] == "true"
        guard isOurs, !found.metadata.isBeingDeleted, !Self.covers(found.spec, wanted["spec"]) else { return }
        let body: JSONValue = ["spec": wanted["spec"] ?? [:]]
        plan.add(.merge(resource, NamespacedName(name: name), body, revision: found.metadata.resourceVersion))
    }

    /// Whether everything that is wanted is there; what the server adds by default does not count.
    private static func covers(_ found: JSONValue?, _ wanted: JSONValue?) -> Bool {
        switch (found, wanted) {
        case (.object(let found)?, .object(let wanted)?):
            wanted.members.allSatisfy { covers(found[$0.key], $0.value) }
        case (.array(let found)?, .array(let wanted)?):
            found.count == wanted.count && zip(found, wanted).allSatisfy { covers($0, $1) }
        default: found == wanted
        }
    }

    private func addCondition(_ schema: FlowSchema, _ snapshot: Snapshot, _ plan: inout Plan) {
        let level = snapshot.get(PriorityLevelConfiguration.self, NamespacedName(name: schema.priorityLevel))
        let reference =
            "This FlowSchema references the PriorityLevelConfiguration object named \"\(schema.priorityLevel)\""
        var condition = Condition(
            type: "Dangling", status: level == nil ? "True" : "False", reason: level == nil ? "NotFound" : "Found",
            message: reference + (level == nil ? " but there is no such object" : " and it exists"))
        let old = schema.conditions["Dangling"]
        condition.lastTransitionTime = old?.status == condition.status ? old?.lastTransitionTime : snapshot.now
        guard condition != old else { return }
        let others = schema.conditions.filter { $0.type != "Dangling" }
        plan.add(
            .merge(
                FlowSchema.resource, schema.key, ["status": ["conditions": .array((others + [condition]).map(\.json))]],
                subresource: "status", tolerates: .notFound))
    }
}
