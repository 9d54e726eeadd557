import JSON
import PKI
import Store

/// Where a list in pages goes on; opaque to clients.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/storage/continue.go`.
struct ContinueToken: Hashable, Sendable {
    /// Nil: whatever is newest, after the first page's revision was forgotten.
    var revision: Revision?
    /// The last key of the page before, below the resource's prefix.
    var after: String

    init(revision: Revision?, after: String) {
        self.revision = revision
        self.after = after
    }

    init?(text: String) {
        guard let bytes = Base64URL.decode(text), let json = try? JSONParser.parse(bytes),
            json["v"]?.string == "meta.k8s.io/v1", let number = json["rv"]?.int, let start = json["start"]?.string,
            !start.isEmpty, !start.hasPrefix("/"), !start.contains("..")
        else { return nil }
        revision = number < 0 ? nil : Revision(number)
        after = start.hasSuffix("\u{0}") ? String(start.dropLast()) : start
    }

    var text: String {
        Base64URL.encode(
            JSONWriter.write(
                [
                    "v": "meta.k8s.io/v1", "rv": .int(revision?.value ?? -1), "start": .string(after + "\u{0}"),
                ]))
    }
}
