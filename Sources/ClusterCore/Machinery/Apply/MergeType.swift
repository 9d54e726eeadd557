package import API
package import JSON

/// How the values at one place of an object merge: the one thing that server-side apply asks of a schema.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `schema/elements.go`, `Atom`.
package indirect enum MergeType: Sendable {
    /// One value, owned as a whole.
    case scalar(MergeScalar)
    case list(element: MergeType, ListSemantics)
    /// Members by any name, all of one type. Atomic: owned as a whole.
    case map(element: MergeType, isAtomic: Bool)
    /// Members by declared names, and perhaps others. Atomic: owned as a whole.
    case structure(any MergeStructure, isAtomic: Bool)
    /// Nothing is declared: objects merge member by member, lists and scalars are owned as a whole.
    case deduced
}

/// Which scalars a place takes.
package enum MergeScalar: Hashable, Sendable {
    case string, number, boolean
    /// Any of them: `int-or-string`, quantities.
    case any
}

/// The declared members of an object; answered by the built-in tables and by the schemas of custom resources.
///
/// Asked for one name at a time, so that types may contain themselves.
package protocol MergeStructure: Sendable {
    /// Nil when no such member is declared.
    func member(_ name: String) -> MergeType?

    /// The type of members that are not declared: nil where they are refused, `deduced` where they are kept unread.
    var undeclared: MergeType? { get }

    /// The declared default of a member, which stands for an absent key of an element in a list by keys; nil for none.
    func defaultValue(of name: String) -> JSONValue?
}

/// The versions of one kind, as far as ownership crosses them.
package protocol MergeVersions: Sendable {
    /// The type of whole objects under `apiVersion` (`apps/v1`), `metadata` included; nil when the version is not served.
    func type(of apiVersion: String) -> MergeType?

    /// The object in another version of its kind; nil when there is no such version.
    func convert(_ object: JSONValue, to apiVersion: String) -> JSONValue?
}
