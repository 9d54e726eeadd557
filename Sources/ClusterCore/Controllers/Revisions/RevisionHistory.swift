import API
import ControlLoop
import JSON

/// The revisions of one workload, and which of them is the present one.
struct RevisionHistory<Owner: APIObject> {
    /// How a kind of workload names and marks its revisions.
    struct Style {
        var hashLabel: String
        /// Of the data and the count of collisions.
        var hash: (_ data: JSONValue, _ collisions: Int) -> String
    }

    /// A revision that exists or that this plan creates.
    struct Entry: Hashable {
        var name: String
        var hash: String
        var data: JSONValue
    }

    /// Names are tried no oftener than this in one look.
    private static var collisionsMax: Int { 16 }

    let owner: Owner
    /// Owned or about to be, oldest first.
    let revisions: [ControllerRevision]
    private let orphans: [ControllerRevision]
    private let style: Style
    private let snapshot: Snapshot

    init(of owner: Owner, selector: LabelSelector, style: Style, _ snapshot: Snapshot) {
        self.owner = owner
        self.style = style
        self.snapshot = snapshot
        let namespace = owner.metadata.namespace
        orphans = snapshot.list(ControllerRevision.self, namespace: namespace).filter {
            $0.metadata.controller == nil && !$0.metadata.isBeingDeleted && selector.matches($0.metadata.labels)
        }
        let owned = snapshot.list(ControllerRevision.self, by: .controllerUID, owner.metadata.uid)
        revisions = (owned.filter { selector.matches($0.metadata.labels) } + orphans).sorted { left, right in
            if left.revision != right.revision { return left.revision < right.revision }
            if let first = left.metadata.creationTimestamp, let second = right.metadata.creationTimestamp, first != second {
                return first < second
            }
            return left.metadata.name < right.metadata.name
        }
    }

    func adopt(_ plan: inout Plan) {
        for orphan in orphans { plan.add(OwnerReferences.adopt(orphan, by: owner)) }
    }

    func entry(_ revision: ControllerRevision) -> Entry {
        Entry(
            name: revision.metadata.name, hash: revision.metadata.labels[style.hashLabel] ?? "", data: revision.data)
    }

    func entry(named name: String) -> Entry? { revisions.first { $0.metadata.name == name }.map(entry) }

    /// The revision of a template: the newest, an older one that becomes the newest again, or a new one.
    ///
    /// - Parameter collisions: Names of other templates met so far; grows here.
    func present(template: JSONValue, collisions: inout Int, _ plan: inout Plan) -> Entry {
        let data = TemplateRevision.data(of: template)
        let next = (revisions.last?.revision ?? 0) + 1
        if let known = revisions.last(where: { TemplateRevision.areEqual($0.data, data) }) {
            if known.metadata.uid != revisions.last?.metadata.uid {
                plan.add(.merge(ControllerRevision.resource, known.key, ["revision": .int(next)], tolerates: .notFound))
            }
            return entry(known)
        }
        for _ in 0..<Self.collisionsMax {
            let hash = style.hash(data, collisions)
            let name = "\(owner.metadata.name.prefix(223))-\(hash)"
            let key = NamespacedName(namespace: owner.metadata.namespace, name: name)
            guard let taken = snapshot.get(ControllerRevision.self, key) else {
                plan.add(create(name, hash, data, template, revision: next))
                return Entry(name: name, hash: hash, data: data)
            }
            if TemplateRevision.areEqual(taken.data, data) { return entry(taken) }
            collisions += 1
        }
        let hash = style.hash(data, collisions)
        return Entry(name: "\(owner.metadata.name.prefix(223))-\(hash)", hash: hash, data: data)
    }

    private func create(
        _ name: String, _ hash: String, _ data: JSONValue, _ template: JSONValue, revision: Int64
    ) -> Write {
        var labels = PodTemplate.labels(of: template)
        labels[style.hashLabel] = hash
        var metadata: JSONValue = [
            "name": .string(name), "namespace": .string(owner.metadata.namespace), "labels": JSONValue(labels),
            "ownerReferences": [OwnerReferences.controller(owner).json],
        ]
        // A note like kubernetes.io/change-cause tells people why there is a revision.
        if !owner.metadata.annotations.isEmpty { metadata["annotations"] = JSONValue(owner.metadata.annotations) }
        return .create(
            ControllerRevision.resource, namespace: owner.metadata.namespace,
            [
                "apiVersion": .string(ControllerRevision.apiVersion), "kind": .string(ControllerRevision.kind),
                "metadata": metadata, "data": data, "revision": .int(revision),
            ])
    }

    /// Deletes the oldest revisions beyond `limit` that nothing uses; a negative limit keeps all.
    func trim(limit: Int, isUsed: (Entry) -> Bool, _ plan: inout Plan) {
        guard limit >= 0 else { return }
        let unused = revisions.filter { !isUsed(entry($0)) }
        for revision in unused.prefix(max(0, unused.count - limit)) where !revision.metadata.isBeingDeleted {
            plan.add(
                .delete(ControllerRevision.resource, revision.key, DeletionOptions(uid: revision.metadata.uid)))
        }
    }
}
