package import API
package import HTTP
import JSON
import Machinery

/// The query of a list or watch, read and checked.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/internalversion/validation/validation.go`.
package struct ListOptions: Sendable {
    package enum Match: String, Sendable {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    package var labels = LabelSelector.everything
    package var fields = FieldSelector.everything
    /// Zero: all.
    package var limit = 0
    package var continueToken = ""
    /// Empty: the newest; `0`: any.
    package var resourceVersion = ""
    package var match: Match?
    package var isWatch = false
    package var allowsBookmarks = false
    package var sendsInitialEvents: Bool?
    package var timeoutSeconds: Int?

    package init() {}

    package init(_ request: HTTPRequest, _ kind: KindDefinition) throws(Status) {
        isWatch = Self.flag(request.query("watch"))
        do throws(SelectorError) {
            labels = try LabelSelector(parsing: request.query("labelSelector") ?? "")
            fields = try FieldSelector(parsing: request.query("fieldSelector") ?? "")
        } catch {
            throw APIErrors.badRequest(error.description)
        }
        for term in fields.terms where !kind.isSelectable(term.field) {
            throw APIErrors.badRequest(
                kind.rules.selectableFields.isEmpty && kind.custom == nil
                    ? "\"\(term.field)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    : "field label not supported: \(term.field)")
        }
        limit = try Self.number(request, "limit") ?? 0
        timeoutSeconds = try Self.number(request, "timeoutSeconds")
        continueToken = request.query("continue") ?? ""
        resourceVersion = request.query("resourceVersion") ?? ""
        allowsBookmarks = Self.flag(request.query("allowWatchBookmarks"))
        sendsInitialEvents = request.query("sendInitialEvents").map { Self.flag($0) }
        let matchText = request.query("resourceVersionMatch") ?? ""
        match = Match(rawValue: matchText)
        let errors = check(matchText)
        guard errors.isEmpty else {
            throw APIErrors.invalid(
                GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "ListOptions"), "", errors)
        }
        if !resourceVersion.isEmpty, UInt64(resourceVersion) == nil {
            throw APIErrors.invalid(
                GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "ListOptions"), "",
                [
                    .invalid(
                        FieldPath("resourceVersion"), .string(resourceVersion),
                        "strconv.ParseUint: parsing \"\(resourceVersion)\": invalid syntax")
                ])
        }
    }

    private func check(_ matchText: String) -> [FieldError] {
        let path = FieldPath("resourceVersionMatch")
        var errors: [FieldError] = []
        if let sends = sendsInitialEvents {
            if !isWatch {
                return [.forbidden(FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden for list")]
            }
            if matchText != Match.notOlderThan.rawValue {
                errors.append(
                    .forbidden(path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
            }
            if sends, !allowsBookmarks {
                errors.append(
                    .forbidden(
                        FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden unless allowWatchBookmarks is set"))
            }
            return errors
        }
        guard !matchText.isEmpty else { return [] }
        if isWatch {
            return [.forbidden(path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")]
        }
        if resourceVersion.isEmpty {
            errors.append(.forbidden(path, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
        }
        if !continueToken.isEmpty {
            errors.append(.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
        }
        if match == nil {
            errors.append(.notSupported(path, .string(matchText), supported: ["Exact", "NotOlderThan", ""]))
        }
        if match == .exact, resourceVersion == "0" {
            errors.append(.forbidden(path, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
        }
        return errors
    }

    /// As Go's `ParseBool`, and a parameter without a value counts as set.
    static func flag(_ text: String?) -> Bool {
        guard let text else { return false }
        return !["false", "0", "f", "F", "FALSE", "False"].contains(text)
    }

    private static func number(_ request: HTTPRequest, _ name: String) throws(Status) -> Int? {
        guard let text = request.query(name), !text.isEmpty else { return nil }
        guard let value = Int(text) else {
            throw APIErrors.badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        return value
    }

    func selection(_ kind: KindDefinition, namespace: String) -> Selection {
        var selection = Selection()
        selection.namespace = kind.isNamespaced && !namespace.isEmpty ? namespace : nil
        selection.labels = labels
        selection.fields = FieldSelector(
            fields.terms.map {
                FieldSelector.Term(field: kind.rules.storageField($0.field), isEqual: $0.isEqual, value: $0.value)
            })
        selection.name = fields.exactValue(of: "metadata.name")
        if selection.namespace == nil, kind.isNamespaced, let exact = fields.exactValue(of: "metadata.namespace") {
            selection.namespace = exact
        }
        return selection
    }
}
