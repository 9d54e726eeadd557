import API
import JSON
import Machinery

extension SubresourceWriter {
    /// Approves or denies a certificate request: writes the conditions that `change` gives, and nothing else.
    func approve(
        _ kind: KindDefinition, _ key: NamespacedName, _ options: WriteOptions,
        books: FieldBooks = .update(subresource: "approval"), _ change: (JSONValue) throws(Status) -> JSONValue
    ) async throws(Status) -> CachedObject {
        let access = registry.access
        let now = registry.environment.now()
        return try await registry.modify(kind, key, part: .special, options, books: books) { old throws(Status) in
            try CertificateAdmission.checkApproval(old, kind, options.user, access.authorizer)
            let changed = try change(old)
            var new = CertificateApproval.merge(changed, into: old, now: now)
            if books == .given { new[path: ["metadata", "managedFields"]] = changed["metadata"]?["managedFields"] }
            let errors = CertificateRequestRules.validateApproval(new: new, old: old)
            guard errors.isEmpty else { throw APIErrors.invalid(kind.gvk, key.name, errors) }
            return new
        }
    }
}
