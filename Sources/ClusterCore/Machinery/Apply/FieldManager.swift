package import API
package import JSON

/// Keeps `metadata.managedFields` of one kind as it is written through one resource or subresource.
///
/// Pure: the time is an argument. A failure of the books never fails an update: then the old ones stay.
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/managedfields/internal/fieldmanager.go` and the managers that it chains.
package struct FieldManager: Sendable {
    /// Entries of updates beyond this are merged, the oldest first.
    static let updateManagersMax = 10
    private static let ancientManager = "ancient-changes"
    private static let beforeFirstApply = "before-first-apply"
    /// The applier whose earlier client-side applies are taken over.
    private static let kubectl = "kubectl"

    private let ownership: FieldOwnership
    private let subresource: String
    /// The kind's empty object, which an object is compared with when it is created.
    private let makeEmpty: @Sendable () -> JSONValue

    package init(
        versions: any MergeVersions, apiVersion: String, subresource: String, empty: @escaping @Sendable () -> JSONValue,
        ignored: @escaping @Sendable (_ apiVersion: String) -> OwnedFilter?
    ) {
        ownership = FieldOwnership(versions: versions, apiVersion: apiVersion, ignored: ignored)
        self.subresource = subresource
        makeEmpty = empty
    }

    /// What no entry ever holds.
    private static let stripped: FieldSet = {
        var names = ["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation"]
        names += ["managedFields", "resourceVersion"]
        let inMetadata = names.map { [PathElement.field("metadata"), .field($0)] }
        return FieldSet([[.field("apiVersion")], [.field("kind")], [.field("metadata")]] + inMetadata)
    }()

    // MARK: - Updates

    /// `new` with the books after a create, update or patch.
    ///
    /// - Parameters:
    ///   - live: Nil for a create.
    ///   - new: May carry `managedFields` that the client set.
    package func update(from live: JSONValue?, to new: JSONValue, manager: String, now: Timestamp) -> JSONValue {
        let before = live?["metadata"]?["managedFields"]
        var object = new
        object[path: ["metadata", "managedFields"]] = nil
        let managed = subresource.isEmpty ? Self.decode(new["metadata"]?["managedFields"], or: before) : Self.decode(before)
        // An object that nobody keeps books of, because a client threw them away, stays so until the first apply.
        if managed.isEmpty, live != nil { return object }
        var old = live ?? makeEmpty()
        old[path: ["metadata", "managedFields"]] = nil
        let written: JSONValue
        do throws(ApplyError) {
            let updated = try updated(managed, from: old, to: object, manager: manager, now: now)
            written = capped(updated).json
        } catch {
            written = before ?? .null
        }
        return Self.with(written, object)
    }

    /// The client's books where they can be read and are not empty, else those of the live object.
    private static func decode(_ given: JSONValue?, or live: JSONValue?) -> ManagedFields {
        if ManagedFields.isReset(given) { return ManagedFields() }
        if let given, let managed = try? ManagedFields(json: given), !managed.isEmpty { return managed }
        return decode(live)
    }

    private static func decode(_ live: JSONValue?) -> ManagedFields { (try? ManagedFields(json: live)) ?? ManagedFields() }

    private func updated(
        _ managed: ManagedFields, from old: JSONValue, to new: JSONValue, manager: String, now: Timestamp
    ) throws(ApplyError) -> ManagedFields {
        var (result, gained) = try ownership.update(from: old, to: new, managed)
        gained = gained.subtracting(Self.stripped)
        guard !gained.isEmpty else { return result }
        let writer = FieldManagerIdentity(
            manager: manager, isApply: false, apiVersion: ownership.apiVersion, subresource: subresource)
        let before = result.sets[writer]?.fields ?? FieldSet()
        result.sets[writer] = ManagedSet(fields: before.union(gained), apiVersion: ownership.apiVersion, time: now)
        return result
    }

    /// Merges the oldest updates of each version until there are few enough.
    private func capped(_ managed: ManagedFields) -> ManagedFields {
        let updaters = managed.sets.filter { !$0.key.isApply }.sorted { left, right in
            let (before, after) = (left.value.time?.seconds ?? 0, right.value.time?.seconds ?? 0)
            return before == after ? ValueOrder.compare(left.key.text, right.key.text) < 0 : before < after
        }
        var result = managed
        var excess = updaters.count - Self.updateManagersMax
        var firsts: [String: FieldManagerIdentity] = [:]
        for (identity, set) in updaters where excess > 0 {
            let bucket = FieldManagerIdentity(manager: Self.ancientManager, isApply: false, apiVersion: set.apiVersion)
            guard let first = firsts[set.apiVersion] else {
                firsts[set.apiVersion] = identity
                continue
            }
            if result.sets[bucket] == nil {
                result.sets[bucket] = result.sets[first]
                result.sets[first] = nil
            }
            var merged = ManagedSet(fields: set.fields, apiVersion: set.apiVersion, time: set.time)
            if let kept = result.sets[bucket] { merged.fields = kept.fields.union(set.fields) }
            if identity != bucket { result.sets[identity] = nil }
            result.sets[bucket] = merged
            excess -= 1
        }
        return result
    }

    private static func with(_ managedFields: JSONValue, _ object: JSONValue) -> JSONValue {
        var object = object
        object[path: ["metadata", "managedFields"]] = managedFields.isNull ? .none : .some(managedFields)
        return object
    }

    // MARK: - Applies

    /// What applying `config` makes of an object, with its books; not yet defaulted.
    ///
    /// - Parameters:
    ///   - live: Nil for a create.
    ///   - config: What the applier wants, of the right kind and version, without `managedFields`.
    package func apply(
        _ config: JSONValue, to live: JSONValue?, manager: String, forces: Bool, now: Timestamp
    ) throws(ApplyError) -> JSONValue {
        let current = live ?? makeEmpty()
        var old = current
        old[path: ["metadata", "managedFields"]] = nil
        var managed: ManagedFields
        do throws(FieldSetError) {
            managed = try ManagedFields(json: current["metadata"]?["managedFields"])
        } catch {
            throw .unfit("failed to decode managed fields: \(error)")
        }
        if managed.isEmpty {
            managed = capped(
                try updated(managed, from: makeEmpty(), to: old, manager: Self.beforeFirstApply, now: now))
        }
        try check(config, old)
        let writer = FieldManagerIdentity(
            manager: manager, isApply: true, apiVersion: ownership.apiVersion, subresource: subresource)
        var outcome: (object: JSONValue?, managed: ManagedFields)
        do throws(ApplyError) {
            outcome = try ownership.apply(config, to: old, managed, writer: writer, forces: forces)
        } catch {
            outcome = try takingOver(error, config, old, managed, writer)
        }
        if let set = outcome.managed.sets[writer] {
            let fields = set.fields.subtracting(Self.stripped)
            outcome.managed.sets[writer] = fields.isEmpty ? nil : set.with(fields)
            if outcome.object != nil { outcome.managed.sets[writer]?.time = now }
        }
        var object = Self.with(outcome.managed.json, outcome.object ?? old)
        if manager == Self.kubectl { LastApplied.renew(in: &object, from: config) }
        return object
    }

    private func check(_ config: JSONValue, _ live: JSONValue) throws(ApplyError) {
        guard let type = ownership.versions.type(of: ownership.apiVersion) else {
            throw .unfit("no corresponding type for \(Self.name(config))")
        }
        do throws(MergeTypeError) {
            try MergeValidation.check(config, type, allowsDuplicates: false)
        } catch {
            throw .unfit("failed to create typed patch object (\(Self.name(config))): \(error)")
        }
        do throws(MergeTypeError) {
            try MergeValidation.check(live, type, allowsDuplicates: true)
        } catch {
            throw .unfit("failed to create typed live object (\(Self.name(live))): \(error)")
        }
    }

    /// `default/web; apps/v1, Kind=Deployment`; a kind of the core group has an empty one.
    private static func name(_ object: JSONValue) -> String {
        let metadata = object["metadata"]
        let kind = GroupVersionKind(apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? "")
        return "\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? ""); "
            + "\(kind.group)/\(kind.version), Kind=\(kind.kind)"
    }

    /// kubectl's own client-side applies are no conflict for it: what it applied that way and nobody changed is its own.
    private func takingOver(
        _ error: ApplyError, _ config: JSONValue, _ live: JSONValue, _ managed: ManagedFields, _ writer: FieldManagerIdentity
    ) throws(ApplyError) -> (object: JSONValue?, managed: ManagedFields) {
        guard writer.manager == Self.kubectl, case .conflicts(let conflicts) = error,
            let type = ownership.versions.type(of: ownership.apiVersion),
            let own = LastApplied.fields(of: live, apiVersion: ownership.apiVersion, type)
        else { throw error }
        let left = conflicts.filter { !own.contains($0.path) }
        guard left.isEmpty else { throw .conflicts(left) }
        return try ownership.apply(config, to: live, managed, writer: writer, forces: true)
    }
}
