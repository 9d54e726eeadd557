/// OpenAPI version 2 in its protobuf form, without paths and definitions.
///
/// kubectl asks for this form only when version 3 has no schema of a kind, to find that this one has none either; what it holds of
/// the kinds that exist is read from version 3, or from the JSON form.
/// - SeeAlso: `openapiv2/OpenAPIv2.proto` of gnostic for the field numbers.
package enum OpenAPIOutline {
    /// What a client's `Accept` contains.
    package static let requestedMediaType = "application/com.github.proto-openapi.spec.v2"
    package static let mediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

    /// `Document{1: swagger, 2: Info{1: title, 2: version}, 8: Paths{}}`.
    package static let encoded: [UInt8] = {
        let info = field(1, Array("Kubernetes".utf8)) + field(2, Array("v1.36.0".utf8))
        return field(1, Array("2.0".utf8)) + field(2, info) + field(8, [])
    }()

    /// A length-delimited field; `content` is shorter than 128 bytes.
    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(content.count)] + content
    }
}
