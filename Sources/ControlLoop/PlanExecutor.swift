package import API
import JSON
package import Logging

/// Performs plans through an `ObjectWriter`, and tells people of what was done.
package struct PlanExecutor: Sendable {
    /// What a plan left behind, so that the next decision can wait until it is visible.
    package struct Effects: Sendable {
        package struct Deletion: Sendable {
            package var resource: GroupVersionResource
            package var key: NamespacedName
            package var uid: String?
        }

        /// The last revision written, by resource.
        package var revisions: [GroupVersionResource: String] = [:]
        package var deletions: [Deletion] = []
        /// The refusal that ended the plan.
        package var failure: (any Error)?

        mutating func merge(_ other: Effects) {
            revisions.merge(other.revisions) { ResourceVersionOrder.later($0, $1) }
            deletions += other.deletions
            failure = failure ?? other.failure
        }
    }

    /// Slow start never has more than this under way at once.
    package static let writesInFlightMax = 32

    /// A check of a plan said no: the caches are behind, look again later.
    package struct NotConfirmed: Error, Hashable, Sendable {}

    private let listWatch: any ListWatch
    private let writer: any ObjectWriter
    private let events: EventRecorder
    private let logger: Logger

    package init(listWatch: any ListWatch, writer: any ObjectWriter, events: EventRecorder, logger: Logger) {
        self.listWatch = listWatch
        self.writer = writer
        self.events = events
        self.logger = logger
    }

    package func perform(_ plan: Plan) async -> Effects {
        var effects = Effects()
        for step in plan.steps where effects.failure == nil {
            switch step {
            case .write(let write): effects.merge(await perform(write))
            case .slowStart(let writes): effects.merge(await performSlowly(writes))
            case .confirmAbsent, .confirmEmpty:
                do {
                    if try await !isConfirmed(step) { effects.failure = NotConfirmed() }
                } catch {
                    effects.failure = error
                }
            }
        }
        if let status = effects.failure as? Status, !status.isConflict, let condition = plan.refusalCondition {
            let shown = await perform(condition.write(message: status.message))
            effects.revisions.merge(shown.revisions) { ResourceVersionOrder.later($0, $1) }
        }
        if effects.failure == nil {
            for notice in plan.notices {
                events.record(notice.object, type: notice.type, reason: notice.reason, message: notice.message)
            }
        }
        return effects
    }

    private func isConfirmed(_ step: Plan.Step) async throws -> Bool {
        switch step {
        case .confirmAbsent(let resource, let key, let uid):
            do {
                let found = try await writer.get(resource, key)
                return uid != nil && found["metadata"]?["uid"]?.string != uid
            } catch let status as Status where status.isNotFound {
                return true
            }
        case .confirmEmpty(let resource, let namespace):
            return try await listWatch.list(resource, scope: ListScope(namespace: namespace)).items.isEmpty
        case .write, .slowStart: return true
        }
    }

    private func performSlowly(_ writes: [Write]) async -> Effects {
        var effects = Effects()
        var rest = writes[...]
        var size = 1
        while !rest.isEmpty, effects.failure == nil {
            let batch = rest.prefix(size)
            rest = rest.dropFirst(size)
            size = min(size * 2, Self.writesInFlightMax)
            await withTaskGroup(of: Effects.self) { group in
                for write in batch { group.addTask { await perform(write) } }
                for await result in group { effects.merge(result) }
            }
        }
        return effects
    }

    private func perform(_ write: Write) async -> Effects {
        var effects = Effects()
        do {
            let written = try await send(write)
            let metadata = ObjectMeta(json: written?["metadata"] ?? [:])
            if case .delete(let resource, let key, let options) = write.operation {
                effects.deletions.append(Effects.Deletion(resource: resource, key: key, uid: options.uid))
            } else if !metadata.resourceVersion.isEmpty {
                effects.revisions[write.resource] = metadata.resourceVersion
            }
            if let report = write.report, let (reason, message) = report.success {
                let name = report.namesObject ? Self.name(of: write, metadata) : ""
                events.record(report.object, type: "Normal", reason: reason, message: message + name)
            }
        } catch {
            if let status = error as? Status, Self.isTolerated(status, by: write) { return effects }
            effects.failure = error
            if let report = write.report, let status = error as? Status, !status.isConflict {
                let (reason, message) = report.failure
                events.record(report.object, type: "Warning", reason: reason, message: message + status.message)
            }
        }
        return effects
    }

    private func send(_ write: Write) async throws -> JSONValue? {
        switch write.operation {
        case .create(let resource, let namespace, let object):
            return try await writer.create(resource, namespace: namespace, object)
        case .createBelow(let resource, let key, let subresource, let object):
            return try await writer.create(resource, key, subresource: subresource, object)
        case .update(let resource, let key, let object, let subresource):
            return try await writer.update(resource, key, object, subresource: subresource)
        case .patch(let resource, let key, let type, let body, let subresource):
            return try await writer.patch(resource, key, type, body, subresource: subresource)
        case .delete(let resource, let key, let options):
            try await writer.delete(resource, key, options)
            return nil
        }
    }

    /// Creating in a namespace that goes away is pointless, not wrong.
    private static func isTolerated(_ status: Status, by write: Write) -> Bool {
        if write.tolerates.contains(.notFound), status.isNotFound { return true }
        if write.tolerates.contains(.alreadyExists), status.isAlreadyExists { return true }
        if write.tolerates.contains(.conflict), status.isConflict { return true }
        return status.details?.causes.contains { $0.reason == "NamespaceTerminating" } ?? false
    }

    private static func name(of write: Write, _ metadata: ObjectMeta) -> String {
        if case .delete(_, let key, _) = write.operation { return key.name }
        return metadata.name
    }
}
