import JSON

/// File paths inside volumes and on hosts.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateLocalDescendingPath`.
package enum PathValidation {
    /// No `..` among the parts.
    package static func noBacksteps(_ text: String, _ path: FieldPath) -> [FieldError] {
        guard text.split(separator: "/").contains("..") else { return [] }
        return [.invalid(path, .string(text), "must not contain '..'")]
    }

    /// Relative, and no `..` among the parts.
    package static func localDescending(_ text: String, _ path: FieldPath) -> [FieldError] {
        let absolute: [FieldError] =
            text.hasPrefix("/") ? [.invalid(path, .string(text), "must be a relative path")] : []
        return absolute + noBacksteps(text, path)
    }

    /// As `localDescending`, and the first part does not begin with `..` either.
    package static func localNonReserved(_ text: String, _ path: FieldPath) -> [FieldError] {
        let errors = localDescending(text, path)
        guard text.hasPrefix(".."), !text.hasPrefix("../") else { return errors }
        return errors + [.invalid(path, .string(text), "must not start with '..'")]
    }

    /// Permission bits.
    package static func mode(_ mode: Int64?, _ path: FieldPath) -> [FieldError] {
        guard let mode, !(0...0o777).contains(mode) else { return [] }
        return [.invalid(path, .int(mode), "must be a number between 0 and 0777 (octal), both inclusive")]
    }
}
